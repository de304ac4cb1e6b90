import { pcmToBytes, resample } from '@pc/audio'
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

/**
 * English speech recognition by the pocketsphinx that is installed on the machine: one child process an utterance,
 * fed through its standard input, with the next process loading its model meanwhile.
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
    const { signal, sampleRate } = options
    if (!(sampleRate > 0)) {
      throw localError('pocketsphinx', 'invalid-option', `sampleRate must be above 0 Hz, not ${sampleRate}.`)
    }
    const program = await this.located()
    if (this.ended) throw closedError()
    if (signal?.aborted === true) throw signal.reason
    const child = this.warm?.alive === true ? this.warm : new RecognizerProcess(program)
    this.warm = undefined
    this.running.add(child)
    const onAbort = (): void => child.kill(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const limit = this.clock.setTimeout(() => child.kill(this.late()), this.timeoutSecs * 1000, { background: true })
    try {
      return await child.recognize(pcmToBytes(resample(audio, sampleRate, modelRate)))
    } finally {
      limit.cancel()
      signal?.removeEventListener('abort', onAbort)
      this.running.delete(child)
      if (!this.ended) await this.warmUp()
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
