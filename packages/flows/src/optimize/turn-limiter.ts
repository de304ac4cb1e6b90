import { type AnyFrame, FillerSpeechFrame, type FrameContext, type FrameDirection, FrameProcessor } from '@pc/core'
import type { TurnGate } from './turn-gate.ts'

/**
 * Stands between the user's half of the context and the model. Over the limit it holds back what asks the model, says a
 * filler, and asks when there is room; everything else passes.
 */
export class TurnLimiter extends FrameProcessor {
  readonly #gate: TurnGate
  readonly #filler: string | undefined

  constructor(gate: TurnGate, filler: string | undefined) {
    super({ name: 'TurnLimiter' })
    this.#gate = gate
    this.#filler = filler
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    switch (frame.type) {
      case 'LLMContextFrame':
      case 'OpenAILLMContextFrame': {
        if (direction === 'upstream' || this.#gate.tryPass()) break
        // Not fenced: an interruption cuts the agent, never the user's turn.
        this.#gate.pass(
          () => this.pushFrame(frame),
          () => this.#fill(),
        )
        return
      }
      case 'LLMSpeculationFrame':
        // To ask ahead is a request too, and can be done without.
        if (frame.context !== undefined && !this.#gate.tryPass()) return
        break
      case 'UserStartedSpeakingFrame':
        this.#gate.userStarted()
        break
      case 'UserStoppedSpeakingFrame':
        ctx.push(frame)
        this.#gate.userStopped()
        return
      default:
    }
    ctx.push(frame)
  }

  #fill(): void {
    if (this.#filler !== undefined) this.pushFrame(new FillerSpeechFrame(this.#filler))
  }

  /** The engine forwards lifecycle frames. */
  override handles(): boolean {
    return false
  }

  override onEnd(): void {
    this.#gate.flush()
  }

  override onStop(): void {
    this.#gate.flush()
  }

  override onCleanup(): void {
    this.#gate.close()
  }
}
