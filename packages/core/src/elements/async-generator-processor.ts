import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { FrameSerializer } from '../transport/serializer.ts'

/** Messages that wait for a reader; of more the oldest are lost. */
const LIMIT = 1000

/**
 * Gives the frames that pass, serialized, to whoever iterates over it, until the end of the task. Everything passes.
 *
 * ```ts
 * const tap = new AsyncGeneratorProcessor({ serializer })
 * for await (const message of tap.generator()) response.write(message)
 * ```
 */
export class AsyncGeneratorProcessor extends FrameProcessor {
  readonly #serializer: Pick<FrameSerializer, 'serialize'>
  #messages: (string | Uint8Array)[] = []
  #over = false
  #wake: (() => void) | undefined
  #lost = 0

  constructor(options: { readonly serializer: Pick<FrameSerializer, 'serialize'>; readonly name?: string }) {
    super(options.name)
    this.#serializer = options.serializer
  }

  /** The messages from now on; for one reader. */
  async *generator(): AsyncGenerator<string | Uint8Array, void> {
    for (;;) {
      yield* this.#messages.splice(0)
      if (this.#messages.length > 0) continue
      if (this.#over) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    ctx.push(frame, direction)
    const message = this.#serializer.serialize(frame)
    if (message === undefined) return
    if (this.#messages.push(message) > LIMIT) this.#dropOldest()
    this.#wake?.()
  }

  override onEnd(): void {
    this.#finish()
  }

  override onCancel(): void {
    this.#finish()
  }

  override onCleanup(): void {
    this.#finish()
  }

  #finish(): void {
    this.#over = true
    this.#wake?.()
  }

  #dropOldest(): void {
    this.#messages.shift()
    if (this.#lost++ > 0) return
    this.runtime.log.log('warn', `Nobody reads the messages of ${this.name}: beyond ${LIMIT} the oldest are lost.`)
  }
}
