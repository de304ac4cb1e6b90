import { RecordedTrack } from './recorded-track.ts'

/** Audio may come this late before it counts as a gap, milliseconds. */
const GAP_MS = 200
/** Speech whose audio stays away for so long has a gap in spite of all, milliseconds. */
const LOST_MS = 5000
/** What is kept of the user's audio before a turn begins, milliseconds. */
const PRE_ROLL_MS = 1000
/** The word that the agent speaks comes at most this long after its audio began, milliseconds. */
const LOOK_MS = 40

/** The audio of one turn of one voice. */
export interface TurnAudio {
  /** Counts from 1; the agent's answer has the number of the user's turn before it. */
  readonly turnNumber: number
  /** Mono. */
  readonly audio: Int16Array
  /** Hz. */
  readonly sampleRate: number
  readonly numChannels: 1
}

/** What a {@link Recording} needs. */
export interface RecordingOptions {
  readonly sampleRate: number
  readonly beganMs: number
  readonly pieceSamples: number
  /** 0 without turns. */
  readonly mostTurnSamples: number
  readonly piece: (user: Int16Array, bot: Int16Array) => void
  readonly userTurn: (turn: TurnAudio) => void
  readonly botTurn: (turn: TurnAudio) => void
}

/** From one start to the next stop. Its methods take times of the task's clock. */
export class Recording {
  readonly #options: RecordingOptions
  readonly #user: RecordedTrack
  readonly #bot: RecordedTrack
  /** What was told already. */
  #told = 0
  #turnNumber = 1
  #botSpoke = false
  /** Where the turn that goes on began. */
  #userTurn: number | undefined = undefined
  #botTurn: number | undefined = undefined
  #userTurnEnd = 0

  constructor(options: RecordingOptions) {
    this.#options = options
    this.#user = new RecordedTrack(options.sampleRate)
    this.#bot = new RecordedTrack(options.sampleRate)
  }

  user(audio: Int16Array, sampleRate: number, nowMs: number): void {
    const beginMs = this.#time(nowMs) - (audio.length / sampleRate) * 1000
    const lateMs = beginMs - this.#user.endMs
    // Words are not torn apart because their audio came late.
    if (lateMs > (this.#userTurn === undefined ? GAP_MS : LOST_MS)) this.#user.padTo(beginMs)
    this.#user.append(audio, sampleRate)
    this.#tell(nowMs)
  }

  bot(audio: Int16Array, sampleRate: number, playsAtMs: number, nowMs: number): void {
    const beginMs = this.#time(playsAtMs)
    if (beginMs - this.#bot.endMs > 1) this.#bot.padTo(beginMs)
    // What was played before the beginning is none of its business.
    const before = Math.round((Math.max(0, -beginMs) * sampleRate) / 1000)
    this.#bot.append(before === 0 ? audio : audio.subarray(before), sampleRate)
    this.#tell(nowMs)
  }

  /** The player dropped what it had not played. */
  cutBot(nowMs: number): void {
    this.#bot.cutAt(this.#time(nowMs))
  }

  userStarted(nowMs: number): void {
    if (this.#botSpoke) this.#turnNumber++
    this.#endBotTurn(nowMs, this.#botSpoke ? this.#turnNumber - 1 : this.#turnNumber)
    this.#botSpoke = false
    // From here on nothing counts as a gap: one that is there already does.
    if (this.#time(nowMs) - this.#user.endMs > GAP_MS) this.#user.padTo(this.#time(nowMs))
    this.#userTurn = Math.max(this.#userTurnEnd, this.#user.positionAt(this.#time(nowMs) - PRE_ROLL_MS), 0)
  }

  userStopped(nowMs: number): void {
    if (this.#userTurn === undefined) return
    const begin = this.#userTurn
    this.#userTurn = undefined
    this.#userTurnEnd = Math.max(begin, Math.min(this.#user.end, this.#user.positionAt(this.#time(nowMs))))
    this.#tellTurn(this.#user, begin, this.#userTurnEnd, this.#options.userTurn, this.#turnNumber)
  }

  botStarted(nowMs: number): void {
    if (this.#botTurn !== undefined) return
    this.#botSpoke = true
    const now = this.#bot.positionAt(this.#time(nowMs))
    const look = this.#bot.positionAt(LOOK_MS)
    this.#botTurn = Math.max(0, Math.min(now, Math.max(this.#bot.runBegin, now - look)))
  }

  botStopped(nowMs: number): void {
    this.#endBotTurn(nowMs, this.#turnNumber)
  }

  finish(nowMs: number): void {
    this.cutBot(nowMs)
    this.#user.flush()
    this.#bot.flush()
    this.userStopped(nowMs)
    this.botStopped(nowMs)
    const end = Math.max(this.#user.end, this.#bot.end)
    if (end > this.#told) this.#tellTo(end)
  }

  #endBotTurn(nowMs: number, turnNumber: number): void {
    if (this.#botTurn === undefined) return
    const begin = this.#botTurn
    this.#botTurn = undefined
    const end = Math.min(this.#bot.end, this.#bot.positionAt(this.#time(nowMs)))
    this.#tellTurn(this.#bot, begin, end, this.#options.botTurn, turnNumber)
  }

  // oxlint-disable-next-line max-params -- one call shape for both voices
  #tellTurn(
    track: RecordedTrack,
    from: number,
    to: number,
    tell: RecordingOptions['userTurn'],
    turnNumber: number,
  ): void {
    if (this.#options.mostTurnSamples === 0 || to <= from) return
    tell({
      turnNumber,
      audio: track.slice(Math.max(from, track.begin), to),
      sampleRate: this.#options.sampleRate,
      numChannels: 1,
    })
  }

  #time(nowMs: number): number {
    return nowMs - this.#options.beganMs
  }

  /** Tells what neither voice can change any more. */
  #tell(nowMs: number): void {
    const silentTo = this.#user.positionAt(this.#time(nowMs) - GAP_MS - LOOK_MS)
    const lost = this.#user.positionAt(this.#time(nowMs) - LOST_MS)
    const user = Math.max(this.#user.end, this.#userTurn === undefined ? silentTo : lost)
    // Of the agent only what was played stands.
    const bot = Math.max(Math.min(this.#bot.end, this.#bot.positionAt(this.#time(nowMs))), silentTo)
    const settled = Math.min(user, bot)
    const { pieceSamples } = this.#options
    while (settled - this.#told >= pieceSamples) this.#tellTo(this.#told + pieceSamples)
    this.#trim(nowMs)
  }

  #tellTo(position: number): void {
    const from = this.#told
    this.#told = position
    const endMs = (position / this.#options.sampleRate) * 1000
    // What was told as silence is not told again.
    this.#user.padTo(endMs)
    this.#bot.padTo(endMs)
    this.#options.piece(this.#user.slice(from, position), this.#bot.slice(from, position))
  }

  #trim(nowMs: number): void {
    const { mostTurnSamples } = this.#options
    const turns = mostTurnSamples > 0
    const preRoll = this.#user.positionAt(this.#time(nowMs) - PRE_ROLL_MS)
    const oldest = this.#user.end - mostTurnSamples
    this.#user.trim(turns ? Math.min(this.#told, Math.max(this.#userTurn ?? preRoll, oldest)) : this.#told)
    const botTurn = Math.max(this.#botTurn ?? this.#bot.positionAt(this.#time(nowMs) - LOOK_MS), oldest)
    this.#bot.trim(turns ? Math.min(this.#told, botTurn) : this.#told)
  }
}
