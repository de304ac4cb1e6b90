/** What the worker thread is asked, one thing at a time. */
export interface WorkerRequest {
  /** Path of the ONNX file; a session of it is loaded when there is none. */
  readonly modelPath: string
  /** 16 kHz mono audio to judge; without it the model is only made ready. */
  readonly samples?: Int16Array<ArrayBuffer>
}

/** What the worker thread answers. */
export type WorkerAnswer =
  | { readonly probability: number }
  | {
      readonly failure: 'onnxruntime-missing' | 'model-missing' | 'model-invalid' | 'analysis-failed'
      readonly reason: string
    }
