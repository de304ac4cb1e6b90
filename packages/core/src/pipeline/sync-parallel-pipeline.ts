import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { NODE, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { type Deadline, pacingWheel } from '../runtime/pacing-wheel.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import type { Pipeline, PipelineElement } from './pipeline.ts'
import { SyncMarkFrame } from './sync-mark.ts'

/** In which order the outputs of branches are released. */
export type SyncFrameOrder = 'arrival' | 'pipeline'

/** A frame that is longer than this in the branches is reported, milliseconds. */
const HELD_MS = 100

/** Events of a {@link SyncParallelPipeline}. */
export interface SyncParallelPipelineEvents extends ProcessorEvents {
  /** These branches have kept all others waiting with a frame for 100 ms; once a frame. */
  roundHeld: [branches: readonly string[], frame: Frame]
}

/** What branches made of one frame. */
interface Round {
  readonly frame: Frame
  readonly mark: Frame
  readonly waiting: Set<number>
  readonly outputs: { readonly frame: Frame; readonly direction: FrameDirection; readonly branch: number }[]
  readonly resolve: () => void
}

/**
 * Branches side by side that keep step: what they make of a frame is released together, when the last is done with it.
 * System frames go through once, at once. Arguments as for {@link ParallelPipeline}. A branch that holds the others up is
 * named, by a warning and by `roundHeld`.
 */
export class SyncParallelPipeline extends ParallelPipeline<SyncParallelPipelineEvents> {
  /** `arrival`: as produced, upstream before downstream. `pipeline`: branch by branch. Default `arrival`. */
  readonly frameOrder: SyncFrameOrder = 'arrival'
  #round: Round | undefined = undefined
  #deadline: Deadline | undefined = undefined

  /** A pipeline whose outputs are released branch by branch. */
  static inBranchOrder(...branches: readonly (PipelineElement | readonly PipelineElement[])[]): SyncParallelPipeline {
    return Object.assign(new SyncParallelPipeline(...branches), { frameOrder: 'pipeline' as const })
  }

  override onSetup({ runtime }: PipelineSetup): void {
    this.#deadline = pacingWheel(runtime.clock).deadline(() => this.#reportHeld())
  }

  override onCleanup(): void {
    this.#deadline?.clear()
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.lane === 'system') {
      this.enter(frame, direction, ctx)
      return
    }
    let done = false
    const mark = new SyncMarkFrame()
    const waiting = new Set(this.branches.keys())
    const round: Round = { frame, mark, waiting, outputs: [], resolve: () => (done = true) }
    this.#round = round
    this.enter(frame, direction, ctx)
    this.enter(mark, direction, ctx)
    if (done) return this.#release(round, ctx)
    this.#deadline?.set(this.runtime.clock.nowMs() + HELD_MS)
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
    return [...super.waitingFor, ...this.#late().map((branch) => branch.name)]
  }

  #late(): readonly Pipeline[] {
    const waiting = this.#round?.waiting
    return this.branches.filter((_, index) => waiting?.has(index))
  }

  #reportHeld(): void {
    const late = this.#late()
    if (this.#round === undefined || late.length === 0) return
    const { frame } = this.#round
    const told = late.map(({ name, processors }) => {
      const holders = processors.filter((processor) => processor[NODE]?.busy).map((processor) => processor.name)
      return holders.length > 0 ? `${name} (${holders.join(', ')})` : name
    })
    const message = `${this.name} has waited ${HELD_MS} ms for ${told.join(' and ')} to be done with a ${frame.type}; what is behind it waits too.`
    this.runtime.log.log('warn', message, { processor: this.name })
    this.emit(
      'roundHeld',
      late.map(({ name }) => name),
      frame,
    )
  }

  #release(round: Round, ctx: FrameContext): void {
    this.#round = undefined
    this.#deadline?.clear()
    const outputs = [...round.outputs]
    if (this.frameOrder === 'pipeline') outputs.sort((a, b) => a.branch - b.branch)
    else outputs.sort((a, b) => Number(a.direction === 'downstream') - Number(b.direction === 'downstream'))
    for (const { frame, direction } of outputs) ctx.push(frame, direction)
  }
}
