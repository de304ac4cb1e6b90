import { TTSService } from '@pc/core'
import type { PipelineSetup, SynthesisOptions, TTSEvent, TTSServiceOptions } from '@pc/core'
import { requireEnglish } from '../english-only.ts'
import { checkedVoice, sharedFliteSpeech } from './flite-speech.ts'
import type { FliteSpeech, FliteVoice } from './flite-speech.ts'

/** Options of {@link FliteTTSService}, beside those of every synthesis service. */
export interface FliteTTSServiceOptions extends TTSServiceOptions {
  /** Voice to speak with, the same as `settings.voice`. Default `rms`. */
  voice?: FliteVoice | undefined
  /** The synthesizer to use. Default: the one that the whole process shares. */
  speech?: FliteSpeech | undefined
}

/** Length of the pieces of audio, in seconds. */
const chunkSecs = 0.1
/** What a sentence costs on a virtual clock, in milliseconds. */
const sentenceCostMs = 40

/**
 * English speech by flite on this machine, with the true time of every word. Of the settings it reads `voice`, `speed`
 * (0.5 to 3) and `language`, which has to be English.
 *
 * @throws PcError `invalid-option` for a voice that does not exist.
 */
export class FliteTTSService extends TTSService {
  readonly #speech: FliteSpeech | undefined

  constructor(options: FliteTTSServiceOptions = {}) {
    const { voice = 'rms', speech, settings, ...rest } = options
    super({ ...rest, settings: { model: 'flite', voice, ...settings } })
    checkedVoice(this.settings.voice ?? voice)
    this.#speech = speech
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#speechOrShared().warmUp()
    return super.onSetup(setup)
  }

  override async *synthesize(text: string, options: SynthesisOptions): AsyncGenerator<TTSEvent, void, undefined> {
    const { signal, settings } = options
    requireEnglish('flite', settings.language)
    const work = this.#speechOrShared().speak(text, {
      voice: checkedVoice(settings.voice ?? 'rms'),
      signal,
      ...(settings.speed !== undefined && { speed: settings.speed }),
    })
    const { audio, sampleRate, words } = await this.runtime.clock.hold(work, sentenceCostMs)
    for (const word of words) yield { type: 'word', text: word.text, startUs: Math.round(word.startSecs * 1_000_000) }
    const chunk = sampleRate * chunkSecs
    for (let from = 0; from < audio.length; from += chunk) {
      yield { type: 'audio', audio: audio.subarray(from, from + chunk), sampleRate }
    }
  }

  #speechOrShared(): FliteSpeech {
    return this.#speech ?? sharedFliteSpeech()
  }
}
