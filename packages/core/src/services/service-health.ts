import type { PcError } from '../runtime/errors.ts'

/** Whether a service can work. A permanent error ends that until its settings change or it is set usable again. */
export class ServiceHealth {
  readonly #onChange: (usable: boolean) => void
  #usable = true

  constructor(onChange: (usable: boolean) => void) {
    this.#onChange = onChange
  }

  get usable(): boolean {
    return this.#usable
  }

  /** Tells the listener of transitions only. */
  set(usable: boolean): void {
    if (this.#usable === usable) return
    this.#usable = usable
    this.#onChange(usable)
  }

  /** Draws the consequence of an error; call it before the error is reported. */
  judge(error: PcError): void {
    if (error.permanent) this.set(false)
  }
}
