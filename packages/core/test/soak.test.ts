import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  AggregatedTextFrame,
  BaseOutputTransport,
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  type Clock,
  defineProcessor,
  type Frame,
  FrameProcessor,
  InputAudioRawFrame,
  InterimTranscriptionFrame,
  LLMAssistantAggregator,
  LLMContext,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesUpdateFrame,
  LLMService,
  LLMTextFrame,
  LLMUserAggregator,
  ParallelPipeline,
  Pipeline,
  type PipelineElement,
  PipelineTask,
  STTService,
  type STTEvent,
  SyncParallelPipeline,
  TextFrame,
  type Timer,
  type TranscribeOptions,
  TranscriptionFrame,
  TTSAudioRawFrame,
  TTSService,
  TTSStartedFrame,
  TTSStoppedFrame,
  TTSTextFrame,
  UserTurnProcessor,
  VADAnalyzer,
  VADProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../src/index.ts'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

const FRAMES = 1_000_000
const AUDIO = new Int16Array(320)
/** What a million frames may leave behind: compiled code and its feedback, but not one byte for each frame. */
const FLAT_BYTES = 700_000

function heapBytes(): number {
  if (typeof collect !== 'function') throw new Error('no garbage collector to call')
  collect()
  return process.memoryUsage().heapUsed
}

/** Time that moves when told, by the quickest way: timers run in line. */
class QuickClock implements Clock {
  readonly virtual = true
  #nowMs = 0
  readonly #timers = new Set<{ readonly atMs: number; readonly fn: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }
  epochMs(): number {
    return this.#nowMs
  }
  setTimeout(fn: () => void, delayMs: number): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fn }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }
  yield(fn: () => void): void {
    this.setTimeout(fn, 0)
  }
  hold<T>(work: Promise<T>): Promise<T> {
    return work
  }
  advance(ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs) continue
      this.#timers.delete(timer)
      timer.fn()
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A part that hears, in place of a provider. */
class StubSTT extends STTService {
  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    let spoken = false
    options.onFinalize(() => (spoken = true))
    for await (const _chunk of audio) {
      if (spoken) yield { type: 'final', text: 'hello', finalized: true }
      else yield { type: 'interim', text: 'hel' }
      spoken = false
    }
  }
}

class StubLLM extends LLMService {
  override async *generate(): AsyncIterable<string> {
    for (let i = 0; i < 100; i++) yield i % 10 === 9 ? 'word. ' : 'word '
  }
}

class StubTTS extends TTSService {
  override async *synthesize(): AsyncIterable<Int16Array> {
    yield AUDIO
  }
}

class StubVAD extends VADAnalyzer {
  readonly windowSamples = 320
  #windows = 0
  async load(): Promise<void> {}
  confidence(): number {
    return ++this.#windows % 100 < 50 ? 1 : 0
  }
  resetModel(): void {}
}

class StubOutput extends BaseOutputTransport {
  protected writeAudio(): void {}
  protected writeMessage(): void {}
}

interface Soak {
  readonly push: (frame: Frame) => void
  readonly clock: QuickClock
}

interface Load {
  readonly elements: readonly PipelineElement[]
  /** Sends `framesPerBatch` frames into the pipeline, or makes it bring them about. */
  readonly batch: (soak: Soak, index: number) => void
  readonly framesPerBatch: number
  /** The least number of frames that leave the pipeline for each batch, at both ends. */
  readonly leaving: number
}

/** Heap growth, bytes, between a quarter of the load, when everything is warm, and its end. */
async function growth({ elements, batch, framesPerBatch, leaving }: Load): Promise<number> {
  const clock = new QuickClock()
  let out = 0
  const entry = new FrameProcessor('entry')
  const task = new PipelineTask(
    new Pipeline([entry, ...elements]),
    { enableMetrics: true, enableUsageMetrics: true },
    { clock, defaultParts: false, idleTimeoutSecs: null },
  )
  task.on('frameReachedDownstream', () => void out++)
  task.on('frameReachedUpstream', () => void out++)
  const run = task.run()
  await task.started
  await turn()
  const soak: Soak = { clock, push: (frame) => entry.queueFrame(frame) }
  const batches = Math.ceil(FRAMES / framesPerBatch)
  let warmBytes = 0
  for (let index = 0; index < batches; index++) {
    if (index === batches >> 2) warmBytes = heapBytes()
    batch(soak, index)
    await turn()
  }
  const grown = heapBytes() - warmBytes
  expect(out).toBeGreaterThanOrEqual(batches * leaving)
  await task.cancel()
  await run
  return grown
}

const times = (count: number, fn: (index: number) => void): void => {
  for (let i = 0; i < count; i++) fn(i)
}

/** Text and audio in turn. */
const mixed = (soak: Soak): void =>
  times(2000, (i) => soak.push(i % 2 === 0 ? new TextFrame('hello') : new InputAudioRawFrame(AUDIO, 16_000)))

const LOADS: { readonly [name: string]: Load } = {
  'processors that pass everything, in both forms': {
    elements: [new FrameProcessor(), defineProcessor({ name: 'same', on: { TextFrame: (frame) => frame } })],
    batch: mixed,
    framesPerBatch: 2000,
    leaving: 2000,
  },
  'a ParallelPipeline': {
    elements: [new ParallelPipeline([new FrameProcessor()], [new FrameProcessor()])],
    batch: mixed,
    framesPerBatch: 2000,
    leaving: 2000,
  },
  'a SyncParallelPipeline': {
    elements: [new SyncParallelPipeline([new FrameProcessor()], [new FrameProcessor()])],
    batch: mixed,
    framesPerBatch: 2000,
    leaving: 2000,
  },
  'voice activity, turns and the user aggregator': {
    elements: [
      new VADProcessor({ vadAnalyzer: new StubVAD({ startSecs: 0.04, stopSecs: 0.04, minVolume: 0 }) }),
      new UserTurnProcessor(),
      new LLMUserAggregator({ context: new LLMContext() }),
    ],
    batch({ push, clock }) {
      times(10, () => {
        times(97, (i) => {
          push(new InputAudioRawFrame(AUDIO, 16_000))
          clock.advance(20)
          if (i === 60) push(new InterimTranscriptionFrame('hel'))
        })
        push(new TranscriptionFrame('hello', '', '', { finalized: true }))
        clock.advance(1000)
      })
      push(new LLMMessagesUpdateFrame([]))
    },
    framesPerBatch: 1000,
    // The audio, and of each of ten turns its begin and end at both ends and the context.
    leaving: 970 + 10 * 5,
  },
  'the assistant aggregator': {
    elements: [new LLMAssistantAggregator({ context: new LLMContext() })],
    batch({ push }) {
      times(10, () => {
        push(new BotStartedSpeakingFrame())
        push(new LLMFullResponseStartFrame())
        times(96, () => push(new LLMTextFrame('word ')))
        push(new LLMFullResponseEndFrame())
        push(new BotStoppedSpeakingFrame())
      })
      push(new LLMMessagesUpdateFrame([]))
    },
    framesPerBatch: 1001,
    leaving: 1000,
  },
  'a speech recogniser': {
    elements: [new StubSTT()],
    batch({ push, clock }) {
      push(new VADUserStartedSpeakingFrame(0.2, clock.nowMs()))
      times(498, () => push(new InputAudioRawFrame(AUDIO, 16_000)))
      push(new VADUserStoppedSpeakingFrame(0.2, clock.nowMs()))
      clock.advance(10_000)
    },
    framesPerBatch: 500,
    // As many transcripts as pieces of audio.
    leaving: 990,
  },
  'a language model': {
    elements: [new StubLLM()],
    // A hundred frames leave it for each that comes in.
    batch: ({ push }) => times(20, () => push(new LLMContextFrame(new LLMContext()))),
    framesPerBatch: 2000,
    leaving: 2000,
  },
  'a speech synthesiser': {
    elements: [new StubTTS()],
    batch({ push }) {
      push(new LLMFullResponseStartFrame())
      times(498, (i) => push(new LLMTextFrame(i % 20 === 19 ? 'word. ' : 'word ')))
      push(new LLMFullResponseEndFrame())
    },
    framesPerBatch: 500,
    // Begin and end of the response and its speech, and of 24 sentences announcement, audio and end.
    leaving: 4 + 24 * 3,
  },
  'an output transport': {
    elements: [new StubOutput({ params: { audioOutSampleRate: 16_000 } })],
    batch({ push, clock }, index) {
      const contextId = `utterance ${index}`
      push(new TTSStartedFrame(contextId))
      times(10, (segmentId) => {
        const labels = { contextId, segmentId, rawText: 'one two three' }
        push(new AggregatedTextFrame('one two three', 'sentence', { ...labels, willBeSpoken: true }))
        times(98, () => push(new TTSAudioRawFrame(AUDIO, 16_000, 1, contextId)))
        push(new TTSTextFrame('one two three', 'sentence', labels))
      })
      push(new TTSStoppedFrame(contextId))
      times(1000, () => clock.advance(20))
    },
    framesPerBatch: 1002,
    // Ten announcements, thirty words with their progress, the begin and the end.
    leaving: 72,
  },
}

describe('a million frames leave nothing behind in', () => {
  it.for(Object.entries(LOADS))('%s', { timeout: 60_000 }, async ([, load]) => {
    expect(await growth(load)).toBeLessThan(FLAT_BYTES)
  })

  it('no processor but one that keeps something of every frame', { timeout: 60_000 }, async () => {
    const kept: number[] = []
    const keeping = defineProcessor({
      name: 'keeping',
      on: {
        TextFrame(frame) {
          kept.push(frame.id)
          return frame
        },
      },
    })
    const load: Load = { elements: [keeping], batch: mixed, framesPerBatch: 2000, leaving: 2000 }
    expect(await growth(load)).toBeGreaterThan(FLAT_BYTES)
    expect(kept).toHaveLength(FRAMES / 2)
  })
})

describe('one reused frame', () => {
  it('costs no memory at all on its way through ten processors', { timeout: 60_000 }, async () => {
    const stages = Array.from({ length: 10 }, () => new FrameProcessor())
    const task = new PipelineTask(new Pipeline(stages), {}, { defaultParts: false, idleTimeoutSecs: null })
    const run = task.run()
    await task.started
    const frame = new TextFrame('hello')
    const [head] = stages
    const rounds = Array.from({ length: 5 }, () => {
      const beforeBytes = process.memoryUsage().heapUsed
      for (let i = 0; i < 100_000; i++) head?.queueFrame(frame)
      return process.memoryUsage().heapUsed - beforeBytes
    })
    // The first rounds still compile.
    expect(Math.min(...rounds.slice(2).map(Math.abs))).toBeLessThan(64 * 1024)
    await task.cancel()
    await run
  })
})
