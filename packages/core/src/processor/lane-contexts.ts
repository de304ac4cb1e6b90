import { FLAG_STICKY, FLAG_SYSTEM, type FrameDirection } from '../frames/frame.ts'
import { FrameContext } from './frame-context.ts'
import type { Node } from './node.ts'

const LANE = FLAG_SYSTEM | FLAG_STICKY

/**
 * The contexts that a node hands out, one per kind of work and direction. They are shared by all runs that only push;
 * a run that needs one for itself keeps it, and a new one takes its place.
 */
export class LaneContexts {
  readonly #node: Node
  #ordered: FrameContext
  #orderedUp: FrameContext | undefined
  #system: FrameContext
  #systemUp: FrameContext | undefined
  #stickyUp: FrameContext | undefined
  sticky: FrameContext

  constructor(node: Node) {
    this.#node = node
    this.#ordered = new FrameContext(node, true, 'downstream')
    this.#orderedUp = undefined
    this.#system = new FrameContext(node, false, 'downstream')
    this.#systemUp = undefined
    this.sticky = new FrameContext(node, false, 'downstream')
    this.#stickyUp = undefined
  }

  of(flags: number, direction: FrameDirection): FrameContext {
    if (direction === 'downstream') {
      return (flags & LANE) === 0 ? this.#ordered : (flags & FLAG_SYSTEM) !== 0 ? this.#system : this.sticky
    }
    if ((flags & LANE) === 0) return (this.#orderedUp ??= new FrameContext(this.#node, true, 'upstream'))
    return (flags & FLAG_SYSTEM) !== 0
      ? (this.#systemUp ??= new FrameContext(this.#node, false, 'upstream'))
      : (this.#stickyUp ??= new FrameContext(this.#node, false, 'upstream'))
  }

  /** A new epoch: ordered work gets new contexts. */
  refresh(): void {
    this.#ordered = new FrameContext(this.#node, true, 'downstream')
    this.#orderedUp = undefined
  }

  /** Gives a shared context to its run; false when it is not shared any more. */
  giveAway(ctx: FrameContext): boolean {
    const fresh = (): FrameContext => new FrameContext(this.#node, ctx.guarded, ctx.direction)
    if (ctx === this.#ordered) this.#ordered = fresh()
    else if (ctx === this.#orderedUp) this.#orderedUp = fresh()
    else if (ctx === this.#system) this.#system = fresh()
    else if (ctx === this.#systemUp) this.#systemUp = fresh()
    else if (ctx === this.sticky) this.sticky = fresh()
    else if (ctx === this.#stickyUp) this.#stickyUp = fresh()
    else return false
    return true
  }
}
