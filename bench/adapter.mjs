// The benchmark's view of @pc/core: only what every user can import.
import {
  BaseInputTransport,
  BaseOutputTransport,
  defineFrame,
  Frame,
  FrameProcessor,
  InputAudioRawFrame,
  InterruptionFrame,
  LLMContext,
  LLMContextAggregatorPair,
  LLMService,
  Pipeline,
  PipelineTask,
  STTService,
  TextFrame,
  TTSService,
  UserTurnProcessor,
  VADAnalyzer,
  VADProcessor,
} from '@pc/core'
import { rms, SR_IN, STARTN, STOPN, TOKENS, TTSCHUNK } from './drivers/scenario.mjs'

export const name = 'pc'

const AUDIO = new Int16Array(320)

class Tail extends FrameProcessor {
  constructor(onTail) {
    super('tail')
    this.onTail = onTail
  }
  processFrame(frame) {
    this.onTail(frame)
  }
}

/** Nine classes of their own, as a real pipeline has, each in the plainest way to write a processor. */
const passing = (index) =>
  new (new Function(
    'FrameProcessor',
    `return class Stage${index} extends FrameProcessor {
      field${index} = ${index}
      processFrame(frame, direction, ctx) { ctx.push(frame, direction) }
    }`,
  )(FrameProcessor))()

async function start(processors) {
  const task = new PipelineTask(new Pipeline(processors), {}, { defaultParts: false, idleTimeoutSecs: null })
  const run = task.run()
  await task.started
  return {
    task,
    async close() {
      await task.cancel()
      await run
    },
  }
}

export async function w1(n, onTail) {
  const stages = Array.from({ length: n - 1 }, (_, index) => passing(index))
  const { close } = await start([...stages, new Tail(onTail)])
  const head = stages[0]
  return {
    push: (i) => head.queueFrame((i & 1) === 1 ? new TextFrame('hello') : new InputAudioRawFrame(AUDIO, 16_000)),
    close,
  }
}

/** Forty frame types through processors that each switch on the type. */
export async function w1m(n, onTail) {
  const frames = Array.from(
    { length: 40 },
    (_, index) =>
      new (new Function(
        'Frame',
        'defineFrame',
        `return class F${index} extends Frame {
          constructor() { super(); this.v${index} = 1 }
          static { defineFrame(this, 'bench/${index}', { lane: '${index % 2 === 1 ? 'system' : 'ordered'}' }) }
        }`,
      )(Frame, defineFrame))(),
  )
  const switching = (index) =>
    new (new Function(
      'FrameProcessor',
      `return class Switch${index} extends FrameProcessor {
        seen = 0
        processFrame(frame, direction, ctx) {
          switch (frame.type) {
            case 'bench/a${index}': this.seen++; break
            case 'bench/b${index}': this.seen += 2; break
            case 'bench/c${index}': this.seen += 3; break
            default: ctx.push(frame, direction)
          }
        }
      }`,
    )(FrameProcessor))()
  const stages = Array.from({ length: n - 1 }, (_, index) => switching(index))
  const { close } = await start([...stages, new Tail(onTail)])
  return { push: (i) => stages[0].queueFrame(frames[i % 40]), close }
}

export async function w2(n, onAck) {
  let seen = 0
  class Stage extends FrameProcessor {
    processFrame(frame, direction, ctx) {
      if (frame.type !== 'TextFrame') return ctx.push(frame, direction)
      seen++
      return new Promise((resolve) => ctx.onAbort(resolve))
    }
    onInterruption() {}
  }
  class Last extends FrameProcessor {
    onInterruption() {
      onAck()
    }
  }
  const stages = Array.from({ length: n - 1 }, (_, index) => new Stage(`stage ${index}`))
  const { close } = await start([...stages, new Last('last')])
  return {
    fill(stage, count) {
      for (let i = 0; i < count; i++) stages[stage].queueFrame(new TextFrame('x'))
    },
    interrupt: () => stages[0].queueFrame(new InterruptionFrame()),
    pending: () => stages.reduce((sum, stage) => sum + stage.queuedFrames, 0),
    seen: () => seen,
    close,
  }
}

/** The driver's rule for speech: the loudness of a chunk, three loud ones to start, ten quiet ones to stop. */
class Energy extends VADAnalyzer {
  windowSamples = 320
  constructor() {
    super({ confidence: 0.5, startSecs: STARTN * 0.02, stopSecs: STOPN * 0.02, minVolume: 0 })
  }
  async load() {}
  confidence(window) {
    return rms(window) > 500 ? 1 : 0
  }
  resetModel() {}
}

/** Reads its audio as a real recogniser does, and has one final transcript the moment speech stops. */
class Recogniser extends STTService {
  async *transcribe(audio, { onFinalize }) {
    yield { type: 'open' }
    let spoken = 0
    let ended = false
    let wake = () => {}
    onFinalize(() => {
      spoken++
      wake()
    })
    const listening = (async () => {
      for await (const _chunk of audio);
      ended = true
      wake()
    })()
    for (let heard = 0; !ended;) {
      if (heard === spoken) await new Promise((resolve) => (wake = resolve))
      else yield { type: 'final', text: `hello number ${++heard}`, finalized: true }
    }
    await listening
  }
}

class Model extends LLMService {
  async *generate() {
    for (const token of TOKENS) {
      await new Promise(setImmediate)
      yield token
    }
  }
}

class Speech extends TTSService {
  async *synthesize() {
    for (let i = 0; i < 40; i++) yield TTSCHUNK
  }
}

class Input extends BaseInputTransport {
  push(pcm) {
    this.receiveAudio(pcm, SR_IN)
  }
}

/** The framework paces: what leaves is recorded at once, past the sink's own clock, which is there for those who do not. */
class Output extends BaseOutputTransport {
  constructor(sink) {
    super()
    this.sink = sink
  }
  writeAudio() {
    this.sink.rec(performance.now(), 20)
  }
  writeMessage() {}
}

/** A voice agent out of the framework's parts, with the options that a user gets who sets none. */
export async function session(sink) {
  const input = new Input()
  const pair = new LLMContextAggregatorPair(new LLMContext())
  const pipeline = new Pipeline([
    input,
    new VADProcessor({ vadAnalyzer: new Energy() }),
    new Recogniser(),
    new UserTurnProcessor({ userSpeechTimeoutSecs: 0 }),
    pair.user,
    new Model(),
    new Speech(),
    new Output(sink),
    pair.assistant,
  ])
  const task = new PipelineTask(pipeline)
  const run = task.run()
  await task.started
  return {
    push: (pcm) => input.push(pcm),
    async close() {
      await task.cancel()
      await run
    },
  }
}
