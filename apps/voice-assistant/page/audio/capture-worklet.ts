import { captureName, captureRateHz, captureSamples } from './capture-protocol.ts'
import { Downsampler } from './downsampler.ts'

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #downsampler = new Downsampler(sampleRate, captureRateHz)
  #block = new Int16Array(captureSamples)
  #filled = 0

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0] ?? []
    const first = channels[0]
    if (first === undefined) return true
    for (const sample of this.#downsampler.push(channels.length === 1 ? first : mixed(channels, first.length))) {
      this.#block[this.#filled++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767)
      if (this.#filled < captureSamples) continue
      this.port.postMessage(this.#block.buffer, [this.#block.buffer])
      this.#block = new Int16Array(captureSamples)
      this.#filled = 0
    }
    return true
  }
}

function mixed(channels: Float32Array[], length: number): Float32Array {
  const mono = new Float32Array(length)
  for (const channel of channels) for (let at = 0; at < length; at++) mono[at] = (mono[at] ?? 0) + (channel[at] ?? 0)
  return mono.map((sample) => sample / channels.length)
}

registerProcessor(captureName, CaptureProcessor)
