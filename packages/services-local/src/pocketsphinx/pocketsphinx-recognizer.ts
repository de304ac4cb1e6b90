import { pcmToBytes, StreamResampler } from '@pc/audio'
import { SystemClock } from '@pc/core'
import type { Clock, PcError } from '@pc/core'
import { localError } from '../local-error.ts'
import { findRecognizer } from './find-recognizer.ts'
import type { RecognizerProgram } from './find-recognizer.ts'
import { RecognizerProcess } from './recognizer-process.ts'

/** Options of {@link PocketsphinxRecognizer}. */
export interface PocketsphinxOptions {
  /** The program to run. Default: what {@link findRecognizer} finds. */
  program?: RecognizerProgram
  /** Finds the program when none is given. Default {@link findRecognizer}. */
  findProgram?: () => Promise<RecognizerProgram | undefined>
  /** Longest time one utterance may take. Default 20. */
  timeoutSecs?: number
  /**
   * Keep one process ready with its model loaded, about 100 MB, so that an answer takes the time of the decoding
   * alone. Default true.
   */
  keepWarm?: boolean
  /** Measures `timeoutSecs`. Default real time. */
  clock?: Pick<Clock, 'setTimeout'>
}

/** Options of one utterance. */
export interface RecognizeOptions {
  /** Of the samples, in Hz. */
  sampleRate: number
  signal?: AbortSignal
}

const modelRate = 16_000

/** An utterance that is recognised while it is spoken; {@link PocketsphinxRecognizer.open} begins one. */
export interface OpenUtterance {
  /** Takes the next samples. */
  write(audio: Int16Array): void
  /** The utterance is over: resolves or rejects as {@link PocketsphinxRecognizer.recognize} does. Call it once. */
  finish(): Promise<string>
}

/**
 * English speech recognition by the pocketsphinx that is installed on the machine: one child process an utterance,
 * fed through its standard input. When an utterance is over, the process for the next one loads its model.
 */
export class PocketsphinxRecognizer {
  private readonly timeoutSecs: number
  private readonly keepWarm: boolean
  private readonly clock: Pick<Clock, 'setTimeout'>
  private readonly findProgram: () => Promise<RecognizerProgram | undefined>
  private program: RecognizerProgram | undefined
  private warm: RecognizerProcess | undefined
  private readonly running = new Set<RecognizerProcess>()
  private ended = false

  constructor(options: PocketsphinxOptions = {}) {
    this.program = options.program
    this.findProgram = options.findProgram ?? findRecognizer
    this.timeoutSecs = options.timeoutSecs ?? 20
    this.keepWarm = options.keepWarm ?? true
    this.clock = options.clock ?? new SystemClock()
    if (!(this.timeoutSecs > 0)) {
      throw localError('pocketsphinx', 'invalid-option', `timeoutSecs must be above 0, not ${this.timeoutSecs}.`)
    }
  }

  /** Finds the program and loads its model ahead of the first utterance. Rejects with `recognizer-missing`. */
  async warmUp(): Promise<void> {
    const program = await this.located()
    if (this.keepWarm && !this.ended && this.warm?.alive !== true) this.warm = new RecognizerProcess(program)
  }

  /**
   * Writes down one utterance of mono signed 16 bit samples; an empty string when no word was heard.
   * Rejects with the signal's reason when `signal` aborts, else with a `PcError` of code `recognizer-missing` when
   * nothing is installed, `engine-timeout` after `timeoutSecs`, `engine-failed` when the program failed, `closed`
   * after `close`. The child process is ended in each case.
   */
  async recognize(audio: Int16Array, options: RecognizeOptions): Promise<string> {
    const utterance = this.open(options)
    utterance.write(audio)
    return await utterance.finish()
  }

  /**
   * Begins an utterance of mono signed 16 bit samples that is decoded while it is written, so that its end leaves
   * little to do; `timeoutSecs` counts from there. An utterance that is never finished has to be ended by `signal`.
   * What `recognize` rejects with, `finish` rejects with. Throws `invalid-option` for a sample rate that is none.
   */
  open(options: RecognizeOptions): OpenUtterance {
    const { signal, sampleRate } = options
    if (!(sampleRate > 0)) {
      throw localError('pocketsphinx', 'invalid-option', `sampleRate must be above 0 Hz, not ${sampleRate}.`)
    }
    const resampler = new StreamResampler(sampleRate, modelRate)
    const started = this.start(signal)
    // Until the process is there, and in a promise that nobody finishes, a failure waits for `finish`.
    const write = (audio: Int16Array): void =>
      void started.then(
        (child) => child.write(pcmToBytes(audio)),
        () => {},
      )
    return {
      write: (audio) => write(resampler.process(audio)),
      finish: async () => {
        write(resampler.flush())
        const child = await started
        const onLimit = (): void => child.kill(this.late())
        const limit = this.clock.setTimeout(onLimit, this.timeoutSecs * 1000, { background: true })
        try {
          return await child.finish()
        } finally {
          limit.cancel()
        }
      },
    }
  }

  /** Ends all child processes; utterances in work fail with `closed`. May be called twice. */
  close(): void {
    this.ended = true
    this.warm?.kill(closedError())
    this.warm = undefined
    for (const child of this.running) child.kill(closedError())
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** The process for an utterance: the one that waits, or a new one. It is ended by the signal and by `close`. */
  private async start(signal: AbortSignal | undefined): Promise<RecognizerProcess> {
    const program = await this.located()
    if (this.ended) throw closedError()
    if (signal?.aborted === true) throw signal.reason
    const child = this.warm?.alive === true ? this.warm : new RecognizerProcess(program)
    this.warm = undefined
    this.running.add(child)
    child.begin()
    const onAbort = (): void => child.kill(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    void child.gone.then(async () => {
      signal?.removeEventListener('abort', onAbort)
      this.running.delete(child)
      await this.warmUp()
    })
    return child
  }

  private async located(): Promise<RecognizerProgram> {
    this.program ??= await this.findProgram()
    if (this.program !== undefined) return this.program
    throw localError(
      'pocketsphinx',
      'recognizer-missing',
      'No speech recognizer was found: neither pocketsphinx_continuous nor pocketsphinx is on PATH with its English ' +
        'model. Install both (on Debian and Ubuntu: apt-get install pocketsphinx pocketsphinx-en-us), or pass `program`.',
    )
  }

  private late(): PcError {
    const text = `pocketsphinx did not finish an utterance within ${this.timeoutSecs} s and was ended.`
    return localError('pocketsphinx', 'engine-timeout', `${text} Send shorter utterances or raise timeoutSecs.`)
  }
}

function closedError(): PcError {
  return localError('pocketsphinx', 'closed', 'The recognizer was closed; make a new PocketsphinxRecognizer.')
}
