import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { TurnStrategyAttachment, TurnStrategyHost } from './turn-strategy.ts'

/** A strategy, as far as its attached part is concerned. */
interface Attachable {
  readonly name: string
  attach?(host: TurnStrategyHost): TurnStrategyAttachment | Promise<TurnStrategyAttachment>
}

/** The attached parts of the strategies in force. One that fails is passed over where it does. */
export class TurnAttachments {
  readonly #report: (strategy: string, error: unknown) => void
  #attached: (readonly [Attachable, TurnStrategyAttachment])[] = []

  constructor(report: (strategy: string, error: unknown) => void) {
    this.#report = report
  }

  /** Whether the strategy has a part here already. */
  has(strategy: Attachable): boolean {
    return this.#attached.some(([other]) => other === strategy)
  }

  async attach(strategies: readonly Attachable[], host: TurnStrategyHost): Promise<void> {
    await Promise.all(
      strategies.map(async (strategy) => {
        try {
          const attachment = await strategy.attach?.(host)
          if (attachment !== undefined) this.#attached.push([strategy, attachment])
        } catch (error) {
          this.#report(strategy.name, error)
        }
      }),
    )
  }

  /** Lets go of all parts, or of those whose strategies are not among `kept`. */
  async detach(reason: 'replaced' | 'ended', kept: readonly Attachable[] = []): Promise<void> {
    const leaving = this.#attached.filter(([strategy]) => !kept.includes(strategy))
    this.#attached = this.#attached.filter(([strategy]) => kept.includes(strategy))
    await Promise.all(
      leaving.map(async ([{ name }, attachment]) => {
        try {
          await attachment.close?.(reason)
        } catch (error) {
          this.#report(name, error)
        }
      }),
    )
  }

  started(only?: readonly Attachable[]): void {
    this.#each((attachment) => attachment.onStart?.(), only)
  }

  show(frame: AnyFrame, direction: FrameDirection): void {
    // Called for every frame: most sessions have no attached part.
    if (this.#attached.length > 0) this.#each((attachment) => attachment.onFrame?.(frame, direction))
  }

  turnStarted(only?: readonly Attachable[]): void {
    this.#each((attachment) => attachment.onTurnStarted?.(), only)
  }

  turnStopped(): void {
    this.#each((attachment) => attachment.onTurnStopped?.())
  }

  #each(tell: (attachment: TurnStrategyAttachment) => void, only?: readonly Attachable[]): void {
    for (const [strategy, attachment] of this.#attached) {
      if (only !== undefined && !only.includes(strategy)) continue
      try {
        tell(attachment)
      } catch (error) {
        this.#report(strategy.name, error)
      }
    }
  }
}
