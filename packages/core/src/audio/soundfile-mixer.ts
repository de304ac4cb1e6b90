import { decodeWav, resample, toMono } from '@pc/audio'
import type { MixerControlFrame } from '../frames/audio-control.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import type { AudioMixer } from '../transport/audio-parts.ts'
import { AudioMixerProcessor } from './audio-mixer-processor.ts'

/** A sound: the bytes of a WAV file, or samples with their rate; a function brings it when the mixer starts. */
export type SoundSource = SoundData | (() => SoundData | Promise<SoundData>)

/** The bytes of a WAV file, or samples. */
export type SoundData =
  | Uint8Array
  | {
      readonly audio: Int16Array
      /** Hz. */
      readonly sampleRate: number
      /** Interleaved; several are mixed to one. Default 1. */
      readonly numChannels?: number | undefined
    }

/** The options of {@link SoundfileMixer}. */
export interface SoundfileMixerOptions {
  /** The sounds by name; any rate, they are converted when the mixer starts. */
  readonly soundFiles: Readonly<Record<string, SoundSource>>
  /** The sound it starts with. Default: the first. */
  readonly defaultSound?: string | undefined
  /** Factor, 0 to 1. Default 0.4. */
  readonly volume?: number | undefined
  /** Whether a sound begins again at its end. Default true. */
  readonly loop?: boolean | undefined
  /** Whether it is on at the start. Default true; hold music is switched on when it is due. */
  readonly mixing?: boolean | undefined
}

/** How fast the background comes and goes, seconds: no clicks. */
const FADE_SECS = 0.02

/**
 * Plays one of several sounds behind everything that goes out: an office, or music on hold. While it is off it is
 * silent and keeps its place.
 *
 * `MixerEnableFrame` switches it, `MixerUpdateSettingsFrame({ sound, volume, loop })` changes it; another sound begins
 * at its beginning.
 *
 * ```ts
 * const audioOutMixer = new SoundfileMixer({ soundFiles: { office: () => readFile('office.wav') } })
 * ```
 *
 * @throws PcError `sound-mixer` without a sound, for an unknown sound and for a volume outside 0 to 1.
 */
export class SoundfileMixer implements AudioMixer {
  readonly #files: Readonly<Record<string, SoundSource>>
  readonly #sounds = new Map<string, Int16Array>()
  #channels = 1
  #fadeStep = 1
  #sound: string
  #volume: number
  #loop: boolean
  #mixing: boolean
  #position = 0
  /** The gain now, on its way to the one that is due. */
  #gain = 0

  constructor(options: SoundfileMixerOptions) {
    this.#files = options.soundFiles
    const [first] = Object.keys(options.soundFiles)
    if (first === undefined) throw invalid('soundFiles names no sound; pass at least one.')
    this.#sound = this.#known(options.defaultSound ?? first)
    this.#volume = volumeOf(options.volume ?? 0.4)
    this.#loop = options.loop ?? true
    this.#mixing = options.mixing ?? true
    this.#gain = this.#target
  }

  /** @throws PcError or AudioError when a sound cannot be had or read. */
  async start(sampleRate: number, channels = 1): Promise<void> {
    this.#channels = channels
    this.#fadeStep = 1 / (FADE_SECS * sampleRate)
    this.#position = 0
    for (const [name, source] of Object.entries(this.#files)) this.#sounds.set(name, await load(source, sampleRate))
  }

  mix(audio: Int16Array): Int16Array {
    const target = this.#target
    const sound = this.#sounds.get(this.#sound)
    if (sound === undefined || sound.length === 0 || (target === 0 && this.#gain === 0)) return audio
    const mixed = new Int16Array(audio.length)
    for (let i = 0; i < audio.length;) {
      this.#fade(target)
      const background = this.#next(sound) * this.#gain
      for (let channel = 0; channel < this.#channels; channel++, i++) {
        mixed[i] = Math.max(-32_768, Math.min(32_767, Math.round(audio[i]! + background)))
      }
    }
    return mixed
  }

  /** What the player dropped will be played again. */
  rewind(samples: number): void {
    const length = this.#sounds.get(this.#sound)?.length ?? 0
    if (length === 0 || this.#target === 0) return
    const position = this.#position - samples
    this.#position = this.#loop ? ((position % length) + length) % length : Math.max(0, position)
  }

  /** @throws PcError `sound-mixer` for a setting that is none, or an unknown sound; nothing is changed then. */
  processFrame(frame: MixerControlFrame): void {
    if (frame.type === 'MixerEnableFrame') {
      this.#mixing = frame.enable
      return
    }
    const { sound, volume, loop } = frame.settings
    if (sound !== undefined && typeof sound !== 'string') throw invalid('sound must be the name of a sound.')
    if (volume !== undefined && typeof volume !== 'number') throw invalid('volume must be a number from 0 to 1.')
    if (loop !== undefined && typeof loop !== 'boolean') throw invalid('loop must be true or false.')
    const next = sound === undefined ? this.#sound : this.#known(sound)
    this.#volume = volume === undefined ? this.#volume : volumeOf(volume)
    this.#loop = loop ?? this.#loop
    if (next !== this.#sound) this.#position = 0
    this.#sound = next
  }

  stop(): void {
    this.#sounds.clear()
  }

  /** Mixes into the audio that passes where it stands in a list. */
  toProcessor(): FrameProcessor {
    return new AudioMixerProcessor(this)
  }

  get #target(): number {
    return this.#mixing ? this.#volume : 0
  }

  #fade(target: number): void {
    if (this.#gain < target) this.#gain = Math.min(target, this.#gain + this.#fadeStep)
    else if (this.#gain > target) this.#gain = Math.max(target, this.#gain - this.#fadeStep)
  }

  #next(sound: Int16Array): number {
    if (this.#position >= sound.length) {
      if (!this.#loop) return 0
      this.#position = 0
    }
    return sound[this.#position++]!
  }

  #known(sound: string): string {
    if (Object.hasOwn(this.#files, sound)) return sound
    throw invalid(`There is no sound "${sound}": soundFiles has ${Object.keys(this.#files).join(', ')}.`)
  }
}

async function load(source: SoundSource, sampleRate: number): Promise<Int16Array> {
  const data = typeof source === 'function' ? await source() : source
  if (data instanceof Uint8Array) {
    const wav = decodeWav(data)
    return resample(toMono(wav.pcm, wav.channels), wav.sampleRate, sampleRate)
  }
  return resample(toMono(data.audio, data.numChannels ?? 1), data.sampleRate, sampleRate)
}

function volumeOf(volume: number): number {
  if (volume >= 0 && volume <= 1) return volume
  throw invalid(`volume is ${volume}; pass 0 to 1.`)
}

function invalid(message: string): PcError {
  return new PcError(message, { code: 'sound-mixer', kind: 'config' })
}
