import type { Clock, Timer } from '../runtime/clock.ts'
import type { AgentState, StateChange, UserState } from './session-types.ts'
import type { Floor } from './speech-queue.ts'

/** What {@link SessionStates} needs of its session. */
export interface SessionStatesHost {
  readonly clock: Clock
  /** `undefined`: the user is never away. */
  readonly awayMs: number | undefined
  userChanged(change: StateChange<UserState>): void
  agentChanged(change: StateChange<AgentState>): void
}

/** Who speaks, who thinks, who is away. */
export class SessionStates implements Floor {
  open = false
  userSpeaks = false
  agentSpeaks = false
  readonly #host: SessionStatesHost
  /** Calls that the conversation waits for. */
  readonly #calls = new Set<string>()
  #answers = 0
  #user: UserState = 'listening'
  #agent: AgentState = 'initializing'
  #away: Timer | undefined = undefined
  #looking = false

  constructor(host: SessionStatesHost) {
    this.#host = host
  }

  get user(): UserState {
    return this.#user
  }

  get agent(): AgentState {
    return this.#agent
  }

  get answering(): boolean {
    return this.#answers > 0
  }

  get awaitsCalls(): boolean {
    return this.#calls.size > 0
  }

  started(): void {
    this.open = true
    this.#setAgent(this.#agentNow)
  }

  ended(): void {
    this.open = false
    this.#away?.cancel()
  }

  userSpeaking(speaks: boolean): void {
    this.userSpeaks = speaks
    this.#setUser(speaks ? 'speaking' : 'listening')
  }

  /** The user did something else than speak. */
  userActed(): void {
    if (!this.userSpeaks) this.#setUser('listening')
    this.#awaitUser()
  }

  agentSpeaking(speaks: boolean): void {
    this.agentSpeaks = speaks
    this.#look()
  }

  answer(phase: 'start' | 'end'): void {
    this.#answers = Math.max(0, this.#answers + (phase === 'start' ? 1 : -1))
    this.#look()
  }

  call(id: string, phase: 'start' | 'end'): void {
    if (phase === 'start') this.#calls.add(id)
    else this.#calls.delete(id)
    this.#look()
  }

  interrupted(): void {
    this.#answers = 0
    this.#look()
  }

  get #agentNow(): AgentState {
    if (!this.open) return 'initializing'
    if (this.agentSpeaks) return 'speaking'
    return this.answering || this.awaitsCalls ? 'thinking' : 'listening'
  }

  /** What ends and what begins next comes in one burst: only speaking is told at once. */
  #look(): void {
    if (this.agentSpeaks) this.#setAgent(this.#agentNow)
    if (this.#looking || !this.open || this.#agentNow === this.#agent) return
    this.#looking = true
    this.#host.clock.yield(() => {
      this.#looking = false
      if (this.open) this.#setAgent(this.#agentNow)
    })
  }

  #setAgent(to: AgentState): void {
    const from = this.#agent
    if (from === to) return
    this.#agent = to
    this.#awaitUser()
    this.#host.agentChanged({ from, to })
  }

  #setUser(to: UserState): void {
    const from = this.#user
    if (from === to) return
    this.#user = to
    this.#awaitUser()
    this.#host.userChanged({ from, to })
  }

  #awaitUser(): void {
    const { clock, awayMs } = this.#host
    this.#away?.cancel()
    this.#away = undefined
    if (awayMs === undefined || !this.open || this.#user !== 'listening' || this.#agent !== 'listening') return
    this.#away = clock.setTimeout(() => this.#setUser('away'), awayMs, { background: true })
  }
}
