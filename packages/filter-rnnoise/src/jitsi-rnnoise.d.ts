declare module '@jitsi/rnnoise-wasm/dist/rnnoise-sync.js' {
  /** RNNoise as compiled by Emscripten; pointers are byte offsets. */
  interface RNNoiseModule {
    readonly HEAPF32: Float32Array
    _malloc(bytes: number): number
    _free(pointer: number): void
    _rnnoise_create(model: number): number
    _rnnoise_destroy(state: number): void
    _rnnoise_process_frame(state: number, output: number, input: number): number
  }
  // oxlint-disable-next-line import/no-default-export -- the package has it so
  export default function createModule(): { readonly ready: Promise<RNNoiseModule> }
}
