import type { DownloadProgress } from './transformers-recognizer.ts'

/** A loaded speech model: 16 kHz samples from -1 to 1 in, an object with `text` out. @internal */
export type Transcriber = (samples: Float32Array, options: { language?: string }) => Promise<unknown>

/** The parts of `@huggingface/transformers` that are used here. @internal */
export interface TransformersModule {
  env: { localModelPath?: string }
  pipeline(
    task: 'automatic-speech-recognition',
    model: string,
    options: { local_files_only?: boolean; dtype?: string; progress_callback: (info: unknown) => void },
  ): Promise<Transcriber>
}

/** A module, if it has the parts that are used here. @internal */
export function readTransformers(loaded: unknown): TransformersModule | undefined {
  return isTransformers(loaded) ? loaded : undefined
}

function isTransformers(loaded: unknown): loaded is TransformersModule {
  if (typeof loaded !== 'object' || loaded === null) return false
  const env: unknown = Reflect.get(loaded, 'env')
  return typeof Reflect.get(loaded, 'pipeline') === 'function' && typeof env === 'object' && env !== null
}

/** The words in a result of a speech model. @internal */
export function readTranscript(result: unknown): string | undefined {
  const first: unknown = Array.isArray(result) ? result[0] : result
  const text: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'text') : undefined
  return typeof text === 'string' ? text : undefined
}

/** The progress of one file, if the report is about that. @internal */
export function readProgress(info: unknown): DownloadProgress | undefined {
  if (typeof info !== 'object' || info === null || Reflect.get(info, 'status') !== 'progress') return undefined
  const file: unknown = Reflect.get(info, 'file')
  const loaded: unknown = Reflect.get(info, 'loaded')
  const total: unknown = Reflect.get(info, 'total')
  if (typeof file !== 'string' || typeof loaded !== 'number' || typeof total !== 'number') return undefined
  return { file, loadedBytes: loaded, totalBytes: total }
}
