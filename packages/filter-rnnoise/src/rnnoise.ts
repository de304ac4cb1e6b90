/** Samples that RNNoise takes at once: 10 ms at 48 kHz. */
export const FRAME_SAMPLES = 480

/** The rate of RNNoise, Hz. */
export const RNNOISE_RATE = 48_000

/** The network and its memory, shared by all streams of the process. */
export interface RNNoise {
  /** Makes a stream of its own history. */
  open(): RNNoiseStream
}

/** One stream of audio through RNNoise. */
export interface RNNoiseStream {
  /**
   * Replaces a frame of 480 samples, in the range of 16-bit PCM, by the same without noise, 20 ms later. Returns the
   * probability that it holds a voice, 0 to 1.
   */
  process(frame: Float32Array): number
  /** Gives its memory back. */
  close(): void
}

let loaded: Promise<RNNoise> | undefined

/** Loads the network, once per process. It is part of the package: nothing is fetched. */
export function loadRNNoise(): Promise<RNNoise> {
  loaded ??= load()
  // A failure is not kept for the next one.
  loaded.catch(() => (loaded = undefined))
  return loaded
}

async function load(): Promise<RNNoise> {
  const { default: createModule } = await import('@jitsi/rnnoise-wasm/dist/rnnoise-sync.js')
  const wasm = await createModule().ready
  const bytes = FRAME_SAMPLES * Float32Array.BYTES_PER_ELEMENT
  const frameAt = wasm._malloc(bytes)
  return {
    open: () => {
      const state = wasm._rnnoise_create(0)
      let open = true
      return {
        process: (frame) => {
          // The memory may have grown since the last call.
          const start = frameAt / Float32Array.BYTES_PER_ELEMENT
          wasm.HEAPF32.set(frame, start)
          const voice = wasm._rnnoise_process_frame(state, frameAt, frameAt)
          frame.set(wasm.HEAPF32.subarray(start, start + FRAME_SAMPLES))
          return voice
        },
        close: () => {
          if (open) wasm._rnnoise_destroy(state)
          open = false
        },
      }
    },
  }
}
