import { bytesToPcm } from '@pc/audio'
import { isoTime } from '../runtime/iso-time.ts'
import {
  InputAudioRawFrame,
  type OutputAudioRawFrame,
  type SpeechOutputAudioRawFrame,
  type TTSAudioRawFrame,
  type UserAudioRawFrame,
} from './audio.ts'
import { Frame } from './frame.ts'
import { AggregatedTextFrame, TranscriptionFrame } from './text.ts'
import { FunctionCallInProgressFrame } from './tool.ts'

/** Any frame of sound. */
export type AudioFrame =
  | InputAudioRawFrame
  | UserAudioRawFrame
  | OutputAudioRawFrame
  | TTSAudioRawFrame
  | SpeechOutputAudioRawFrame

/** A name to build frames by, and to ask with `instanceof`, that has no class of its own. */
interface FrameName<Built extends Frame, Arguments extends readonly unknown[]> {
  new (...args: Arguments): Built
  readonly prototype: Built
  [Symbol.hasInstance](value: unknown): boolean
}

function frameName<Built extends Frame, Arguments extends readonly unknown[]>(
  tags: readonly string[],
  build: (...args: Arguments) => Built,
): FrameName<Built, Arguments> {
  const name = function (...args: Arguments): Built {
    return build(...args)
  }
  Object.defineProperty(name, Symbol.hasInstance, {
    value: (value: unknown) => value instanceof Frame && tags.some((tag) => value.family.includes(tag)),
  })
  // A function that returns an object is a constructor of it; the type system has no word for that.
  return name as never
}

/** Input audio, of samples or of their little-endian bytes; `instanceof` holds for every frame of sound. */
export const AudioFrame: FrameName<
  InputAudioRawFrame,
  [data: Int16Array | Uint8Array, sampleRate: number, numChannels?: number]
> = frameName(
  ['InputAudioRawFrame', 'OutputAudioRawFrame', 'SpeechOutputAudioRawFrame'],
  (data, sampleRate, channels) => {
    return new InputAudioRawFrame(data instanceof Int16Array ? data : bytesToPcm(data), sampleRate, channels)
  },
)

/** What the user said, complete: a TranscriptionFrame. The timestamp is in seconds since 1970. */
export const UserMessageFrame: FrameName<TranscriptionFrame, [content: string, timestamp?: number]> = frameName(
  ['TranscriptionFrame'],
  (content, timestamp) =>
    new TranscriptionFrame(content, '', timestamp === undefined ? '' : isoTime(timestamp * 1000), { finalized: true }),
)

/** What the agent is to say, as one unit: an AggregatedTextFrame. The timestamp, seconds since 1970, is metadata. */
export const BotMessageFrame: FrameName<AggregatedTextFrame, [content: string, timestamp?: number]> = frameName(
  ['AggregatedTextFrame'],
  (content, timestamp) => {
    const frame = new AggregatedTextFrame(content, 'sentence')
    return timestamp === undefined ? frame : frame.with({ metadata: { timestamp } })
  },
)

/** A call that runs: a FunctionCallInProgressFrame. */
export const FunctionCallFrame: FrameName<
  FunctionCallInProgressFrame,
  [name: string, args: Readonly<Record<string, unknown>>, callId: string]
> = frameName(
  ['FunctionCallInProgressFrame'],
  (functionName, args, toolCallId) => new FunctionCallInProgressFrame({ functionName, arguments: args, toolCallId }),
)
