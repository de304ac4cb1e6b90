// usage: node flows.mjs enter <rounds> | idle <flows>
// What a flow costs by itself, on a host that does nothing: no pipeline, no model.
import { createRuntime } from '@pc/core'
import { defineFlow, defineNode, flowFunction, FlowManager } from '@pc/flows'

const [what, count] = [process.argv[2], Number(process.argv[3])]
const NODES = 12

/** Twelve nodes in a ring, four functions each, one of which leads on. */
function ring() {
  const names = Array.from({ length: NODES }, (_, index) => `node_${index}`)
  const node = (index) => {
    const lookUps = ['a', 'b', 'c'].map((letter) =>
      flowFunction({ name: `look_up_${letter}`, description: 'Looks something up', handler: () => ({ found: true }) }),
    )
    const on = flowFunction({ name: 'go_on', description: 'Goes on', transitionTo: names[(index + 1) % NODES] })
    return defineNode({ task: `This is step ${index}. Ask for what it needs.`, functions: [...lookUps, on] })
  }
  return defineFlow({
    id: 'ring',
    version: '1',
    initialNode: 'node_0',
    nodes: Object.fromEntries(names.map((name, index) => [name, node(index)])),
  })
}

/** A task has one, with flows or without. */
const runtime = createRuntime({})

/** Does nothing, for all of them: what a pipeline costs is measured elsewhere. */
const host = {
  runtime,
  attach() {},
  configure: async () => {},
  setTools: async () => {},
  append: async () => {},
  run() {},
  hold: () => () => false,
  speak: async () => {},
  settled: async () => {},
  infer: async () => null,
  messages: () => [],
  end() {},
}

const flow = ring()

async function enter(rounds) {
  const manager = new FlowManager({ host, flow })
  await manager.initialize()
  const tookMs = []
  for (let round = 0; round < rounds; round++) {
    const name = `node_${(round + 1) % NODES}`
    const began = performance.now()
    await manager.setNode(name)
    tookMs.push(performance.now() - began)
  }
  tookMs.sort((a, b) => a - b)
  return { enter_ms: { p50: tookMs[rounds >> 1], p95: tookMs[Math.floor(rounds * 0.95)] } }
}

async function idle(flows) {
  const warm = new FlowManager({ host, flow })
  await warm.initialize()
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  const managers = []
  for (let index = 0; index < flows; index++) {
    const manager = new FlowManager({ host, flow })
    await manager.initialize()
    managers.push(manager)
  }
  globalThis.gc()
  const after = process.memoryUsage().heapUsed
  if (managers.some((manager) => manager.currentNode !== 'node_0')) return { error: 'a flow has not begun' }
  return { idle_mb: (after - before) / 2 ** 20 }
}

console.log(JSON.stringify(what === 'enter' ? await enter(count) : await idle(count)))
