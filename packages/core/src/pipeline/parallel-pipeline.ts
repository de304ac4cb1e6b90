import { type AnyFrame, type Frame, type FrameDirection } from '../frames/frame.ts'
import type { EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import { firstSight } from '../observers/observer.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { Node } from '../processor/node.ts'
import { PcError } from '../runtime/errors.ts'
import { isDevelopment } from '../runtime/development.ts'
import { type BasePipeline, Pipeline, type PipelineElement } from './pipeline.ts'
import { SyncMarkFrame } from './sync-mark.ts'

/** A branch as the linker made it. */
export interface Branch {
  readonly head: Node | null
  readonly tail: Node | null
}

/** A lifecycle frame on its way through all branches. */
interface Barrier {
  readonly frame: Frame
  readonly waiting: Set<number>
  readonly done: () => void
  /** What left branches meanwhile, when it has to wait. */
  readonly held: [Frame, FrameDirection][] | undefined
}

/** A frame that every branch has to let out before `next` goes on. */
interface Crossing {
  readonly waiting: Set<number>
  readonly next: Frame
}

/**
 * Branches side by side: every frame enters all of them, and one that leaves several is passed on once. One array: each
 * element is a branch. Several arguments: each is a branch, an array running in series.
 *
 * ```ts
 * new ParallelPipeline([whisper, deepgram])         // two branches
 * new ParallelPipeline([filter, tts], [recorder])   // two branches, the first in series
 * new ParallelPipeline([whisper, deepgram], 'ears') // a name comes last
 * ```
 *
 * @throws PcError `no-branches` without a branch.
 */
export class ParallelPipeline<Events extends ProcessorEvents = ProcessorEvents>
  extends FrameProcessor<Events>
  implements BasePipeline
{
  readonly branches: readonly Pipeline[]
  #linked: readonly Branch[] = []
  #barrier: Barrier | undefined = undefined
  readonly #crossings = new Map<Frame, Crossing>()
  /** @internal True for a frame that no branch has let out before. */
  protected readonly first: (frame: Frame) => boolean = firstSight()

  constructor(...args: readonly (PipelineElement | readonly PipelineElement[] | string)[]) {
    const lists = args.filter((argument) => typeof argument !== 'string')
    super(args.find((argument) => typeof argument === 'string'))
    const branches =
      lists.length === 1 && isArray(lists[0])
        ? lists[0].map((element) => (isArray(element) ? element : [element]))
        : lists
    if (branches.length === 0) {
      throw new PcError('ParallelPipeline needs at least one branch.', { code: 'no-branches', kind: 'config' })
    }
    this.branches = branches.map(
      (branch, index) => new Pipeline(isArray(branch) ? branch : [branch as PipelineElement], `${this.name}/${index}`),
    )
  }

  /** @internal */
  link(branches: readonly Branch[]): void {
    this.#linked = branches
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.type !== 'PipelineFlushFrame' && frame.type !== 'HeartbeatFrame') {
      this.enter(frame, direction, ctx)
      return
    }
    // What branches let out of a probe is not wanted: behind it, in each of them, comes the mark that counts.
    this.first(frame)
    this.enter(frame, direction, ctx)
    this.#crossAll(new SyncMarkFrame(), direction, frame)
  }

  /** @internal */
  override carry(frame: Frame, direction: FrameDirection): void {
    const target = 'processor' in frame ? frame.processor : undefined
    const holder = this.branches.findIndex(({ processors }) => processors.some((own) => holds(own, target)))
    if (holder >= 0) this.enterBranch(holder, frame, direction)
    else this.cross(frame, direction)
  }

  /** @internal Takes a frame of the engine past all that is in the branches. */
  protected cross(frame: Frame, direction: FrameDirection): void {
    this.#crossAll(frame, direction, frame)
  }

  override handles(): boolean {
    return false
  }

  /** StartFrame goes on before anything that branches sent meanwhile. */
  override onStart(frame: StartFrame, ctx: FrameContext): void | Promise<void> {
    return this.#bar(frame, ctx, [])
  }

  /** EndFrame goes on after the last branch has flushed. */
  override onEnd(frame: EndFrame, ctx: FrameContext): void | Promise<void> {
    return this.#bar(frame, ctx, undefined)
  }

  override onStop(frame: StopFrame, ctx: FrameContext): void | Promise<void> {
    return this.#bar(frame, ctx, undefined)
  }

  /** @internal A frame leaves a branch at either end. */
  leave(frame: Frame, direction: FrameDirection, branch: number): void {
    const barrier = this.#barrier
    if (barrier !== undefined && this.isBarrier(frame)) {
      barrier.waiting.delete(branch)
      if (barrier.waiting.size === 0) barrier.done()
      return
    }
    const crossing = this.#crossings.get(frame)
    if (crossing !== undefined) {
      this.#crossed(crossing, frame, direction, branch)
      return
    }
    if (!this.first(frame)) return
    if (barrier?.held) barrier.held.push([frame, direction])
    else this.pushFrame(frame, direction)
  }

  /** The branches that have not let the current lifecycle frame through, for diagnostics. */
  override get waitingFor(): readonly string[] {
    const waiting = this.#barrier?.waiting ?? new Set()
    return this.branches.filter((_, index) => waiting.has(index)).map((branch) => branch.name)
  }

  /** @internal */
  protected isBarrier(frame: Frame): boolean {
    return frame === this.#barrier?.frame
  }

  /** The processors of all branches, branch by branch. */
  getProcessors(): readonly FrameProcessor[] {
    return this.branches.flatMap((branch) => branch.processors)
  }

  /** @internal Sends a frame into one branch. */
  protected enterBranch(index: number, frame: Frame, direction: FrameDirection): void {
    const branch = this.#linked[index]
    if (branch === undefined) return
    const entry = direction === 'downstream' ? branch.head : branch.tail
    if (entry === null) this.leave(frame, direction, index)
    else entry.accept(frame, direction)
  }

  /** @internal Sends a frame into every branch. */
  protected enter(frame: Frame, direction: FrameDirection, ctx: FrameContext): void {
    if (isDevelopment) Object.freeze(frame)
    for (const index of this.#linked.keys()) {
      if (ctx.stale && !frame.sticky) return
      this.enterBranch(index, frame, direction)
    }
  }

  #crossAll(frame: Frame, direction: FrameDirection, next: Frame): void {
    this.#crossings.set(frame, { waiting: new Set(this.#linked.keys()), next })
    for (const index of this.#linked.keys()) this.enterBranch(index, frame, direction)
  }

  #crossed({ waiting, next }: Crossing, frame: Frame, direction: FrameDirection, branch: number): void {
    waiting.delete(branch)
    if (waiting.size > 0) return
    this.#crossings.delete(frame)
    this.pushFrame(next, direction)
  }

  #bar(frame: Frame, ctx: FrameContext, held: [Frame, FrameDirection][] | undefined): void | Promise<void> {
    let done = false
    let resolve = (): void => {}
    const barrier: Barrier = {
      frame,
      held,
      waiting: new Set(this.#linked.keys()),
      done: () => {
        done = true
        resolve()
      },
    }
    this.#barrier = barrier
    this.enter(frame, 'downstream', ctx)
    const finish = (): void => {
      this.#barrier = undefined
      if (held === undefined || held.length === 0) return
      this.pushFrame(frame)
      for (const [late, direction] of held) this.pushFrame(late, direction)
    }
    if (done) return finish()
    return new Promise<void>((settle) => {
      resolve = settle
    }).then(finish)
  }
}

/** Whether a processor is another, or has it in its branches. */
function holds(processor: FrameProcessor, target: unknown): boolean {
  if (processor === target) return true
  return processor instanceof ParallelPipeline && processor.getProcessors().some((inner) => holds(inner, target))
}

function isArray(value: unknown): value is readonly PipelineElement[] {
  return Array.isArray(value)
}
