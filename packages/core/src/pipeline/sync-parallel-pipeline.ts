import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import type { PipelineElement } from './pipeline.ts'
import { SyncMarkFrame } from './sync-mark.ts'

/** In which order the outputs of branches are released. */
export type SyncFrameOrder = 'arrival' | 'pipeline'

/** What branches made of one frame. */
interface Round {
  readonly mark: Frame
  readonly waiting: Set<number>
  readonly outputs: { readonly frame: Frame; readonly direction: FrameDirection; readonly branch: number }[]
  readonly resolve: () => void
}

/**
 * Branches side by side that keep step: what they make of a frame is released together, when the last is done with it.
 * System frames go through once, at once. Arguments as for {@link ParallelPipeline}.
 */
export class SyncParallelPipeline extends ParallelPipeline {
  /** `arrival`: as produced, upstream before downstream. `pipeline`: branch by branch. Default `arrival`. */
  readonly frameOrder: SyncFrameOrder = 'arrival'
  #round: Round | undefined = undefined

  /** A pipeline whose outputs are released branch by branch. */
  static inBranchOrder(...branches: readonly (PipelineElement | readonly PipelineElement[])[]): SyncParallelPipeline {
    return Object.assign(new SyncParallelPipeline(...branches), { frameOrder: 'pipeline' as const })
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.lane === 'system') {
      this.enter(frame, direction, ctx)
      return
    }
    let done = false
    const mark = new SyncMarkFrame()
    const round: Round = { mark, waiting: new Set(this.branches.keys()), outputs: [], resolve: () => (done = true) }
    this.#round = round
    this.enter(frame, direction, ctx)
    this.enter(mark, direction, ctx)
    if (done) return this.#release(round, ctx)
    return new Promise<void>((resolve) => {
      this.#round = { ...round, resolve }
    }).then(() => this.#release(round, ctx))
  }

  /** @internal Its lane has waited for its branches. */
  protected override cross(frame: Frame, direction: FrameDirection): void {
    this.pushFrame(frame, direction)
  }

  /** @internal */
  override leave(frame: Frame, direction: FrameDirection, branch: number): void {
    const round = this.#round
    if (frame.type === 'SyncMarkFrame') {
      if (frame === round?.mark && round.waiting.delete(branch) && round.waiting.size === 0) round.resolve()
    } else if (round === undefined || frame.lane === 'system' || this.isBarrier(frame))
      super.leave(frame, direction, branch)
    else if (this.first(frame)) round.outputs.push({ frame, direction, branch })
  }

  /** The branches that are not done with the current frame, for diagnostics. */
  override get waitingFor(): readonly string[] {
    const waiting = this.#round?.waiting ?? new Set()
    return [...super.waitingFor, ...this.branches.filter((_, index) => waiting.has(index)).map((branch) => branch.name)]
  }

  #release(round: Round, ctx: FrameContext): void {
    this.#round = undefined
    const outputs = [...round.outputs]
    if (this.frameOrder === 'pipeline') outputs.sort((a, b) => a.branch - b.branch)
    else outputs.sort((a, b) => Number(a.direction === 'downstream') - Number(b.direction === 'downstream'))
    for (const { frame, direction } of outputs) ctx.push(frame, direction)
  }
}
