import type { ServerMessages } from './messages.ts'

/** What an observer needs of the processor that speaks with the client. */
export interface RTVILink {
  /** Sends a message to the client. */
  send<K extends keyof ServerMessages>(type: K, data: ServerMessages[K], id?: string): void
  /** The major version of the protocol that the client speaks. */
  readonly clientMajor: 1 | 2
  /** The client said that it reports what its player has played. */
  readonly clientReportsPlayout: boolean
  /** The function of this name runs in the client, so the client must get its name and arguments. */
  runsInClient(functionName: string): boolean
}
