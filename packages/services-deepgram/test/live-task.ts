import {
  EndFrame,
  ErrorFrame,
  type Frame,
  InputAudioRawFrame,
  type Logger,
  type PcError,
  Pipeline,
  type PipelineParamsFields,
  type PipelineElement,
  PipelineTask,
  type Runtime,
  type STTService,
  TTSAudioRawFrame,
} from '@pc/core'
import type { Emulators, InboundMessage } from '@pc/emulators'

/** A service alone in a task, or with others behind it, on the real clock unless told otherwise. */
export class LiveTask {
  readonly down: Frame[] = []
  readonly errors: PcError[] = []
  readonly logged: string[] = []
  readonly task: PipelineTask
  readonly #run: Promise<void>
  readonly #waiting: (() => void)[] = []

  constructor(
    service: PipelineElement | readonly PipelineElement[],
    params: PipelineParamsFields = {},
    runtime: Partial<Runtime> = {},
  ) {
    const log: Logger = {
      enabled: () => true,
      log: (_level, message, fields) => void this.logged.push(message + JSON.stringify(fields ?? {})),
    }
    const options = { defaultParts: false, idleTimeoutSecs: null, runtime: { ...runtime, log } } as const
    this.task = new PipelineTask(new Pipeline([service].flat()), params, options)
    this.task.on('frameReachedDownstream', (frame) => {
      if (!(frame instanceof InputAudioRawFrame)) this.down.push(frame)
      this.#wake()
    })
    this.task.on('pipelineError', (frame) => {
      if (frame instanceof ErrorFrame) this.errors.push(frame.error)
      this.#wake()
    })
    this.#run = this.task.run()
  }

  async send(...frames: readonly Frame[]): Promise<void> {
    await this.task.started
    for (const frame of frames) await this.task.queueFrame(frame)
  }

  /** Resolves when the condition holds; it is asked for at each frame and each error. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Lets everything go through, and ends. */
  async end(): Promise<void> {
    await this.task.queueFrame(new EndFrame())
    await this.#run
  }

  async cancel(): Promise<void> {
    await this.task.cancel()
    await this.#run
  }

  /** The samples of all speech so far. */
  get speech(): readonly number[] {
    return this.down.flatMap((frame) => (frame instanceof TTSAudioRawFrame ? [...frame.audio] : []))
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** Resolves at the service's next connection, with the task under way. */
export async function connected({ task }: LiveTask, stt: STTService): Promise<void> {
  await new Promise<void>((resolve) => void stt.on('connected', () => resolve()))
  await task.started
}

/** Seconds of a tone, or of silence, in pieces of 20 ms. */
export function audio(secs: number, loud = true): Frame[] {
  const wave = Int16Array.from({ length: 320 }, (_, i) => (loud ? Math.round(8000 * Math.sin(i / 5)) : 0))
  return Array.from({ length: Math.round(secs * 50) }, () => new InputAudioRawFrame(wave, 16_000))
}

/** What the emulators were sent, of one kind. */
export function received<Kind extends InboundMessage['kind']>(
  { requests }: Emulators,
  kind: Kind,
): Extract<InboundMessage, { kind: Kind }>[] {
  return requests.filter((message): message is Extract<InboundMessage, { kind: Kind }> => message.kind === kind)
}
