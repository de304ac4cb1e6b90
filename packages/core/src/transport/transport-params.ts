import { PcError } from '../runtime/errors.ts'
import type { TurnAnalyzer } from '../turns/turn-analyzer.ts'
import type { VADAnalyzer } from '../turns/vad-analyzer.ts'
import type { AudioFilter, AudioMixer } from './audio-parts.ts'

/** The fields of {@link TransportParams}. */
export interface TransportParamsFields {
  /** Whether the user's audio is taken. Default true. */
  audioInEnabled?: boolean | undefined
  /** Hz. Default: the pipeline's `audioInSampleRate`. */
  audioInSampleRate?: number | undefined
  /** Channels of the frames pushed downstream, 1 or as received. Default 1: several are mixed to one. */
  audioInChannels?: number | undefined
  /** Changes the user's audio before anything hears it. */
  audioInFilter?: AudioFilter | undefined
  /** Whether the user's audio is pushed downstream. Default true. */
  audioInPassthrough?: boolean | undefined
  /** Whether the agent's audio is written. Default true. */
  audioOutEnabled?: boolean | undefined
  /** Hz. Default: the pipeline's `audioOutSampleRate`. */
  audioOutSampleRate?: number | undefined
  /** Channels on the wire; mono audio is copied to all of them. Default 1. */
  audioOutChannels?: number | undefined
  /** Background sound for the default track, or by track. */
  audioOutMixer?: AudioMixer | ReadonlyMap<string | undefined, AudioMixer> | undefined
  /** Names of further output tracks. Default none. */
  audioOutDestinations?: readonly string[] | undefined
  /** Silence written at the end, so that a player has time to finish, seconds. Default 2. */
  audioOutEndSilenceSecs?: number | undefined
  /** How far audio is written ahead of its playing, seconds. Default: what the transport needs. */
  audioOutLeadSecs?: number | undefined
  /** Tells speech from other sound; run by a processor behind the input transport. */
  vadAnalyzer?: VADAnalyzer | undefined
  /** Tells from the sound of speech whether the user has finished; the turn processor asks it. */
  turnAnalyzer?: TurnAnalyzer | undefined
}

/** The settings of a transport. A plain object with the same fields does as well. */
export class TransportParams {
  readonly audioInEnabled: boolean
  readonly audioInSampleRate: number | undefined
  readonly audioInChannels: number
  readonly audioInFilter: AudioFilter | undefined
  readonly audioInPassthrough: boolean
  readonly audioOutEnabled: boolean
  readonly audioOutSampleRate: number | undefined
  readonly audioOutChannels: number
  readonly audioOutMixer: AudioMixer | ReadonlyMap<string | undefined, AudioMixer> | undefined
  readonly audioOutDestinations: readonly string[]
  readonly audioOutEndSilenceSecs: number
  readonly audioOutLeadSecs: number | undefined
  readonly vadAnalyzer: VADAnalyzer | undefined
  readonly turnAnalyzer: TurnAnalyzer | undefined

  /** @throws PcError `transport-params` for a channel count or a duration outside its range. */
  constructor(fields: TransportParamsFields = {}) {
    this.audioInEnabled = fields.audioInEnabled ?? true
    this.audioInSampleRate = fields.audioInSampleRate
    this.audioInChannels = channels('audioInChannels', fields.audioInChannels)
    this.audioInFilter = fields.audioInFilter
    this.audioInPassthrough = fields.audioInPassthrough ?? true
    this.audioOutEnabled = fields.audioOutEnabled ?? true
    this.audioOutSampleRate = fields.audioOutSampleRate
    this.audioOutChannels = channels('audioOutChannels', fields.audioOutChannels)
    this.audioOutMixer = fields.audioOutMixer
    this.audioOutDestinations = fields.audioOutDestinations ?? []
    this.audioOutEndSilenceSecs = seconds('audioOutEndSilenceSecs', fields.audioOutEndSilenceSecs ?? 2)
    this.audioOutLeadSecs =
      fields.audioOutLeadSecs === undefined ? undefined : seconds('audioOutLeadSecs', fields.audioOutLeadSecs)
    this.vadAnalyzer = fields.vadAnalyzer
    this.turnAnalyzer = fields.turnAnalyzer
  }
}

function channels(name: string, value = 1): number {
  if (Number.isInteger(value) && value >= 1 && value <= 8) return value
  throw new PcError(`${name} is ${value}; pass 1 to 8.`, { code: 'transport-params', kind: 'config' })
}

function seconds(name: string, value: number): number {
  if (value >= 0 && value <= 60) return value
  throw new PcError(`${name} is ${value}; pass 0 to 60 seconds.`, { code: 'transport-params', kind: 'config' })
}
