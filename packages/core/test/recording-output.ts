import {
  AggregatedTextFrame,
  BaseOutputTransport,
  type Frame,
  FrameProcessor,
  type OutputChunk,
  type OutputTransportOptions,
  Pipeline,
  type PipelineParamsFields,
  PipelineTask,
  TTSAudioRawFrame,
  TTSTextFrame,
} from '../src/index.ts'
import { createTestRuntime, TestClock } from '../src/testing/index.ts'

/** A written chunk and when it was written. */
export interface Written extends OutputChunk {
  readonly atMs: number
}

/** How a {@link RecordingOutput} behaves. */
export interface RecordingOptions extends OutputTransportOptions {
  readonly leadSecs?: number
  /** It empties the player's buffer at an interruption. */
  readonly clears?: boolean
  readonly write?: (chunk: OutputChunk) => void | Promise<void>
}

/** An output transport that keeps what it was told to send. */
export class RecordingOutput extends BaseOutputTransport {
  readonly written: Written[] = []
  readonly messages: { readonly message: unknown; readonly urgent: boolean; readonly atMs: number }[] = []
  cleared = 0
  readonly #options: RecordingOptions

  constructor(options: RecordingOptions = {}) {
    super(options)
    this.#options = options
  }

  protected override get defaultLeadSecs(): number {
    return this.#options.leadSecs ?? 0
  }

  protected override writeAudio(chunk: OutputChunk): void | Promise<void> {
    this.written.push({ ...chunk, audio: chunk.audio.slice(), atMs: this.runtime.clock.nowMs() })
    return this.#options.write?.(chunk)
  }

  protected override writeMessage(message: unknown, urgent: boolean): void {
    this.messages.push({ message, urgent, atMs: this.runtime.clock.nowMs() })
  }

  protected override clearAudio(): boolean {
    this.cleared++
    return this.#options.clears === true
  }

  /** What was written, in milliseconds of audio. */
  get writtenMs(): number {
    return this.written.reduce(
      (sum, { audio, numChannels, sampleRate }) => sum + (audio.length / numChannels / sampleRate) * 1000,
      0,
    )
  }
}

/** A frame that left the transport, and when. */
export interface Left {
  readonly frame: Frame
  readonly atMs: number
}

/** An output transport in a running task on the test clock. */
export interface Rig {
  readonly clock: TestClock
  readonly task: PipelineTask
  readonly output: RecordingOutput
  readonly down: Left[]
  readonly up: Left[]
  /** Sends frames in at once, without time passing. */
  send(...frames: Frame[]): Promise<void>
  /** The tags of what left downstream. */
  tags(): string[]
  run: Promise<void>
}

/** Starts a task that holds one output transport. */
export async function startRig(options: RecordingOptions = {}, params: PipelineParamsFields = {}): Promise<Rig> {
  const clock = new TestClock()
  const output = new RecordingOutput(options)
  const task = new PipelineTask(new Pipeline([new FrameProcessor('before'), output]), params, {
    defaultParts: false,
    idleTimeoutSecs: null,
    runtime: createTestRuntime(clock),
  })
  const down: Left[] = []
  const up: Left[] = []
  task.on('frameReachedDownstream', (frame) => void down.push({ frame, atMs: clock.nowMs() }))
  task.on('frameReachedUpstream', (frame) => void up.push({ frame, atMs: clock.nowMs() }))
  task.on('pipelineError', (frame) => void up.push({ frame, atMs: clock.nowMs() }))
  const run = task.run()
  await clock.settle()
  return {
    clock,
    task,
    output,
    down,
    up,
    run,
    tags: () => down.map(({ frame }) => frame.type),
    async send(...frames) {
      for (const frame of frames) await task.queueFrame(frame)
    },
  }
}

/** So many milliseconds of speech, at 24 kHz unless told otherwise. */
export function speech(ms: number, contextId = 'a', sampleRate = 24_000): TTSAudioRawFrame {
  const audio = new Int16Array((ms * sampleRate) / 1000).fill(1000)
  return new TTSAudioRawFrame(audio, sampleRate, 1, contextId)
}

/** The announcement of a sentence. */
export function announce(text: string, segmentId = 1, contextId = 'a', rawText?: string): AggregatedTextFrame {
  return new AggregatedTextFrame(text, 'sentence', {
    contextId,
    segmentId,
    rawText,
    willBeSpoken: true,
    appendToContext: false,
  })
}

/** The end of a sentence. */
export function unitEnd(text: string, segmentId = 1, contextId = 'a', rawText?: string): TTSTextFrame {
  return new TTSTextFrame(text, 'sentence', { contextId, segmentId, rawText })
}

/** A word with its time. */
export function word(text: string, offsetMs: number, segmentId = 1, contextId = 'a'): TTSTextFrame {
  return new TTSTextFrame(text, 'word', { contextId, segmentId, offsetUs: offsetMs * 1000 })
}
