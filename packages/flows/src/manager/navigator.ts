import { asFlowError, FlowError, FlowTransitionError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import { type Callback, isOutcome, type To } from '../definition/outcome.ts'
import type { FlowEngine } from './flow-engine.ts'
import { FlowRun } from './flow-run.ts'
import { MovesByItself } from './moves-by-itself.ts'
import { advance, isOfApplication, type Move, moveOf } from './move.ts'
import type { TransitionCause } from './inspection.ts'
import { enterHistory, type NodeHistory, nodeUpdate, taskMessages, verifyEntry } from './node-entry.ts'
import { SilenceWatch } from './silence-watch.ts'

/** Moves a conversation from node to node, one move after another. */
export class Navigator {
  /** Answers the silence of the user. */
  readonly silence: SilenceWatch
  readonly byItself: MovesByItself = new MovesByItself()
  /** Nodes that the application added by name. */
  readonly added: Map<string, FlowNode> = new Map()
  readonly #engine: FlowEngine
  readonly #runs: FlowRun[] = []
  readonly #queue: Move[] = []
  #moving = false
  /** The node that is being entered. */
  #target: FlowNode | undefined = undefined
  /** The model is to speak when the move is over. */
  #answers = false
  /** Counts entries over all flows. */
  #epoch = 0

  constructor(engine: FlowEngine) {
    this.#engine = engine
    this.silence = new SilenceWatch(engine)
  }

  /** The flow that runs, the topmost where sub-flows do. */
  get run(): FlowRun | undefined {
    return this.#runs.at(-1)
  }

  /** All that run: the conversation's own flow first. */
  get runs(): readonly FlowRun[] {
    return this.#runs
  }

  get node(): string | null {
    return this.run?.actor.node ?? null
  }

  /** Tells the visits of nodes apart. */
  get epoch(): number {
    return this.#epoch
  }

  get isMoving(): boolean {
    return this.#moving
  }

  /** Begins a flow before any node. */
  prepare(flow: FlowDefinition, state: FlowState): void {
    this.#replace([new FlowRun(flow, state, this.#engine.inspect)])
  }

  /** Takes over flows that ran before. The topmost is at its node; nothing of what entering does is done. */
  restore(runs: readonly FlowRun[], role: string | undefined): void {
    this.#replace(runs)
    if (this.run !== undefined) this.run.role = role
    this.#epoch++
    for (const run of runs) {
      // One that only stood aside still has its node.
      if (run.actor.node !== null) run.node ??= run.resolve(run.actor.node, run.actor.input, this.added)
    }
    this.silence.begin()
    this.#engine.book.outdate()
  }

  /** A node that needs no model and had not come to its end is begun again; one that had leads on. True if either is so. */
  resume(): boolean {
    const { run } = this
    const node = run?.node
    if (run === undefined || node === undefined) return false
    if (run.spoken) return this.#leadOn(run, node)
    if (node.say === undefined && node.always === undefined) return false
    this.#begin(node)
    return true
  }

  /**
   * Goes a way. One that is asked for while another is gone is gone afterwards, and the promise does not wait for that:
   * a handler that moves the conversation would wait for itself.
   *
   * @throws FlowError when it leads nowhere; the conversation stays where it is.
   */
  async go(move: Move): Promise<void> {
    const { host, changed } = this.#engine
    if (this.#engine.isOver) return
    if (this.#moving) {
      this.#queue.push(move)
      return
    }
    this.#moving = true
    const release = host.hold()
    let failure: FlowError | undefined
    try {
      for (let next: Move | undefined = move; next !== undefined && !this.#engine.isOver; next = this.#queue.shift()) {
        this.#target = undefined
        this.#answers = false
        try {
          this.byItself.count(next)
          await this.#perform(next)
        } catch (cause) {
          const error = asFlowError(cause)
          if (next === move && isOfApplication(move.cause)) failure = error
          else await this.#engine.moveFailed(error, next, this.#target)
        }
        changed()
      }
    } finally {
      this.#moving = false
      this.#release(release, this.#answers)
    }
    if (failure !== undefined) throw failure
  }

  /** Has the model speak, when the conversation is where it moves to. */
  answer(): void {
    if (this.#moving) this.#answers = true
    else this.#engine.host.run()
  }

  /** Does something during which nobody is answered; who wanted to be is answered then. */
  async beforeAnswers(work: () => Promise<void>): Promise<void> {
    const release = this.#engine.host.hold()
    try {
      await work()
    } finally {
      this.#release(release)
    }
  }

  /** The first reply of a visit was played: what the node wants after it happens. */
  async replied(epoch: number = this.#epoch): Promise<void> {
    const { actions, failed, changed } = this.#engine
    const stays = (): boolean => epoch === this.#epoch && !this.#engine.isOver
    if (!stays()) return
    this.silence.listen()
    const { run } = this
    const node = run?.node
    if (run === undefined || node === undefined || run.spoken) return
    run.spoken = true
    changed()
    try {
      await actions.run(node.after ?? [], stays)
    } catch (cause) {
      failed(asFlowError(cause))
    }
    if (!stays()) return
    if (!this.#leadOn(run, node)) this.silence.listen()
  }

  /** Along the edge that a node takes by itself; false where it has none. */
  #leadOn(run: FlowRun, { always, onSpoken }: FlowNode): boolean {
    const edge = always ?? onSpoken
    if (edge === undefined) return false
    const of = (): To => (typeof edge === 'function' ? edge(run.state) : edge)
    void this.#engine.go({ kind: 'edge', of, cause: { by: always === undefined ? 'onSpoken' : 'always' } })
    return true
  }

  /** Nothing happens any more. */
  stop(): void {
    this.silence.stop()
    this.run?.actor.end()
  }

  /** The conversation has come to a node, after so long, milliseconds; from another node of its flow, or none. */
  arrived(from: string | null, cause: TransitionCause, tookMs: number): void {
    const { run, node } = this
    if (run === undefined || node === null) return
    const { inspect } = this.#engine
    const { visit, input } = run.actor
    inspect(() => ({ type: 'flow.transition', from, to: node, cause }))
    inspect(() => ({ type: 'flow.enter', node, visit, input, tookMs, functions: this.#engine.functions }))
  }

  #perform(move: Move): Promise<void> {
    switch (move.kind) {
      case 'node': {
        const run = this.#expectRun()
        return this.#enter(run, move.node, run.resolve(move.node, move.input, this.added), move)
      }
      case 'jump':
        return this.#enter(this.#expectRun(), this.#nameOf(move.node), move.node, move)
      case 'flow':
        return this.#start(move.flow, move.state, move, (run) => this.#replace([run]))
      case 'call':
        return this.#call(move)
      case 'done':
        return this.#leave(move.output)
      case 'work':
        return move.run()
      case 'callback':
        return this.#ask(move.run)
      case 'edge': {
        const edge: unknown = move.of()
        const next = isOutcome(edge) ? moveOf(edge, move.cause) : undefined
        if (next?.kind !== 'node') throw new FlowTransitionError(`The node '${this.node}' does not say where it leads.`)
        return this.#perform(next)
      }
    }
  }

  /** Wherever a callback of the application leads. */
  async #ask(run: Callback['run']): Promise<void> {
    const { view, book } = this.#engine
    await this.#engine.inTime(() => run(view))
    if (this.#queue.length > 0 || this.#engine.isOver) return
    // It has moved nothing: the model answers, and may call functions again.
    book.forgetMove()
    this.answer()
  }

  async #start(
    flow: FlowDefinition,
    state: FlowState,
    move: Extract<Move, { kind: 'flow' | 'call' }>,
    install: (run: FlowRun) => void,
  ): Promise<void> {
    const run = new FlowRun(flow, state, this.#engine.inspect)
    const given = (move.kind === 'flow' ? move.node : undefined) ?? flow.initialNode
    const [name, node] =
      typeof given === 'object' ? [this.#nameOf(given), given] : [given, run.resolve(given, move.input, this.added)]
    await this.#enter(run, name, node, move, () => install(run))
  }

  /** Into a sub-flow. */
  async #call(move: Extract<Move, { kind: 'call' }>): Promise<void> {
    const caller = this.#expectRun()
    caller.waiting = move.waiting
    const height = this.#runs.length
    try {
      const state = structuredClone(move.flow.initialState)
      await this.#start(move.flow, state, move, (run) => this.#runs.push(run))
      if (this.#runs.length === height) throw new FlowTransitionError('The conversation was moved elsewhere meanwhile.')
    } catch (error) {
      caller.waiting = undefined
      this.#engine.book.forgetMove()
      move.failed(error)
    }
  }

  /** Out of the topmost flow, to the call that waits for it. */
  async #leave(output: Json): Promise<void> {
    const { host, book, failed, options } = this.#engine
    if (this.#runs.length < 2) {
      if (!options.done(output)) this.#engine.end()
      return
    }
    const left = this.#runs.pop()
    left?.actor.end()
    this.#epoch++
    book.outdate()
    const caller = this.#expectRun()
    const { waiting, node } = caller
    const role = caller.role === left?.role ? undefined : caller.role
    try {
      await host.configure(nodeUpdate(node, role, { messages: [], replace: false }, this.#engine.tools()))
    } catch (cause) {
      failed(asFlowError(cause))
    }
    this.arrived(null, { by: 'return' }, 0)
    if (waiting === undefined) return
    caller.waiting = undefined
    waiting.outputs.push(output)
    // Who waited for it may have ended with its process.
    if (waiting.resume === undefined) this.#engine.callAgain(waiting, caller, true)
    else waiting.resume(output)
  }

  async #enter(run: FlowRun, name: string, node: FlowNode, move: Move, install?: () => void): Promise<void> {
    const { host, actions, book, inspect, options } = this.#engine
    const { clock } = host.runtime
    const beganMs = clock.nowMs()
    this.#target = node
    verifyEntry(run, name, node, actions)
    this.silence.stop()
    const before = new Set(host.messages())
    const goesOn = (): boolean => {
      if (this.#queue.length === 0 && !this.#engine.isOver) return true
      // What overtakes it moves within the flow that it began.
      if (move.kind === 'flow') install?.()
      return false
    }
    if (move.say !== undefined) await host.speak(move.say, { appendToContext: true })
    await actions.run(node.before ?? [], goesOn)
    if (!goesOn()) return
    const strategy = move.context ?? node.context ?? options.contextStrategy ?? run.flow.context
    const task = [...(move.preface ?? []), ...taskMessages(node)]
    const history = await enterHistory(this.#engine, { name, task, strategy, before })
    if (!goesOn()) return
    const from = this.node
    const left = this.run?.actor.visit ?? 0
    await this.#tell(run, node, history, install)
    advance(run, name, node, move)
    run.spoken = false
    this.silence.begin()
    book.outdate()
    if (from !== null) inspect(() => ({ type: 'flow.exit', node: from, visit: left }))
    this.arrived(from, move.cause, clock.nowMs() - beganMs)
    this.#begin(node)
  }

  /** Has the model told of a node. Where that fails, all is as it was. */
  async #tell(run: FlowRun, node: FlowNode, history: NodeHistory, install?: () => void): Promise<void> {
    const runs = [...this.#runs]
    const { node: left, role: before } = run
    run.role = node.role ?? before ?? this.run?.role
    install?.()
    run.node = node
    this.#epoch++
    try {
      const update = nodeUpdate(node, node.role, history, this.#engine.tools())
      await this.#engine.host.configure({ ...update, cache: node.cache })
    } catch (error) {
      this.#replace(runs)
      run.node = left
      run.role = before
      this.#epoch--
      this.#engine.tools()
      throw error
    }
  }

  /** The agent speaks first, or waits. */
  #begin(node: FlowNode): void {
    const epoch = this.#epoch
    const replied = (): Promise<void> => this.replied(epoch)
    // Beside the move: what follows may be a move itself.
    const said =
      node.say === undefined ? Promise.resolve() : this.#engine.host.speak(node.say, { appendToContext: true })
    if (node.always !== undefined) void this.beforeAnswers(() => said.then(replied, replied))
    else if (node.say !== undefined) void said.then(replied, replied)
    else if (node.respondImmediately !== false) this.answer()
    else this.silence.listen()
  }

  #release(release: (asks?: boolean) => boolean, asks = false): void {
    if (release(asks) && !this.#engine.isOver) this.#engine.host.run()
  }

  #replace(runs: readonly FlowRun[]): void {
    this.#runs.splice(0, Infinity, ...runs)
  }

  #nameOf({ name }: FlowNode): string {
    return name ?? this.#engine.host.runtime.newId()
  }

  #expectRun(): FlowRun {
    const { run } = this
    if (run === undefined) throw new FlowError('No flow runs.', { code: 'flow-not-started', kind: 'config' })
    return run
  }
}
