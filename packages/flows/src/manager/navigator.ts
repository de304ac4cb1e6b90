import { asFlowError, FlowError, FlowTransitionError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import { isOutcome, type To } from '../definition/outcome.ts'
import { FlowActor } from '../machine/flow-machine.ts'
import { FlowRun } from './flow-run.ts'
import { inTime } from './in-time.ts'
import { advance, isOfApplication, type Move, moveOf } from './move.ts'
import type { NavigatorHost } from './navigator-host.ts'
import { enterHistory, type NodeHistory, nodeUpdate, taskMessages, verifyEntry } from './node-entry.ts'
import { SilenceWatch } from './silence-watch.ts'

/** Moves a conversation from node to node, one move after another. */
export class Navigator {
  readonly #it: NavigatorHost
  readonly #silence: SilenceWatch
  readonly #runs: FlowRun[] = []
  readonly #added = new Map<string, FlowNode>()
  readonly #queue: Move[] = []
  #moving = false
  /** The node that is being entered. */
  #target: FlowNode | undefined = undefined
  #stopped = false
  /** The model is to speak when the move is over. */
  #answers = false
  /** Counts entries over all flows. */
  #epoch = 0

  constructor(host: NavigatorHost) {
    this.#it = host
    this.#silence = new SilenceWatch({
      clock: host.host.runtime.clock,
      rule: () => (this.#stopped ? undefined : this.run?.node?.onSilence),
      isBusy: () => this.#moving || host.isBusy(),
      say: (text) => host.host.speak(text, { appendToContext: true }),
      go: (edge) => this.go({ kind: 'edge', of: () => edge, cause: { by: 'onSilence' } }),
    })
  }

  /** The flow that runs, the topmost where sub-flows do. */
  get run(): FlowRun | undefined {
    return this.#runs.at(-1)
  }

  /** All that run: the conversation's own flow first. */
  get runs(): readonly FlowRun[] {
    return this.#runs
  }

  /** Nodes that the application added by name. */
  get added(): ReadonlyMap<string, FlowNode> {
    return this.#added
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

  get role(): string | undefined {
    return this.run?.role
  }

  /** When the user's silence is answered, milliseconds on the clock. */
  get silenceDueMs(): number | undefined {
    return this.#silence.dueMs
  }

  /** Names a node, for good. */
  add(name: string, node: FlowNode): void {
    this.#added.set(name, node)
  }

  /** Begins a flow before any node. */
  prepare(flow: FlowDefinition, state: FlowState): void {
    this.#runs.splice(0, Infinity, new FlowRun(flow, this.#actorOf(flow), state))
  }

  /** Takes over flows that ran before. The topmost is at its node; nothing of what entering does is done. */
  restore(runs: readonly FlowRun[], role: string | undefined): void {
    this.#runs.splice(0, Infinity, ...runs)
    const { run: top } = this
    if (top !== undefined) top.role = role
    this.#epoch++
    for (const run of runs) {
      // One that only stood aside still has its node.
      if (run.actor.node !== null) run.node ??= run.resolve(run.actor.node, run.actor.input, this.#added)
    }
    this.#silence.begin()
    this.#it.moved()
  }

  /** A node that needs no model and had not come to its end is begun again. */
  resume(): void {
    const { run } = this
    const node = run?.node
    if (run === undefined || node === undefined || run.spoken) return
    if (node.say !== undefined || node.always !== undefined) this.#begin(node)
  }

  /**
   * Goes a way. One that is asked for while another is gone is gone afterwards, and the promise does not wait for that:
   * a handler that moves the conversation would wait for itself.
   *
   * @throws FlowError when it leads nowhere; the conversation stays where it is.
   */
  async go(move: Move): Promise<void> {
    if (this.#stopped) return
    if (this.#moving) {
      this.#queue.push(move)
      return
    }
    this.#moving = true
    const release = this.#it.host.hold()
    let failure: FlowError | undefined
    try {
      for (let next: Move | undefined = move; next !== undefined && !this.#stopped; next = this.#queue.shift()) {
        this.#target = undefined
        this.#answers = false
        try {
          await this.#perform(next)
        } catch (cause) {
          const error = asFlowError(cause)
          if (next === move && isOfApplication(move.cause)) failure = error
          else await this.#it.moveFailed(error, next, this.#target)
        }
        this.#it.changed()
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
    else this.#it.host.run()
  }

  /** Does something during which nobody is answered; who wanted to be is answered then. */
  async beforeAnswers(work: () => Promise<void>): Promise<void> {
    const release = this.#it.host.hold()
    try {
      await work()
    } finally {
      this.#release(release)
    }
  }

  /** The user began to speak. */
  userStarted(): void {
    this.#silence.begin()
    this.#silence.stop()
  }

  /** The agent began to speak. */
  botStarted(): void {
    this.#silence.stop()
  }

  /** From now on silence counts. */
  listen(afterMs?: number): void {
    this.#silence.listen(afterMs)
  }

  /** The first reply of a visit was played: what the node wants after it happens. */
  async replied(epoch: number): Promise<void> {
    if (epoch !== this.#epoch || this.#stopped) return
    this.listen()
    const { run } = this
    const node = run?.node
    if (run === undefined || node === undefined || run.spoken) return
    run.spoken = true
    this.#it.changed()
    const stays = (): boolean => epoch === this.#epoch && !this.#stopped
    try {
      await this.#it.actions.run(node.after ?? [], stays)
    } catch (cause) {
      this.#it.failed(asFlowError(cause))
    }
    if (!stays()) return
    const edge = node.always ?? node.onSpoken
    if (edge === undefined) {
      this.listen()
      return
    }
    const of = (): To => (typeof edge === 'function' ? edge(run.state) : edge)
    await this.go({ kind: 'edge', of, cause: { by: node.always === undefined ? 'onSpoken' : 'always' } })
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#stopped = true
    this.#silence.stop()
    this.run?.actor.end()
  }

  async #perform(move: Move): Promise<void> {
    switch (move.kind) {
      case 'node': {
        const run = this.#expectRun()
        await this.#enter(run, move.node, run.resolve(move.node, move.input, this.#added), move)
        return
      }
      case 'jump':
        await this.#enter(this.#expectRun(), move.node.name ?? this.#it.host.runtime.newId(), move.node, move)
        return
      case 'flow':
        await this.#start(move.flow, move.state, move, (run) => this.#runs.splice(0, Infinity, run))
        return
      case 'call':
        await this.#call(move)
        return
      case 'done':
        await this.#leave(move.output)
        return
      case 'work':
        await move.run()
        return
      case 'callback':
        await inTime(this.#it.host.runtime.clock, this.#it.timeoutSecs, () => move.run(this.#it.view))
        if (this.#queue.length > 0 || this.#stopped) return
        // It has moved nothing: the model answers, and may call functions again.
        this.#it.stayed()
        this.answer()
        return
      case 'edge': {
        const edge: unknown = move.of()
        const next = isOutcome(edge) ? moveOf(edge, move.cause) : undefined
        if (next?.kind !== 'node') throw new FlowTransitionError(`The node '${this.node}' does not say where it leads.`)
        await this.#perform(next)
        return
      }
    }
  }

  async #start(
    flow: FlowDefinition,
    state: FlowState,
    move: Extract<Move, { kind: 'flow' | 'call' }>,
    install: (run: FlowRun) => void,
  ): Promise<void> {
    const run = new FlowRun(flow, this.#actorOf(flow), state)
    const given = move.kind === 'flow' ? move.node : undefined
    const [name, node] =
      typeof given === 'object'
        ? [given.name ?? this.#it.host.runtime.newId(), given]
        : [given ?? flow.initialNode, run.resolve(given ?? flow.initialNode, move.input, this.#added)]
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
      this.#it.stayed()
      move.failed(error)
    }
  }

  /** Out of the topmost flow, to the call that waits for it. */
  async #leave(output: Json): Promise<void> {
    if (this.#runs.length < 2) {
      if (!this.#it.done(output)) this.#it.end()
      return
    }
    const left = this.#runs.pop()
    left?.actor.end()
    this.#epoch++
    this.#it.moved()
    const caller = this.#expectRun()
    const { waiting, node } = caller
    const role = caller.role === left?.role ? undefined : caller.role
    const nothing = { messages: [], replace: false }
    try {
      await this.#it.host.configure(nodeUpdate(node, role, nothing, this.#it.tools()))
    } catch (cause) {
      this.#it.failed(asFlowError(cause))
    }
    this.#it.arrived(null, { by: 'return' }, 0)
    if (waiting === undefined) return
    waiting.outputs.push(output)
    if (waiting.resume === undefined) this.#it.runAgain(caller)
    else {
      caller.waiting = undefined
      waiting.resume(output)
    }
  }

  async #enter(run: FlowRun, name: string, node: FlowNode, move: Move, install?: () => void): Promise<void> {
    const { host, actions, inspect } = this.#it
    const beganMs = host.runtime.clock.nowMs()
    this.#target = node
    verifyEntry(run, name, node, actions)
    this.#silence.stop()
    const before = new Set(host.messages())
    const goesOn = (): boolean => {
      if (this.#queue.length === 0 && !this.#stopped) return true
      // What overtakes it moves within the flow that it began.
      if (move.kind === 'flow') install?.()
      return false
    }
    if (move.say !== undefined) await host.speak(move.say, { appendToContext: true })
    await actions.run(node.before ?? [], goesOn)
    if (!goesOn()) return
    const strategy =
      ('context' in move ? move.context : undefined) ?? node.context ?? this.#it.context ?? run.flow.context
    const summarized = (ok: boolean, tookMs: number): void =>
      inspect(() => ({ type: 'flow.summary', node: name, ok, tookMs }))
    const preface = ('preface' in move && move.preface) || []
    const history = await enterHistory([...preface, ...taskMessages(node)], strategy, host, { before, summarized })
    if (!goesOn()) return
    const from = this.node
    const left = this.run?.actor.visit ?? 0
    await this.#tell(run, node, history, install)
    advance(run, name, node, move)
    run.spoken = false
    this.#silence.begin()
    this.#it.moved()
    if (from !== null) inspect(() => ({ type: 'flow.exit', node: from, visit: left }))
    this.#it.arrived(from, move.cause, host.runtime.clock.nowMs() - beganMs)
    this.#begin(node)
  }

  /** Has the model told of a node. Where that fails, all is as it was. */
  async #tell(run: FlowRun, node: FlowNode, history: NodeHistory, install?: () => void): Promise<void> {
    const runs = [...this.#runs]
    const { node: left, role: before } = run
    run.role = node.role ?? before ?? this.role
    install?.()
    run.node = node
    this.#epoch++
    try {
      const update = nodeUpdate(node, node.role, history, this.#it.tools())
      await this.#it.host.configure({ ...update, cache: node.cache })
    } catch (error) {
      this.#runs.splice(0, Infinity, ...runs)
      run.node = left
      run.role = before
      this.#epoch--
      this.#it.tools()
      throw error
    }
  }

  /** The agent speaks first, or waits. */
  #begin(node: FlowNode): void {
    const { host } = this.#it
    const epoch = this.#epoch
    const replied = (): Promise<void> => this.replied(epoch)
    // Beside the move: what follows may be a move itself.
    const said = node.say === undefined ? Promise.resolve() : host.speak(node.say, { appendToContext: true })
    if (node.always !== undefined) void this.beforeAnswers(() => said.then(replied, replied))
    else if (node.say !== undefined) void said.then(replied, replied)
    else if (node.respondImmediately !== false) this.answer()
    else this.listen()
  }

  #release(release: (asks?: boolean) => boolean, asks = false): void {
    if (release(asks) && !this.#stopped) this.#it.host.run()
  }

  #actorOf(flow: FlowDefinition): FlowActor {
    return new FlowActor(flow, undefined, (event) => this.#it.inspect(() => ({ type: 'flow.machine', event })))
  }

  #expectRun(): FlowRun {
    const { run } = this
    if (run === undefined) throw new FlowError('No flow runs.', { code: 'flow-not-started', kind: 'config' })
    return run
  }
}
