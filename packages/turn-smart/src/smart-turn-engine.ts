import { Worker } from 'node:worker_threads'
import { reasonOf, smartTurnError } from './smart-turn-error.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-messages.ts'

interface Job {
  readonly request: WorkerRequest
  readonly settle: (answer: WorkerAnswer) => void
}

/**
 * Runs models in one worker thread, one segment after the other. The thread starts with the first request, and never
 * keeps the process alive by itself. A thread that dies fails the request it worked on; the next starts another.
 */
export class SmartTurnEngine {
  readonly #workerUrl: URL
  readonly #waiting: Job[] = []
  #worker: Worker | undefined = undefined
  #current: Job | undefined = undefined

  /** @param workerUrl - for tests: another program for the thread */
  constructor(workerUrl: URL = new URL(`./smart-turn-worker.${extensionHere()}`, import.meta.url)) {
    this.#workerUrl = workerUrl
  }

  /**
   * Makes a model ready, which later requests then find so.
   *
   * @throws PcError `onnxruntime-missing`, `model-missing` or `model-invalid`.
   */
  async load(modelPath: string): Promise<void> {
    await this.#ask({ modelPath })
  }

  /**
   * The probability that a segment is a complete turn. An abort rejects at once with the signal's reason; a segment
   * that still waits for the thread then never reaches it.
   *
   * @param samples - 16 kHz mono; its memory goes to the thread
   * @throws PcError as {@link load} does, and `analysis-failed`.
   */
  predict(modelPath: string, samples: Int16Array<ArrayBuffer>, signal?: AbortSignal): Promise<number> {
    return this.#ask({ modelPath, samples }, signal)
  }

  async #ask(request: WorkerRequest, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(job)
        if (at >= 0) this.#waiting.splice(at, 1)
        // Nobody waits for what the thread still does.
        else this.#worker?.unref()
        reject(signal?.reason)
      }
      const job: Job = {
        request,
        settle: (answer) => {
          signal?.removeEventListener('abort', onAbort)
          if ('probability' in answer) resolve(answer.probability)
          else reject(failureOf(answer, request.modelPath))
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(job)
      this.#next()
    })
  }

  #next(): void {
    if (this.#current !== undefined) return
    this.#current = this.#waiting.shift()
    if (this.#current === undefined) {
      this.#worker?.unref()
      return
    }
    const { request } = this.#current
    const worker = (this.#worker ??= this.#start())
    worker.ref()
    worker.postMessage(request, request.samples ? [request.samples.buffer] : [])
  }

  #start(): Worker {
    // The thread needs no option of the process, and some, such as --input-type, would stop it.
    const worker = new Worker(this.#workerUrl, { name: 'smart-turn', execArgv: [] })
    worker.on('message', (answer: WorkerAnswer) => this.#settle(answer))
    worker.on('error', (error) => this.#lose(worker, reasonOf(error)))
    worker.on('exit', (code) => this.#lose(worker, `its thread ended with exit code ${code}`))
    return worker
  }

  #lose(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    this.#settle({ failure: 'analysis-failed', reason })
  }

  #settle(answer: WorkerAnswer): void {
    const job = this.#current
    this.#current = undefined
    job?.settle(answer)
    this.#next()
  }
}

let shared: SmartTurnEngine | undefined

/** The engine that all sessions of the process share. */
export function sharedSmartTurnEngine(): SmartTurnEngine {
  shared ??= new SmartTurnEngine()
  return shared
}

function extensionHere(): 'ts' | 'js' {
  return import.meta.url.endsWith('.ts') ? 'ts' : 'js'
}

function failureOf(
  { failure, reason }: Extract<WorkerAnswer, { failure: unknown }>,
  modelPath: string,
): ReturnType<typeof smartTurnError> {
  switch (failure) {
    case 'onnxruntime-missing':
      return smartTurnError(
        failure,
        `Smart Turn needs the optional package onnxruntime-node, which does not load here (${reason}). Install it with ` +
          '"npm install onnxruntime-node", or end turns after silence instead.',
      )
    case 'model-missing':
      return smartTurnError(
        failure,
        `The Smart Turn model cannot be read: ${reason}. Pass the path of smart-turn-v3.2-cpu.onnx as modelPath, or ` +
          'leave modelPath out to have the file fetched.',
      )
    case 'model-invalid':
      return smartTurnError(failure, `${modelPath} is not a Smart Turn v3 model: ${reason}.`)
    case 'analysis-failed':
      return smartTurnError(failure, `Smart Turn could not judge a turn: ${reason}.`)
  }
}
