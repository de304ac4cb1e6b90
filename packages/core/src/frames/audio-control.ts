import { defineFrame, Frame } from './frame.ts'

/**
 * New settings for background sound, as a sparse delta; what they mean is the mixer's affair. The output transport acts
 * on it when it arrives, ahead of the audio that it still has to play; an interruption does not drop it.
 */
export class MixerUpdateSettingsFrame extends Frame<'MixerUpdateSettingsFrame'> {
  declare readonly settings: Readonly<Record<string, unknown>>
  constructor(settings: Readonly<Record<string, unknown>>) {
    super()
    this.settings = settings
  }
  static {
    defineFrame(this, 'MixerUpdateSettingsFrame', { sticky: true })
  }
}

/** Switches background sound on or off. */
export class MixerEnableFrame extends Frame<'MixerEnableFrame'> {
  declare readonly enable: boolean
  constructor(enable: boolean) {
    super()
    this.enable = enable
  }
  static {
    defineFrame(this, 'MixerEnableFrame', { sticky: true })
  }
}

/** New settings for audio filters, as a sparse delta; what they mean is the filter's affair. */
export class FilterUpdateSettingsFrame extends Frame<'FilterUpdateSettingsFrame'> {
  declare readonly settings: Readonly<Record<string, unknown>>
  constructor(settings: Readonly<Record<string, unknown>>) {
    super()
    this.settings = settings
  }
  static {
    defineFrame(this, 'FilterUpdateSettingsFrame', { sticky: true })
  }
}

/** Switches audio filters on or off; one that is off lets audio pass unchanged. */
export class FilterEnableFrame extends Frame<'FilterEnableFrame'> {
  declare readonly enable: boolean
  constructor(enable: boolean) {
    super()
    this.enable = enable
  }
  static {
    defineFrame(this, 'FilterEnableFrame', { sticky: true })
  }
}

/** Starts a recording. */
export class AudioBufferStartRecordingFrame extends Frame<'AudioBufferStartRecordingFrame'> {
  static {
    defineFrame(this, 'AudioBufferStartRecordingFrame', { sticky: true })
  }
}

/** Ends a recording, in its place among the speech where it stands behind the output transport. */
export class AudioBufferStopRecordingFrame extends Frame<'AudioBufferStopRecordingFrame'> {
  static {
    defineFrame(this, 'AudioBufferStopRecordingFrame', { sticky: true })
  }
}

/** What a mixer may be told. */
export type MixerControlFrame = MixerUpdateSettingsFrame | MixerEnableFrame

/** What an audio filter may be told. */
export type FilterControlFrame = FilterUpdateSettingsFrame | FilterEnableFrame

declare module './frame.ts' {
  interface FrameTypes {
    MixerUpdateSettingsFrame: MixerUpdateSettingsFrame
    MixerEnableFrame: MixerEnableFrame
    FilterUpdateSettingsFrame: FilterUpdateSettingsFrame
    FilterEnableFrame: FilterEnableFrame
    AudioBufferStartRecordingFrame: AudioBufferStartRecordingFrame
    AudioBufferStopRecordingFrame: AudioBufferStopRecordingFrame
  }
}
