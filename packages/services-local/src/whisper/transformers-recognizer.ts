import { pcmToFloat, resample } from '@pc/audio'
import type { PcError } from '@pc/core'
import { localError } from '../local-error.ts'
import { readProgress, readTranscript, readTransformers } from './transformers-module.ts'
import type { Transcriber, TransformersModule } from './transformers-module.ts'

/** How far the download of one file of a model is. */
export interface DownloadProgress {
  file: string
  loadedBytes: number
  totalBytes: number
}

/** Options of {@link TransformersRecognizer}. */
export interface TransformersOptions {
  /** Name of the model at huggingface.co, or of its folder in `modelFolder`. Default `onnx-community/moonshine-base-ONNX`. */
  model?: string
  /** Folder that holds models by name (`<modelFolder>/<model>/config.json`). With it nothing is ever downloaded. */
  modelFolder?: string
  /** Number format of the weights, such as `q8` or `fp32`. Default: the package's own choice. */
  dtype?: string
  /** Language of the speech, for models of many languages. */
  language?: string
  /** Called while files of the model are downloaded. */
  onDownload?: (progress: DownloadProgress) => void
  /** Gives the module `@huggingface/transformers`. Default: imports it when it is first needed. */
  loadModule?: () => Promise<unknown>
}

/** The model that is used when none is named. */
export const defaultTransformersModel = 'onnx-community/moonshine-base-ONNX'

const packageName = '@huggingface/transformers'
const modelRate = 16_000

/**
 * Speech recognition by a Whisper or Moonshine model in this process, through the optional peer package
 * `@huggingface/transformers`. The package and the model are loaded with the first utterance, or by `warmUp`.
 */
export class TransformersRecognizer {
  private readonly options: TransformersOptions
  private readonly model: string
  private transcriber: Promise<Transcriber> | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(options: TransformersOptions = {}) {
    this.options = options
    this.model = options.model ?? defaultTransformersModel
  }

  /**
   * Loads the package and the model. Rejects with a `PcError` of code `package-missing`, `model-missing` or
   * `download-failed`; the next call tries again.
   */
  async warmUp(): Promise<void> {
    await this.loaded()
  }

  /**
   * Writes down one utterance of mono signed 16 bit samples at `sampleRate` Hz. Utterances run one after the other;
   * a run cannot be stopped, so an abort rejects at once with the signal's reason and throws the result away.
   * Rejects as `warmUp` does, and with `engine-failed` when the model failed.
   */
  async recognize(audio: Int16Array, options: { sampleRate: number; signal?: AbortSignal }): Promise<string> {
    const { signal, sampleRate } = options
    signal?.throwIfAborted()
    const turn = this.last.then(async () => {
      const transcriber = await this.loaded()
      return signal?.aborted === true ? '' : await this.run(transcriber, audio, sampleRate)
    })
    this.last = turn.catch(() => undefined)
    return await orAbort(turn, signal)
  }

  private async run(transcriber: Transcriber, audio: Int16Array, sampleRate: number): Promise<string> {
    const { language } = this.options
    const samples = pcmToFloat(resample(audio, sampleRate, modelRate))
    let result: unknown
    try {
      result = await transcriber(samples, language === undefined ? {} : { language })
    } catch (error) {
      throw localError('transformers', 'engine-failed', `The model ${this.model} failed: ${reasonOf(error)}`, error)
    }
    const text = readTranscript(result)
    if (text !== undefined) return text.trim()
    throw localError('transformers', 'engine-failed', `The model ${this.model} gave a result without a text.`)
  }

  private loaded(): Promise<Transcriber> {
    if (this.transcriber === undefined) {
      const loading = this.load()
      loading.catch(() => {
        if (this.transcriber === loading) this.transcriber = undefined
      })
      this.transcriber = loading
    }
    return this.transcriber
  }

  private async load(): Promise<Transcriber> {
    const { modelFolder, dtype, onDownload } = this.options
    const transformers = await this.module()
    if (modelFolder !== undefined) transformers.env.localModelPath = modelFolder
    try {
      return await transformers.pipeline('automatic-speech-recognition', this.model, {
        ...(modelFolder !== undefined && { local_files_only: true }),
        ...(dtype !== undefined && { dtype }),
        progress_callback: (info) => {
          const progress = readProgress(info)
          if (progress !== undefined) onDownload?.(progress)
        },
      })
    } catch (error) {
      throw this.loadError(error)
    }
  }

  private async module(): Promise<TransformersModule> {
    const { loadModule } = this.options
    let loaded: unknown
    try {
      loaded = await (loadModule === undefined ? import(packageName) : loadModule())
    } catch (error) {
      throw localError(
        'transformers',
        'package-missing',
        `The optional package ${packageName} could not be loaded (${reasonOf(error)}). Install it with ` +
          `"npm install ${packageName}", or use another recognizer.`,
        error,
      )
    }
    const transformers = readTransformers(loaded)
    if (transformers !== undefined) return transformers
    const message = `The package ${packageName} has no pipeline function and env object; install version 4.`
    throw localError('transformers', 'package-missing', message)
  }

  private loadError(error: unknown): PcError {
    const { modelFolder } = this.options
    const reason = reasonOf(error)
    if (modelFolder !== undefined) {
      return localError(
        'transformers',
        'model-missing',
        `The model ${this.model} could not be loaded from the folder ${modelFolder} (${reason}). Put its files into ` +
          `${modelFolder}/${this.model}, or leave modelFolder out to let ${packageName} download it.`,
        error,
      )
    }
    return localError(
      'transformers',
      'download-failed',
      `The model ${this.model} could not be loaded from huggingface.co (${reason}). Check the network, or put the ` +
        `files of the model into <folder>/${this.model} and pass modelFolder: '<folder>'.`,
      error,
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
