import type { FrameDirection } from '../frames/frame.ts'
import type { Node } from './node.ts'

/** A queue with this many ordered frames is crowded, until half of it is gone. */
export const CROWDED = 256

/** Without a node: at the end of the pipeline where frames of this direction enter. */
type Waiter = { readonly node: Node | null; readonly direction: FrameDirection; readonly resolve: () => void }

/** Knows the crowded queues of a task, so that producers can wait for those ahead of them. */
export class Pressure {
  readonly #crowded = new Set<Node>()
  #waiters: Waiter[] = []

  crowded(node: Node): void {
    this.#crowded.add(node)
  }

  relieved(node: Node): void {
    if (this.#crowded.delete(node)) this.#wake()
  }

  /** All queues were dropped. */
  release(): void {
    if (this.#crowded.size === 0) return
    this.#crowded.clear()
    this.#wake()
  }

  ready(node: Node | null, direction: FrameDirection): void | Promise<void> {
    if (this.#crowded.size === 0 || !this.#ahead(node, direction)) return
    return new Promise((resolve) => this.#waiters.push({ node, direction, resolve }))
  }

  #ahead(node: Node | null, direction: FrameDirection): boolean {
    for (const other of this.#crowded) {
      if (node === null || (direction === 'downstream' ? other.index > node.index : other.index < node.index))
        return true
    }
    return false
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = waiters.filter((waiter) => this.#ahead(waiter.node, waiter.direction))
    for (const waiter of waiters) if (!this.#waiters.includes(waiter)) waiter.resolve()
  }
}
