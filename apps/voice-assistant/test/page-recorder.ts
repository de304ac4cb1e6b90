import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** What the page played. */
export interface Recording {
  /** Mono, signed 16 bit. */
  readonly samples: Int16Array
  readonly sampleRate: number
  /** When the first sample was rendered, milliseconds since 1970. */
  readonly startMs: number
}

const workletPath = 'test-recorder.js'

/** Runs beside the sound: sends what flows into it to the page, in blocks. */
const worklet = `
registerProcessor('test-recorder', class extends AudioWorkletProcessor {
  #block = new Float32Array(2048)
  #filled = 0
  #frame = 0
  process([[input]]) {
    if (this.#filled === 0) this.#frame = currentFrame
    if (input !== undefined) this.#block.set(input, this.#filled)
    this.#filled += 128
    if (this.#filled < this.#block.length) return true
    this.port.postMessage({ frame: this.#frame, samples: this.#block.slice() })
    this.#block.fill(0)
    this.#filled = 0
    return true
  }
})`

/**
 * Runs in the page before its own code: whatever is connected to the speakers is recorded as well. The clock of the
 * sound runs in steps, so the earliest of many readings says when a sample was rendered.
 */
const tap = `
(() => {
  const connect = AudioNode.prototype.connect
  const recording = { blocks: [], sampleRate: 0, zeroMs: Infinity }
  window.testRecording = recording
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) record(this, target.context)
    return connect.call(this, target, ...rest)
  }
  const record = async (node, context) => {
    await context.audioWorklet.addModule('${workletPath}')
    const recorder = new AudioWorkletNode(context, 'test-recorder', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' })
    recorder.port.onmessage = ({ data }) => {
      recording.blocks.push(data)
      recording.zeroMs = Math.min(recording.zeroMs, performance.timeOrigin + performance.now() - context.currentTime * 1000)
    }
    recording.blocks = []
    recording.sampleRate = context.sampleRate
    recording.zeroMs = Infinity
    connect.call(node, recorder)
  }
})()`

/** Reads the recording out of the page as text: a page hands over nothing else as fast. */
const readOut = `
(() => {
  const { blocks, sampleRate, zeroMs } = window.testRecording
  const first = blocks[0]?.frame ?? 0
  const last = blocks.at(-1)
  const samples = new Int16Array(last === undefined ? 0 : last.frame - first + last.samples.length)
  for (const block of blocks) block.samples.forEach((sample, at) => {
    samples[block.frame - first + at] = Math.round(Math.max(-1, Math.min(1, sample)) * 32767)
  })
  const bytes = new Uint8Array(samples.buffer)
  let text = ''
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768))
  return { text: btoa(text), sampleRate, startMs: zeroMs + (first / sampleRate) * 1000 }
})()`

/** Copies a built page to `folder` and puts the recorder beside it, for its content policy allows its own origin only. */
export async function copyPageWithRecorder(built: string, folder: string): Promise<void> {
  await cp(built, folder, { recursive: true })
  await writeFile(join(folder, workletPath), worklet)
}

/** Records what a page plays. Call it before the page is opened. */
export async function recordPage(page: Page): Promise<void> {
  await page.addInitScript(tap)
}

/** What the page has played so far. */
export async function recordingOf(page: Page): Promise<Recording> {
  const { text, sampleRate, startMs } = await page.evaluate<{
    text: string
    sampleRate: number
    startMs: number
  }>(readOut)
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return { samples: new Int16Array(bytes.buffer), sampleRate, startMs }
}

/** A stretch of sound between silences. */
export interface Sound {
  readonly samples: Int16Array
  readonly startMs: number
  readonly endMs: number
}

/** The stretches of sound in a recording, parted where nothing was played for `gapSecs`. */
export function soundsOf({ samples, sampleRate, startMs }: Recording, gapSecs = 0.7): Sound[] {
  const sounds: Sound[] = []
  const gap = gapSecs * sampleRate
  const msOf = (sample: number): number => startMs + (sample / sampleRate) * 1000
  let first = -1
  let last = -1
  const close = (): void => {
    if (first < 0) return
    sounds.push({
      samples: samples.subarray(first, last + 1),
      startMs: msOf(first),
      endMs: msOf(last + 1),
    })
  }
  samples.forEach((sample, index) => {
    if (sample === 0) return
    if (first < 0 || index - last > gap) {
      close()
      first = index
    }
    last = index
  })
  close()
  return sounds
}
