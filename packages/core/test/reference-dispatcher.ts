/**
 * A slow and obvious model of how frames must move: every stage is a pair of plain arrays and a discrete-event clock.
 * It knows nothing of the engine's code.
 */
export type Lane = 'ordered' | 'sticky' | 'system'
export type Direction = 'downstream' | 'upstream'

/** What a stage does with a frame, decided by its number and the frame's label alone. */
export interface Behaviour {
  /** 0 runs in the caller's stack. */
  readonly delayMs: number
  /** Does not stop at an abort. */
  readonly deaf: boolean
  /** Emitted before the delay and after it; `bounce` goes against the frame's direction. */
  readonly before: readonly Emission[]
  readonly after: readonly Emission[]
}

export interface Emission {
  readonly label: string
  readonly lane: Lane
  readonly bounce: boolean
}

export interface ModelFrame {
  readonly label: string
  readonly lane: Lane
}

export type Layout = readonly (number | readonly (readonly number[])[])[]

interface Run {
  readonly stage: Stage
  readonly lane: 'ordered' | 'system'
  readonly guarded: boolean
  stale: boolean
  cancel: () => void
}

interface Stage {
  readonly behave: (frame: ModelFrame) => Behaviour
  ordered: [ModelFrame, Direction][]
  system: [ModelFrame, Direction][]
  orderedRun: Run | undefined
  systemRun: Run | undefined
  onStack: boolean
  /** A fork only hands on, to all its branches. */
  readonly fork?: (frame: ModelFrame, direction: Direction) => void
  down: (frame: ModelFrame) => void
  up: (frame: ModelFrame) => void
}

const DETACH_MS = 250

export class ReferenceDispatcher {
  readonly out: { readonly at: number; readonly direction: Direction; readonly label: string; readonly lane: Lane }[] =
    []
  readonly #events: { readonly at: number; readonly order: number; readonly fn: () => void; live: boolean }[] = []
  readonly #stages: Stage[] = []
  readonly #entry: (frame: ModelFrame) => void
  #now = 0
  #order = 0

  constructor(layout: Layout, behave: (stage: number, frame: ModelFrame) => Behaviour) {
    const sink = (direction: Direction) => (frame: ModelFrame) =>
      void this.out.push({ at: this.#now, direction, ...frame })
    this.#entry = this.#build(layout, behave, sink('downstream'), sink('upstream')).enterDown
  }

  run(inputs: readonly { readonly at: number; readonly frame: ModelFrame | 'interrupt' }[]): void {
    for (const { at, frame } of inputs)
      this.#at(at, frame === 'interrupt' ? () => this.#interrupt() : () => this.#entry(frame))
    for (;;) {
      const next = this.#events.sort((a, b) => a.at - b.at || a.order - b.order).shift()
      if (next === undefined) return
      if (!next.live) continue
      this.#now = next.at
      next.fn()
    }
  }

  #at(at: number, fn: () => void): () => void {
    const event = { at, order: this.#order++, fn, live: true }
    this.#events.push(event)
    return () => (event.live = false)
  }

  #build(
    layout: Layout,
    behave: (stage: number, frame: ModelFrame) => Behaviour,
    exitDown: (frame: ModelFrame) => void,
    exitUp: (frame: ModelFrame) => void,
  ): { enterDown: (frame: ModelFrame) => void; enterUp: (frame: ModelFrame) => void } {
    const made = layout.map((item) => {
      if (typeof item === 'number') {
        return this.#stage({ behave: (frame) => behave(item, frame), down: exitDown, up: exitUp })
      }
      const seen = new Set<ModelFrame>()
      const once = (to: 'down' | 'up') => (frame: ModelFrame) => {
        if (seen.has(frame)) return
        seen.add(frame)
        made[to](frame)
      }
      const branches = item.map((branch) => this.#build(branch, behave, once('down'), once('up')))
      const made = this.#stage({
        fork: (frame, direction) =>
          branches.forEach(({ enterDown, enterUp }) => (direction === 'downstream' ? enterDown : enterUp)(frame)),
        behave: () => ({ delayMs: 0, deaf: false, before: [], after: [] }),
        down: exitDown,
        up: exitUp,
      })
      return made
    })
    const enter = (stage: Stage | undefined, direction: Direction, exit: (frame: ModelFrame) => void) =>
      stage === undefined ? exit : (frame: ModelFrame) => this.#accept(stage, frame, direction)
    made.forEach((stage, index) => {
      stage.down = enter(made[index + 1], 'downstream', exitDown)
      stage.up = enter(made[index - 1], 'upstream', exitUp)
    })
    return { enterDown: enter(made[0], 'downstream', exitDown), enterUp: enter(made.at(-1), 'upstream', exitUp) }
  }

  #stage(parts: Pick<Stage, 'behave' | 'fork' | 'down' | 'up'>): Stage {
    const stage: Stage = {
      ...parts,
      ordered: [],
      system: [],
      orderedRun: undefined,
      systemRun: undefined,
      onStack: false,
    }
    this.#stages.push(stage)
    return stage
  }

  #accept(stage: Stage, frame: ModelFrame, direction: Direction): void {
    ;(frame.lane === 'system' ? stage.system : stage.ordered).push([frame, direction])
    this.#drain(stage)
  }

  #drain(stage: Stage): void {
    while (!stage.onStack) {
      const lane =
        stage.system.length > 0 && !stage.systemRun
          ? 'system'
          : stage.ordered.length > 0 && !stage.orderedRun
            ? 'ordered'
            : undefined
      if (lane === undefined) return
      const [frame, direction] = stage[lane].shift()!
      this.#handle(stage, frame, direction, lane)
    }
  }

  #handle(stage: Stage, frame: ModelFrame, direction: Direction, lane: 'ordered' | 'system'): void {
    if (stage.fork) {
      stage.onStack = true
      stage.fork(frame, direction)
      stage.onStack = false
      return
    }
    const { before, after, delayMs, deaf } = stage.behave(frame)
    const run: Run = { stage, lane, guarded: frame.lane === 'ordered', stale: false, cancel: () => {} }
    const emit = (emissions: readonly Emission[]): void => {
      for (const emission of emissions) {
        if (run.stale && emission.lane !== 'sticky') continue
        const to = (direction === 'downstream') !== emission.bounce ? stage.down : stage.up
        to({ label: emission.label, lane: emission.lane })
      }
    }
    stage.onStack = true
    emit(before)
    if (delayMs === 0) emit(after)
    stage.onStack = false
    if (delayMs === 0) return
    const slot = lane === 'system' ? 'systemRun' : 'orderedRun'
    const free = (): void => {
      if (stage[slot] === run) stage[slot] = undefined
      this.#drain(stage)
    }
    stage[slot] = run
    const stop = this.#at(this.#now + delayMs, () => {
      emit(after)
      free()
    })
    run.cancel = () => {
      if (deaf) this.#at(this.#now + DETACH_MS, free)
      else {
        stop()
        free()
      }
    }
  }

  #interrupt(): void {
    const cut: Run[] = []
    for (const stage of this.#stages) {
      stage.ordered = stage.ordered.filter(([frame]) => frame.lane === 'sticky')
      if (stage.orderedRun?.guarded && !stage.orderedRun.stale) {
        stage.orderedRun.stale = true
        cut.push(stage.orderedRun)
      }
    }
    for (const run of cut) run.cancel()
    for (const stage of this.#stages) this.#drain(stage)
  }
}
