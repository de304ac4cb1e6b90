import { parseArgs } from 'node:util'
import { randomScenario, type Scenario, shrinkScenario, simulate } from '../packages/core/src/testing/index.ts'

const USAGE = `pnpm simulate [--count N] [--seed S] [--replay] [--faultiness F] [--keep-going]

Runs N random conversations (default 1000) with the seeds from S (default 1) on, and checks that no promise is broken.
--replay      prints the timeline of the conversation with seed S
--faultiness  how much goes wrong, 0 to 1 (default 0.5)
--keep-going  goes on after a failure, and lists all failing seeds`

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    faultiness: { type: 'string', default: '0.5' },
    replay: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [count, seed, faultiness] = [values.count, values.seed, values.faultiness].map(Number) as [number, number, number]
if (values.help || ![count, seed].every(Number.isSafeInteger) || !(faultiness >= 0 && faultiness <= 1)) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const scenarioOf = (number: number): Scenario => randomScenario(number, { faultiness })

async function replay(number: number): Promise<boolean> {
  const { timeline, violations, messages, hash } = await simulate(scenarioOf(number))
  console.log(timeline.join('\n'))
  console.log(`\nThe history:\n${messages.map((message) => JSON.stringify(message)).join('\n')}`)
  console.log(`\nSeed ${number}, ${violations.length} broken promises, trace ${hash}.`)
  return violations.length === 0
}

/** Prints the smallest conversation that breaks the same promise. */
async function explain(number: number, invariant: string): Promise<void> {
  const breaks = async (scenario: Scenario): Promise<boolean> =>
    (await simulate(scenario)).violations.some((violation) => violation.invariant === invariant)
  const small = await shrinkScenario(scenarioOf(number), breaks)
  console.log(`\nMade smaller, it still breaks "${invariant}":\n${JSON.stringify(small, undefined, 2)}\n`)
  console.log((await simulate(small)).timeline.join('\n'))
  console.log(`\nReplay the whole: pnpm simulate --seed ${number} --replay`)
}

async function runAll(): Promise<boolean> {
  const failed = new Map<string, number[]>()
  const beganMs = performance.now()
  let simulatedMs = 0
  for (let number = seed; number < seed + count; number++) {
    const { violations, durationMs } = await simulate(scenarioOf(number))
    simulatedMs += durationMs
    const [first] = violations
    if (first === undefined) continue
    console.log(`Seed ${number} breaks "${first.invariant}" at ${first.atMs.toFixed(1)} ms: ${first.detail}`)
    failed.set(first.invariant, [...(failed.get(first.invariant) ?? []), number])
    if (values['keep-going']) continue
    await explain(number, first.invariant)
    return false
  }
  const secs = (performance.now() - beganMs) / 1000
  const hours = (simulatedMs / 3_600_000).toFixed(1)
  console.log(`${count} conversations from seed ${seed}, ${hours} h of talk, in ${secs.toFixed(1)} s.`)
  for (const [invariant, seeds] of failed) console.log(`"${invariant}": ${seeds.length} (${seeds.join(', ')})`)
  if (failed.size === 0) console.log('No promise was broken.')
  return failed.size === 0
}

process.exitCode = (await (values.replay ? replay(seed) : runAll())) ? 0 : 1
