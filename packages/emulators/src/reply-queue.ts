/** What an endpoint answers: queued replies first, then a function, then a built-in default. */
export class ReplyQueue<Request, Reply> {
  readonly #fallback: (request: Request) => Reply
  #queue: Reply[] = []
  #responder: ((request: Request) => Reply) | undefined

  constructor(fallback: (request: Request) => Reply) {
    this.#fallback = fallback
  }

  /** Queues answers, one for each request to come. */
  push(replies: readonly Reply[]): void {
    this.#queue.push(...replies)
  }

  /** Answers requests for which nothing is queued. */
  respond(responder: (request: Request) => Reply): void {
    this.#responder = responder
  }

  take(request: Request): Reply {
    return this.#queue.shift() ?? (this.#responder ?? this.#fallback)(request)
  }

  /** The next queued answer, without asking the function or the default. */
  takeQueued(): Reply | undefined {
    return this.#queue.shift()
  }

  clear(): void {
    this.#queue = []
    this.#responder = undefined
  }
}
