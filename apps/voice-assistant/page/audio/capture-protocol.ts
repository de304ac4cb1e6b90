/** Rate the server hears at. */
export const captureRateHz = 16_000

/** Samples in one message to the server: 16 ms. */
export const captureSamples = 256

/** Name the microphone's worklet is registered under. */
export const captureName = 'pc-capture'
