import { FrameProcessor, type PipelineSetup, type Runtime } from '@pc/core'

/** What an {@link MCPProcessor} does at the ends of its task. */
export interface MCPProcessorOptions {
  readonly name: string
  readonly connect: (runtime: Runtime) => Promise<void>
  readonly close: () => Promise<void>
}

/** Ties a connection to the life of a task. */
export class MCPProcessor extends FrameProcessor {
  readonly #options: MCPProcessorOptions

  constructor(options: MCPProcessorOptions) {
    super(options.name)
    this.#options = options
  }

  override onSetup(setup: PipelineSetup): Promise<void> {
    return this.#options.connect(setup.runtime)
  }

  override onCleanup(): Promise<void> {
    return this.#options.close()
  }
}
