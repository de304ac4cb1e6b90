import { Emitter, type EventArguments, type EventOfPythonName, type PythonEventName } from '../runtime/emitter.ts'
import { PcError } from '../runtime/errors.ts'
import type { BaseInputTransport } from './input-transport.ts'
import type { BaseOutputTransport } from './output-transport.ts'

/** Events of every transport. */
export interface TransportEvents<Client = unknown> {
  /** A client is there and the pipeline runs. */
  clientConnected: [client: Client]
  /** It is gone, of its own will or not. */
  clientDisconnected: [client: Client]
}

/**
 * A way to a client: an input that stands first in a pipeline, and an output that stands behind what speaks.
 *
 * ```ts
 * const pipeline = new Pipeline([transport.input(), stt, llm, tts, transport.output()])
 * transport.on('clientConnected', () => task.queueFrame(new LLMRunFrame()))
 * ```
 */
export abstract class BaseTransport<
  Client = unknown,
  Events extends TransportEvents<Client> = TransportEvents<Client>,
> {
  readonly #events = new Emitter<Events>((error, event) => this.#listenerFailed(error, event))
  #input: BaseInputTransport | undefined = undefined
  #output: BaseOutputTransport | undefined = undefined

  protected abstract createInput(): BaseInputTransport
  protected abstract createOutput(): BaseOutputTransport

  /** Ends the connection from this side. */
  abstract stop(): Promise<void>

  /** The processor that takes what the client sends; always the same one. */
  input(): BaseInputTransport {
    return (this.#input ??= this.createInput())
  }

  /** The processor that sends to the client; always the same one. */
  output(): BaseOutputTransport {
    return (this.#output ??= this.createOutput())
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof Events>(event: K, listener: (...args: EventArguments<Events, K>) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** The Pipecat spelling of {@link on}: `eventHandler('on_client_connected', fn)`. */
  eventHandler<Name extends PythonEventName<keyof Events & string>, K extends EventOfPythonName<Events, Name>>(
    event: Name,
    listener: (...args: EventArguments<Events, K>) => unknown,
  ): () => void {
    return this.#events.eventHandler(event, listener as never)
  }

  /** Calls the listeners of an event. */
  protected emit<K extends keyof Events>(event: K, ...args: EventArguments<Events, K>): void {
    this.#events.emit(event, ...args)
  }

  #listenerFailed(error: unknown, event: string): void {
    const message = `A listener of the transport for ${event} failed.`
    this.input().pushError(new PcError(message, { code: 'listener-failed', kind: 'internal', cause: error }))
  }
}
