import { Worker } from 'node:worker_threads'
import { decodeWav } from '@pc/audio'
import { SystemClock } from '@pc/core'
import type { Clock, PcError, Timer } from '@pc/core'
import { localError } from '../local-error.ts'
import type { FliteAnswer, FliteRequest } from './flite-worker.ts'
import type { SpokenWord } from './word-times.ts'

/**
 * The voices inside flite, all English: `rms` (US man, the clearest), `slt` (US woman), `awb` (Scottish man), `kal16`
 * and `kal` (US man, older and quicker). All speak at 16 kHz but `kal`, which speaks at 8 kHz.
 */
export const fliteVoices = ['rms', 'slt', 'awb', 'kal16', 'kal'] as const

/** One of {@link fliteVoices}. */
export type FliteVoice = (typeof fliteVoices)[number]

/** Whether a string names a voice of flite. */
export function isFliteVoice(name: string): name is FliteVoice {
  return fliteVoices.some((voice) => voice === name)
}

/** Options of {@link FliteSpeech}. */
export interface FliteSpeechOptions {
  /** Voice of texts that name none. Default `rms`. */
  voice?: FliteVoice
  /** How long one text may take before the worker thread is ended and the text fails. Default 5. */
  timeoutSecs?: number
  /** Measures `timeoutSecs`. Default real time. */
  clock?: Pick<Clock, 'setTimeout'>
}

/** Options of one text. */
export interface SpeakOptions {
  voice?: FliteVoice
  /** How fast, from 0.5 to 3; 1 is the voice's own speed. Default 1. */
  speed?: number
  signal?: AbortSignal
}

/** Synthesised speech. */
export interface SpokenAudio {
  /** Mono samples, signed 16 bit. Empty when nothing in the text can be spoken. */
  audio: Int16Array
  /** In Hz. */
  sampleRate: number
  /** Every white-space separated word of the text with its true place in `audio`. */
  words: SpokenWord[]
}

interface Job {
  request: FliteRequest
  resolve: (spoken: SpokenAudio) => void
  reject: (error: unknown) => void
  /** The caller gave up: the answer is thrown away. */
  abandoned: boolean
}

/**
 * Speech by flite (WebAssembly) in a worker thread of its own, which starts with the first text, works one text after
 * the other, and never keeps the process alive by itself. Give it sentences: a text is spoken as a whole before any
 * of it is returned (about 40 ms a sentence). Use {@link sharedFliteSpeech} unless you need a thread of your own.
 */
export class FliteSpeech {
  private readonly voice: FliteVoice
  private readonly timeoutSecs: number
  private readonly clock: Pick<Clock, 'setTimeout'>
  private readonly queue: Job[] = []
  private worker: Worker | undefined
  private current: Job | undefined
  private limit: Timer | undefined
  private ended = false

  constructor(options: FliteSpeechOptions = {}) {
    this.voice = checkedVoice(options.voice ?? 'rms')
    this.timeoutSecs = options.timeoutSecs ?? 5
    this.clock = options.clock ?? new SystemClock()
    if (!(this.timeoutSecs > 0)) {
      throw localError('flite', 'invalid-option', `timeoutSecs must be above 0, not ${this.timeoutSecs}.`)
    }
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.ended
  }

  /**
   * Speaks a text. Rejects with the signal's reason as soon as `signal` aborts, else with a `PcError` of code
   * `engine-timeout` after `timeoutSecs` of work, `engine-failed` when flite failed, `closed` after `close`,
   * `invalid-option` for an unknown voice or speed.
   */
  async speak(text: string, options: SpeakOptions = {}): Promise<SpokenAudio> {
    const { signal, speed = 1 } = options
    if (!(speed >= 0.5 && speed <= 3))
      throw localError('flite', 'invalid-option', `speed must be from 0.5 to 3, not ${speed}.`)
    const request: FliteRequest = { text, voice: checkedVoice(options.voice ?? this.voice), speed }
    if (this.ended) throw closedError()
    if (signal?.aborted === true) throw signal.reason
    return await new Promise<SpokenAudio>((resolve, reject) => {
      const onAbort = (): void => {
        job.abandoned = true
        const waiting = this.queue.indexOf(job)
        if (waiting >= 0) this.queue.splice(waiting, 1)
        job.reject(signal?.reason)
      }
      const job: Job = {
        request,
        abandoned: false,
        resolve: (spoken) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(spoken)
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.queue.push(job)
      this.next()
    })
  }

  /** Starts the worker thread ahead of the first text, which saves about 100 ms then. */
  warmUp(): void {
    if (!this.ended) this.worker ??= this.start()
  }

  /** Ends the worker thread. Texts that wait or are being spoken fail with `closed`. May be called twice. */
  async close(): Promise<void> {
    this.ended = true
    for (const job of this.queue.splice(0)) job.reject(closedError())
    await this.drop(closedError())
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private next(): void {
    if (this.current !== undefined) return
    const job = this.queue.shift()
    if (job === undefined) {
      this.worker?.unref()
      return
    }
    this.current = job
    const worker = (this.worker ??= this.start())
    worker.ref()
    this.limit = this.clock.setTimeout(() => this.expire(), this.timeoutSecs * 1000, { background: true })
    worker.postMessage(job.request)
  }

  private start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./flite-worker.${extension}`, import.meta.url), {
      name: 'flite',
      // The worker needs no option of the process, and some, such as --input-type, would stop it.
      execArgv: [],
    })
    if (this.current === undefined) worker.unref()
    worker.on('message', (answer: FliteAnswer) => this.settle(worker, answer))
    worker.on('error', (error) => this.fail(worker, error))
    worker.on('exit', (code) => this.fail(worker, new Error(`The flite worker ended with exit code ${code}.`)))
    return worker
  }

  private settle(worker: Worker, answer: FliteAnswer): void {
    const job = this.current
    if (worker !== this.worker || job === undefined) return
    this.release()
    if (!job.abandoned) {
      if ('synthesis' in answer) job.resolve(spokenAudio(answer.synthesis))
      else job.reject(engineError(answer.failure))
    }
    this.next()
  }

  private fail(worker: Worker, cause: unknown): void {
    if (worker !== this.worker) return
    void this.drop(engineError(cause instanceof Error ? cause.message : String(cause), cause))
    if (!this.ended) this.next()
  }

  private expire(): void {
    const text = `flite did not finish a text within ${this.timeoutSecs} s; its worker was restarted. `
    void this.drop(localError('flite', 'engine-timeout', `${text}Speak shorter texts or raise timeoutSecs.`))
    this.next()
  }

  /** Gives up the worker and the text it works on. */
  private async drop(error: PcError): Promise<void> {
    const { worker, current } = this
    this.worker = undefined
    this.release()
    if (current?.abandoned === false) current.reject(error)
    await worker?.terminate()
  }

  private release(): void {
    this.limit?.cancel()
    this.limit = undefined
    this.current = undefined
  }
}

let shared: FliteSpeech | undefined

/** The synthesizer that the whole process shares; made when it is first asked for, made anew after it was closed. */
export function sharedFliteSpeech(): FliteSpeech {
  if (shared === undefined || shared.closed) shared = new FliteSpeech()
  return shared
}

function spokenAudio(synthesis: { wav: Uint8Array; words: SpokenWord[] }): SpokenAudio {
  if (synthesis.wav.length === 0) return { audio: new Int16Array(0), sampleRate: 16_000, words: synthesis.words }
  const { pcm, sampleRate } = decodeWav(synthesis.wav)
  return { audio: pcm, sampleRate, words: synthesis.words }
}

/** A name as a voice. @internal */
export function checkedVoice(name: string): FliteVoice {
  if (isFliteVoice(name)) return name
  throw localError('flite', 'invalid-option', `flite has no voice '${name}'; it has ${fliteVoices.join(', ')}.`)
}

function closedError(): PcError {
  return localError('flite', 'closed', 'The speech synthesizer was closed; make a new FliteSpeech.')
}

function engineError(reason: string, cause?: unknown): PcError {
  return localError('flite', 'engine-failed', `flite failed: ${reason}`, cause)
}
