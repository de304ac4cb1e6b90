// The physical limits: the same work without a framework.
import { Energy, TOKENS } from '../drivers/scenario.mjs'

export const name = 'floor'

class TextFrame {
  constructor(text) {
    this.id = ++TextFrame.n
    this.text = text
  }
}
TextFrame.n = 0
class AudioFrame {
  constructor(audio) {
    this.id = ++TextFrame.n
    this.audio = audio
    this.sampleRate = 16000
  }
}
const AUDIO = new Uint8Array(640)
const makeFrame = (i) => (i & 1 ? new TextFrame('hello') : new AudioFrame(AUDIO))

const joined = (stages) => {
  for (let i = 0; i < stages.length - 1; i++) stages[i].next = stages[i + 1]
  return stages
}

/** W1: one synchronous virtual call per hop. */
export async function sync(n, onTail) {
  class Stage {
    constructor() {
      this.next = null
      this.seen = 0
    }
    process(frame) {
      this.seen++
      this.next.process(frame)
    }
  }
  class Tail {
    process(frame) {
      onTail(frame)
    }
  }
  const stages = joined([...Array.from({ length: n - 1 }, () => new Stage()), new Tail()])
  return {
    push: (i) => {
      stages[0].process(makeFrame(i))
    },
    close() {},
  }
}

/** W1m: forty frame classes through stages that each switch on the type, by plain calls. */
export async function w1m(n, onTail) {
  const frames = Array.from(
    { length: 40 },
    (_, k) =>
      new (new Function(
        `return class F${k} { constructor() { this.id = 0; this.type = 'x/${k}'; this.v${k} = 1 } }`,
      )())(),
  )
  const Base = class {
    constructor() {
      this.next = null
      this.n = 0
    }
  }
  const stage = (k) =>
    new (new Function(
      'Base',
      `return class extends Base {
        process(frame) {
          switch (frame.type) {
            case 'x/a${k}': this.n++; break
            case 'x/b${k}': this.n += 2; break
            case 'x/c${k}': this.n += 3; break
            default: this.next.process(frame)
          }
        }
      }`,
    )(Base))()
  const stages = joined([...Array.from({ length: n - 1 }, (_, k) => stage(k)), { process: onTail }])
  return {
    push: (i) => {
      stages[0].process(frames[i % 40])
    },
    close() {},
  }
}

/** W2: stages each with an abortable await in flight and a queue; the interruption walks them and waits for each. */
export async function w2(n, onAck) {
  let seen = 0
  class Stage {
    constructor() {
      this.queue = []
      this.next = null
      this.controller = null
      this.acknowledge = null
    }
    enqueue(frame) {
      this.queue.push(frame)
      if (!this.controller) void this.drain()
    }
    async drain() {
      while (this.queue.length) {
        this.queue.shift()
        seen++
        const controller = (this.controller = new AbortController())
        try {
          await new Promise((_, reject) =>
            controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true }),
          )
        } catch {}
        this.controller = null
        this.acknowledge?.()
        this.acknowledge = null
      }
    }
    async interrupt() {
      this.queue.length = 0
      if (this.controller)
        await new Promise((resolve) => {
          this.acknowledge = resolve
          this.controller.abort()
        })
      await this.next.interrupt()
    }
  }
  class Tail {
    async interrupt() {
      onAck()
    }
  }
  const stages = joined([...Array.from({ length: n - 1 }, () => new Stage()), new Tail()])
  return {
    fill: (stage, count) => {
      for (let i = 0; i < count; i++) stages[stage].enqueue({ id: i, text: 'x' })
    },
    interrupt: () => stages[0].interrupt(),
    pending: () => stages.slice(0, -1).reduce((sum, stage) => sum + stage.queue.length, 0),
    seen: () => seen,
    close() {},
  }
}

/** W3: the same stubs wired by direct calls. */
export async function session(sink) {
  const energy = new Energy()
  const context = []
  async function reply() {
    let text = ''
    for (const token of TOKENS) {
      await new Promise(setImmediate)
      text += token
      if (!/[.!?]\s$/.test(text)) continue
      for (let i = 0; i < 40; i++) sink.write(20)
      text = ''
    }
  }
  return {
    push(pcm) {
      if (energy.push(pcm) !== 'stop') return
      context.push({ role: 'user', content: `hello number ${context.length + 1}` })
      void reply()
    },
    close() {},
  }
}
