import type { Timer } from '../runtime/clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { TURN_MARKS, type TurnCompletionConfig, turnCompletionDefaults } from '../turns/turn-completion.ts'

/** What becomes of an answer that passes a {@link TurnCompletionGate}. */
export interface GatedAnswer {
  say(text: string): void | Promise<void>
  /** `own`: the mark is all there is of the answer. */
  mark(mark: string, own: boolean): void
  /** The user's turn is complete. */
  completed(): void
}

/** One answer on its way through the gate. */
export interface AnswerGate {
  text(text: string): void | Promise<void>
  /** The model called functions: it took the turn for complete. */
  called(): void
  /** Nothing more comes. `failed`: not as it should have. */
  end(failed: boolean): void | Promise<void>
}

type Resolved = ReturnType<typeof turnCompletionDefaults>

/**
 * The part of a language model service that has the model judge whether the user has finished: instructions go to the
 * system instruction, each answer is held until its mark is known, and a user who does not go on is asked to.
 */
export class TurnCompletionGate {
  readonly #runtime: () => Runtime
  readonly #ask: (prompt: string) => void
  #config: Resolved | undefined
  #timer: Timer | undefined

  /** @param ask - runs the model once more, with this to consider */
  constructor(runtime: () => Runtime, ask: (prompt: string) => void) {
    this.#runtime = runtime
    this.#ask = ask
  }

  /** @param config - `undefined` turns it off */
  configure(config: TurnCompletionConfig | undefined): void {
    this.cancel()
    this.#config = config && turnCompletionDefaults(config)
  }

  /** What the model is told, where the service's own instruction is `systemInstruction`. */
  instruct(systemInstruction: string | undefined): string | undefined {
    if (this.#config === undefined) return systemInstruction
    return [systemInstruction, this.#config.instructions]
      .filter((part) => part !== undefined && part !== '')
      .join('\n\n')
  }

  /** The user is heard again, or the task ends: they need not be asked. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** An answer begins. */
  open(answer: GatedAnswer): AnswerGate {
    this.cancel()
    if (this.#config === undefined) return { text: (text) => answer.say(text), called() {}, end() {} }
    return new HeldAnswer(answer, {
      incomplete: (kind) => this.#wait(kind),
      unmarked: () =>
        this.#runtime().log.log('warn', 'The model gave no mark; its answer counts as one to a complete turn.'),
    })
  }

  #wait(kind: 'incompleteShort' | 'incompleteLong'): void {
    const config = this.#config
    if (config === undefined) return
    this.cancel()
    this.#timer = this.#runtime().clock.setTimeout(
      () => this.#ask(config[`${kind}Prompt`]),
      config[`${kind}TimeoutSecs`] * 1000,
      { background: true },
    )
  }
}

interface Verdicts {
  incomplete(kind: 'incompleteShort' | 'incompleteLong'): void
  unmarked(): void
}

class HeldAnswer implements AnswerGate {
  readonly #answer: GatedAnswer
  readonly #verdicts: Verdicts
  #held = ''
  #verdict: 'complete' | 'incompleteShort' | 'incompleteLong' | undefined
  /** The space between mark and answer is still to come. */
  #spaceDue = false

  constructor(answer: GatedAnswer, verdicts: Verdicts) {
    this.#answer = answer
    this.#verdicts = verdicts
  }

  text(text: string): void | Promise<void> {
    if (this.#verdict === 'complete') return this.#say(text)
    if (this.#verdict !== undefined) return undefined
    this.#held += text
    // What stands ahead of a mark is a model's decoration, unless it is words.
    const [, mark] = /^[^\p{L}\p{N}]*?([✓○◐])/u.exec(this.#held) ?? []
    if (mark === TURN_MARKS.complete) {
      const rest = this.#held.slice(this.#held.indexOf(mark) + 1)
      this.#complete()
      this.#answer.mark(mark, false)
      this.#spaceDue = true
      return this.#say(rest)
    }
    if (mark !== undefined) {
      this.#verdict = mark === TURN_MARKS.incompleteShort ? 'incompleteShort' : 'incompleteLong'
      this.#answer.mark(mark, true)
      return undefined
    }
    return /[\p{L}\p{N}]/u.test(this.#held) ? this.#release() : undefined
  }

  called(): void {
    if (this.#verdict !== 'complete') this.#complete()
  }

  end(failed: boolean): void | Promise<void> {
    if (failed && this.#verdict === undefined) this.#complete()
    if (this.#verdict === 'incompleteShort' || this.#verdict === 'incompleteLong') {
      this.#verdicts.incomplete(this.#verdict)
      return undefined
    }
    return this.#verdict === undefined && this.#held.trim() !== '' ? this.#release() : undefined
  }

  #complete(): void {
    this.#verdict = 'complete'
    this.#answer.completed()
  }

  #release(): void | Promise<void> {
    this.#verdicts.unmarked()
    this.#complete()
    return this.#say(this.#held)
  }

  #say(text: string): void | Promise<void> {
    if (text === '') return undefined
    const said = this.#spaceDue && text.startsWith(' ') ? text.slice(1) : text
    this.#spaceDue = false
    return said === '' ? undefined : this.#answer.say(said)
  }
}
