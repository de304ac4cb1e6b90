// The part of AudioWorkletGlobalScope that the worklets use; TypeScript's dom library leaves it out.
interface AudioWorkletProcessor {
  readonly port: MessagePort
}

declare const AudioWorkletProcessor: {
  prototype: AudioWorkletProcessor
  new (): AudioWorkletProcessor
}

declare const currentTime: number
declare const sampleRate: number

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void
