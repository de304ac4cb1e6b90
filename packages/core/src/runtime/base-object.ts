import { Emitter, type EventArguments, type EventOfPythonName, type PythonEventName } from './emitter.ts'

let unnamed = 0

/**
 * A thing with a name and typed events, for parts of an application that are no processors.
 *
 * ```ts
 * class Desk extends BaseObject<{ called: [number: string] }> {
 *   ring(number: string) {
 *     this.emit('called', number)
 *   }
 * }
 * ```
 */
export class BaseObject<Events extends object = Record<never, never>> {
  readonly name: string
  readonly #events = new Emitter<Events>()

  constructor(name?: string) {
    this.name = name ?? `${new.target.name}#${++unnamed}`
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof Events>(event: K, listener: (...args: EventArguments<Events, K>) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** The Pipecat spelling: `eventHandler('on_called', fn)`. */
  eventHandler<Name extends PythonEventName<keyof Events & string>, K extends EventOfPythonName<Events, Name>>(
    event: Name,
    listener: (...args: EventArguments<Events, K>) => unknown,
  ): () => void {
    return this.#events.eventHandler(event, listener)
  }

  /** Whether anybody listens; guards the making of costly arguments. */
  protected has(event: keyof Events): boolean {
    return this.#events.has(event)
  }

  /** Calls the listeners of an event. What they throw is theirs. */
  protected emit<K extends keyof Events>(event: K, ...args: EventArguments<Events, K>): void {
    this.#events.emit(event, ...args)
  }
}
