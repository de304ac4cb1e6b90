import type { FrameContext } from './frame-context.ts'

/** Shared by the nodes that own none, as most never do. */
const NONE: FrameContext[] = []

/** Contexts of a node whose work must hear of an abort. */
export class OwnedContexts {
  #contexts: FrameContext[] = NONE

  add(ctx: FrameContext): void {
    ctx.owned = true
    if (this.#contexts === NONE) this.#contexts = [ctx]
    else this.#contexts.push(ctx)
  }

  delete(ctx: FrameContext): void {
    if (!ctx.owned) return
    ctx.owned = false
    const index = this.#contexts.indexOf(ctx)
    if (index === this.#contexts.length - 1) this.#contexts.pop()
    else if (index >= 0) this.#contexts.splice(index, 1)
  }

  /** Tells overtaken work to stop. */
  abort(failed: (error: unknown) => void): void {
    if (this.#contexts.length === 0) return
    const overtaken = this.#contexts.filter((ctx) => ctx.epoch.stale)
    this.#contexts = this.#contexts.filter((ctx) => !ctx.epoch.stale)
    for (const ctx of overtaken) {
      ctx.owned = false
      // One of those before it may have ended it.
      if (ctx.settled) continue
      const { callbacks } = ctx
      ctx.callbacks = undefined
      for (const fn of callbacks ?? []) {
        try {
          fn()
        } catch (error) {
          failed(error)
        }
      }
      ctx.controller?.abort(ctx.epoch.reason)
    }
  }
}
