/** What the listeners of an event receive: events map names to tuples of arguments. */
export type EventArguments<Events, K extends keyof Events> = Events[K] extends readonly unknown[] ? Events[K] : never

type Listener = (...args: never[]) => unknown

/**
 * A typed emitter. Listeners are called in line; what they throw or reject with goes to `onListenerError` and never
 * to the emitter's caller.
 */
export class Emitter<Events extends object> {
  #listeners: Map<keyof Events, Set<Listener>> | undefined = undefined
  readonly #onError: (error: unknown, event: string) => void

  constructor(onListenerError: (error: unknown, event: string) => void = () => {}) {
    this.#onError = onListenerError
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof Events>(event: K, listener: (...args: EventArguments<Events, K>) => unknown): () => void {
    this.#listeners ??= new Map()
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Adds a listener that is called once. */
  once<K extends keyof Events>(event: K, listener: (...args: EventArguments<Events, K>) => unknown): () => void {
    const remove = this.on(event, (...args) => {
      remove()
      return listener(...args)
    })
    return remove
  }

  /** Whether anybody listens; guards the making of costly arguments. */
  has(event: keyof Events): boolean {
    return (this.#listeners?.get(event)?.size ?? 0) > 0
  }

  /** Calls the listeners of an event in the order they were added. */
  emit<K extends keyof Events>(event: K, ...args: EventArguments<Events, K>): void {
    const listeners = this.#listeners?.get(event)
    if (!listeners) return
    for (const listener of listeners) {
      try {
        const result = (listener as (...values: EventArguments<Events, K>) => unknown)(...args)
        if (result instanceof Promise) result.catch((error: unknown) => this.#onError(error, String(event)))
      } catch (error) {
        this.#onError(error, String(event))
      }
    }
  }

  /**
   * The Pipecat spelling: `eventHandler('on_client_connected', fn)` is `on('clientConnected', fn)`. Returns the
   * remover.
   */
  eventHandler<Name extends PythonEventName<keyof Events & string>, K extends EventOfPythonName<Events, Name>>(
    event: Name,
    listener: (...args: EventArguments<Events, K>) => unknown,
  ): () => void {
    return this.on(camelCase(event) as K, listener)
  }
}

type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : ''

/** The event that a Pipecat spelling means. */
export type EventOfPythonName<Events, Name extends string> = {
  [K in keyof Events & string]: PythonEventName<K> extends Name ? K : never
}[keyof Events & string]

/** `clientConnected` as `on_client_connected`. */
export type PythonEventName<K extends string> = `on_${Snake<K>}`

function camelCase(event: string): string {
  return event.replace(/^on_/, '').replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
