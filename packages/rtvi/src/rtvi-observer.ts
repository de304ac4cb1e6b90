import {
  type AnyFrame,
  type AudioRaw,
  type BotSpeechHeardFrame,
  firstSight,
  type Frame,
  type FrameDirection,
  type FrameProcessor,
  isSpecificMessage,
  type LLMContextFrame,
  messageText,
  type Observer,
  SentenceAggregator,
} from '@pc/core'
import { BotOutput, type BotOutputOptions } from './bot-output.ts'
import { FunctionCallReport, type FunctionCallReportLevels } from './function-call-report.ts'
import { errorData } from './messages.ts'
import { metricsMessage } from './metrics-message.ts'
import type { RTVILink } from './rtvi-link.ts'
import type { RTVIServerResponseFrame } from './frames.ts'

/** What a client is told. Everything not said otherwise is on. */
export interface RTVIObserverOptions {
  /** `bot-output`. */
  botOutput?: boolean
  /** `bot-llm-started`, `-text`, `-stopped`. */
  botLlm?: boolean
  /** `bot-tts-started`, `-text`, `-stopped`. */
  botTts?: boolean
  /** `bot-started-speaking`, `bot-stopped-speaking`, `bot-interrupted`. */
  botSpeaking?: boolean
  /** `bot-transcription`, for older clients. */
  botTranscription?: boolean
  /** `user-llm-text`. */
  userLlm?: boolean
  /** `user-started-speaking`, `user-stopped-speaking`. */
  userSpeaking?: boolean
  /** `user-mute-started`, `user-mute-stopped`. */
  userMute?: boolean
  /** `user-transcription`. */
  userTranscription?: boolean
  /** `metrics`. */
  metrics?: boolean
  /** `vad-user-started-speaking`, `vad-user-stopped-speaking`. Default off. */
  vadUserSpeaking?: boolean
  /** `user-audio-level`, at most every 0.15 s. Default off. */
  userAudioLevel?: boolean
  /** `bot-audio-level`, at most every 0.15 s. Default off. */
  botAudioLevel?: boolean
  /** How much a client learns of each function call. Default `{ '*': 'none' }`: that one runs, not which. */
  functionCalls?: FunctionCallReportLevels
  /** Frames that these processors make are not reported: silent side branches. */
  ignoredSources?: readonly FrameProcessor[]
  /** Kinds of units left out of `bot-output` and `bot-tts-text`; `bot-llm-text` still holds their words. */
  withheldOutput?: readonly string[]
  /** Changes text in `bot-output` and `bot-tts-text` by kind of unit; `*` is for all others. */
  outputTransforms?: Readonly<Record<string, (text: string) => string>>
}

type Switch = Exclude<
  keyof RTVIObserverOptions,
  'functionCalls' | 'ignoredSources' | 'withheldOutput' | 'outputTransforms'
>

const OFF_BY_DEFAULT: ReadonlySet<Switch> = new Set(['vadUserSpeaking', 'userAudioLevel', 'botAudioLevel'])

/** The frames behind each switch. `bot-output` follows several of them, so those are always watched. */
const FRAMES: Readonly<Record<Switch | 'always', readonly string[]>> = {
  always: [
    'ErrorFrame',
    'InterruptionFrame',
    'BotStartedSpeakingFrame',
    'BotStoppedSpeakingFrame',
    'BotSpeechHeardFrame',
    'FunctionCallsStartedFrame',
    'FunctionCallInProgressFrame',
    'FunctionCallResultFrame',
    'FunctionCallCancelFrame',
    'RTVIServerMessageFrame',
    'RTVIServerResponseFrame',
    'RTVIUICommandFrame',
  ],
  botOutput: ['AggregatedTextFrame', 'AggregatedTextProgressFrame', 'TextFrame', 'LLMFullResponseEndFrame'],
  botLlm: ['LLMFullResponseStartFrame', 'LLMTextFrame', 'LLMFullResponseEndFrame'],
  botTts: ['TTSStartedFrame', 'TTSTextFrame', 'TTSStoppedFrame'],
  botSpeaking: [],
  botTranscription: ['LLMTextFrame', 'LLMFullResponseEndFrame'],
  userLlm: ['LLMContextFrame'],
  userSpeaking: ['UserStartedSpeakingFrame', 'UserStoppedSpeakingFrame'],
  userMute: ['UserMuteStartedFrame', 'UserMuteStoppedFrame'],
  userTranscription: ['TranscriptionFrame', 'InterimTranscriptionFrame'],
  metrics: ['MetricsFrame'],
  vadUserSpeaking: ['VADUserStartedSpeakingFrame', 'VADUserStoppedSpeakingFrame'],
  userAudioLevel: ['InputAudioRawFrame'],
  botAudioLevel: ['TTSAudioRawFrame'],
}

const LEVEL_INTERVAL_MS = 150

/**
 * Tells a client what happens in a task: watches frames and turns them into RTVI messages, each once, in their order.
 * {@link RTVIProcessor} brings one along; make your own to pass options to it.
 */
export class RTVIObserver implements Observer {
  readonly frames: readonly string[]
  readonly #link: RTVILink
  readonly #options: RTVIObserverOptions
  readonly #ignored: ReadonlySet<FrameProcessor>
  readonly #isNew = firstSight()
  readonly #left = firstSight()
  readonly #output: BotOutput
  readonly #calls: FunctionCallReport
  readonly #transcription = new SentenceAggregator()
  readonly #unspoken = new SentenceAggregator()
  readonly #levelSentAtMs = { 'user-audio-level': -Infinity, 'bot-audio-level': -Infinity }

  constructor(link: RTVILink, options: RTVIObserverOptions = {}) {
    this.#link = link
    this.#options = options
    this.#ignored = new Set(options.ignoredSources)
    const outputOptions: BotOutputOptions = {
      withheld: options.withheldOutput ?? [],
      transforms: options.outputTransforms ?? {},
    }
    this.#output = new BotOutput(link, outputOptions)
    this.#calls = new FunctionCallReport(link, options.functionCalls ?? { '*': 'none' })
    const wanted = Object.entries(FRAMES).flatMap(([name, tags]) => (name === 'always' || this.#on(name) ? tags : []))
    this.frames = [...new Set(wanted)]
  }

  onPushFrame(
    frame: Frame,
    direction: FrameDirection,
    source: FrameProcessor | null,
    destination: FrameProcessor | null,
  ): void {
    if (direction === 'upstream' && frame.broadcastSiblingId !== undefined) return
    const known = frame as AnyFrame
    if (isOutputTransport(source) && this.#left(frame)) this.#leftOutput(known)
    if (!this.#isNew(frame)) return
    if (source !== null && this.#ignored.has(source)) return
    this.#reportText(known)
    this.#reportConversation(known)
    this.#reportRest(known, source ?? destination)
  }

  /** What counts where it leaves the output transport, in step with the audio. */
  #leftOutput(frame: AnyFrame): void {
    switch (frame.type) {
      case 'AggregatedTextFrame':
        if (this.#on('botOutput')) this.#output.announce(frame)
        return
      case 'AggregatedTextProgressFrame':
        if (this.#on('botOutput')) this.#output.progress(frame)
        return
      case 'TTSTextFrame': {
        if (this.#on('botOutput')) this.#output.speakWord(frame)
        const text = this.#output.shown(frame.text, frame.aggregatedBy)
        if (this.#on('botTts') && text !== undefined) this.#link.send('bot-tts-text', { text })
        return
      }
      case 'LLMTextFrame':
      case 'TextFrame':
        if (!this.#on('botOutput')) return
        for (const { text } of this.#unspoken.aggregate(frame.text)) this.#output.showUnspoken(text, 'sentence')
        return
      case 'LLMFullResponseEndFrame':
        this.#flushUnspoken()
        return
      default:
    }
  }

  #reportText(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        if (this.#on('botLlm')) this.#link.send('bot-llm-started', undefined)
        return
      case 'LLMTextFrame':
        if (frame.text === '') return
        if (this.#on('botLlm')) this.#link.send('bot-llm-text', { text: frame.text })
        if (!this.#on('botTranscription')) return
        for (const { text } of this.#transcription.aggregate(frame.text)) this.#link.send('bot-transcription', { text })
        return
      case 'LLMFullResponseEndFrame':
        for (const { text } of this.#transcription.flush()) this.#link.send('bot-transcription', { text })
        if (this.#on('botLlm')) this.#link.send('bot-llm-stopped', undefined)
        return
      case 'LLMContextFrame':
      case 'OpenAILLMContextFrame':
        this.#reportUserText(frame)
        return
      case 'TTSStartedFrame':
        this.#link.send('bot-tts-started', undefined)
        return
      case 'TTSStoppedFrame':
        this.#link.send('bot-tts-stopped', undefined)
        return
      case 'TranscriptionFrame':
      case 'InterimTranscriptionFrame':
        this.#link.send('user-transcription', {
          text: frame.text,
          user_id: frame.userId,
          timestamp: frame.timestamp,
          final: frame.type === 'TranscriptionFrame',
        })
        return
      default:
    }
  }

  #reportConversation(frame: AnyFrame): void {
    switch (frame.type) {
      case 'UserStartedSpeakingFrame':
        this.#link.send('user-started-speaking', undefined)
        return
      case 'UserStoppedSpeakingFrame':
        this.#link.send('user-stopped-speaking', undefined)
        return
      case 'VADUserStartedSpeakingFrame':
        this.#link.send('vad-user-started-speaking', undefined)
        return
      case 'VADUserStoppedSpeakingFrame':
        this.#link.send('vad-user-stopped-speaking', undefined)
        return
      case 'UserMuteStartedFrame':
        this.#link.send('user-mute-started', undefined)
        return
      case 'UserMuteStoppedFrame':
        this.#link.send('user-mute-stopped', undefined)
        return
      case 'BotStartedSpeakingFrame':
        if (this.#on('botSpeaking')) this.#link.send('bot-started-speaking', undefined)
        this.#output.botStarted()
        return
      case 'BotStoppedSpeakingFrame':
        if (this.#on('botSpeaking')) this.#link.send('bot-stopped-speaking', undefined)
        this.#output.botStopped()
        return
      case 'InterruptionFrame':
        this.#interrupted()
        return
      case 'BotSpeechHeardFrame':
        this.#reportHeard(frame)
        return
      default:
    }
  }

  #reportRest(frame: AnyFrame, near: FrameProcessor | null): void {
    switch (frame.type) {
      case 'FunctionCallsStartedFrame':
        this.#calls.started(frame)
        return
      case 'FunctionCallInProgressFrame':
        this.#calls.inProgress(frame)
        return
      case 'FunctionCallResultFrame':
        this.#calls.settled(frame)
        return
      case 'FunctionCallCancelFrame':
        this.#calls.cancelled(frame)
        return
      case 'MetricsFrame': {
        const data = metricsMessage(frame.data)
        if (data !== undefined) this.#link.send('metrics', data)
        return
      }
      case 'ErrorFrame':
        this.#link.send('error', errorData(frame.error, frame.fatal))
        return
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        this.#reportLevel('user-audio-level', frame, near)
        return
      case 'TTSAudioRawFrame':
        this.#reportLevel('bot-audio-level', frame, near)
        return
      case 'RTVIServerMessageFrame':
        this.#link.send('server-message', frame.data)
        return
      case 'RTVIServerResponseFrame':
        this.#respond(frame)
        return
      case 'RTVIUICommandFrame':
        this.#link.send('ui-command', { command: frame.command, payload: frame.payload })
        return
      default:
    }
  }

  #reportUserText({ context }: LLMContextFrame<string>): void {
    const last = context.messages.at(-1)
    if (last === undefined || isSpecificMessage(last) || last.role !== 'user') return
    const text = messageText(last)
    if (text !== '') this.#link.send('user-llm-text', { text })
  }

  #interrupted(): void {
    this.#output.interrupted()
    this.#transcription.reset()
    this.#flushUnspoken()
    if (this.#link.clientReportsPlayout) this.#link.send('server-message', { type: 'pc/flush' })
    if (this.#on('botSpeaking')) this.#link.send('bot-interrupted', undefined)
  }

  #reportHeard({ contextId, segments }: BotSpeechHeardFrame): void {
    if (!this.#link.clientReportsPlayout) return
    const heard = this.#output.heardSegments(contextId, segments)
    this.#link.send('server-message', { type: 'pc/heard', contextId, segments: heard })
  }

  /** What was shown without a voice stays, also when its sentence was cut. */
  #flushUnspoken(): void {
    for (const { text } of this.#unspoken.flush()) this.#output.showUnspoken(text, 'sentence')
  }

  #reportLevel(type: 'user-audio-level' | 'bot-audio-level', { audio }: AudioRaw, near: FrameProcessor | null): void {
    const nowMs = near?.runtime.clock.nowMs() ?? 0
    if (nowMs - this.#levelSentAtMs[type] < LEVEL_INTERVAL_MS || audio.length === 0) return
    this.#levelSentAtMs[type] = nowMs
    this.#link.send(type, { value: rootMeanSquare(audio) })
  }

  #respond({ request, data, error }: RTVIServerResponseFrame): void {
    if (error !== undefined) this.#link.send('error-response', { error }, request.msgId)
    else {
      const reply = { t: request.messageType, ...(data !== undefined && { d: data }) }
      this.#link.send('server-response', reply, request.msgId)
    }
  }

  #on(name: string): boolean {
    const key = name as Switch
    return this.#options[key] ?? !OFF_BY_DEFAULT.has(key)
  }
}

function isOutputTransport(processor: FrameProcessor | null): boolean {
  return processor !== null && 'isOutputTransport' in processor && processor.isOutputTransport === true
}

/** 0 is silence, 1 the loudest square wave. */
function rootMeanSquare(audio: Int16Array): number {
  let sum = 0
  for (const sample of audio) sum += sample * sample
  return Math.sqrt(sum / audio.length) / 32_768
}
