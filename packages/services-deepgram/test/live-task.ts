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
  TTSAudioRawFrame,
} from '@pc/core'

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
