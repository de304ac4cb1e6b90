import { FrameProcessor, type LLMService, type TTSService } from '@pc/core'
import { DeepgramSTTService, DeepgramTTSService } from '@pc/services-deepgram'
import {
  findRecognizer,
  FliteTTSService,
  PocketsphinxRecognizer,
  PocketsphinxSTTService,
  RuleLLMService,
  TransformersSTTService,
} from '@pc/services-local'
import { OpenAILLMService, OpenAISTTService, OpenAITTSService } from '@pc/services-openai'
import { about, type Engine, type Notice, type SessionMessage } from './session-message.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The stages of the pipeline, and what to tell the page about them. */
export interface Services {
  readonly stt: FrameProcessor
  readonly llm: LLMService
  readonly tts: TTSService
  readonly about: SessionMessage
}

const apology = 'Sorry, I have trouble thinking right now. Give me a moment and ask again.'

/** The vendors whose keys are set, and the local stack for the rest. `onNews` hears when what to tell changes. */
export async function chooseServices(env: Environment, onNews: (news: SessionMessage) => void): Promise<Services> {
  const openai = env['OPENAI_API_KEY']
  const deepgram = env['DEEPGRAM_API_KEY']
  const ears = await chooseRecogniser(deepgram, openai, (notice) => onNews(session([notice])))
  const [llm, mind]: [LLMService, Engine] = openai
    ? [new OpenAILLMService({ apiKey: openai, onLLMError: { say: apology } }), engine('llm', 'OpenAI')]
    : [new RuleLLMService(), engine('llm', 'Rules', 'a small set of rules, not a language model')]
  const [tts, voice]: [TTSService, Engine] = deepgram
    ? [new DeepgramTTSService({ apiKey: deepgram }), engine('tts', 'Deepgram')]
    : openai
      ? [new OpenAITTSService({ apiKey: openai }), engine('tts', 'OpenAI')]
      : [new FliteTTSService(), engine('tts', 'Flite')]
  const engines = [engine('vad', 'Silero'), ears.engine, mind, voice]
  const keys = [
    { env: 'OPENAI_API_KEY', set: Boolean(openai), changes: 'a real language model and voice' },
    { env: 'DEEPGRAM_API_KEY', set: Boolean(deepgram), changes: 'streaming recognition and a faster voice' },
  ]
  const session = (notices: readonly Notice[]): SessionMessage => about(engines, keys, notices)
  return { stt: ears.stt, llm, tts, about: session(ears.notices) }
}

const engine = (stage: Engine['stage'], name: string, note?: string): Engine => ({ stage, name, ...(note && { note }) })

interface Ears {
  readonly stt: FrameProcessor
  readonly engine: Engine
  readonly notices: readonly Notice[]
}

/** One for all sessions: its model takes a moment to load. */
let recogniser: PocketsphinxRecognizer | undefined

function transformersInstalled(): boolean {
  try {
    import.meta.resolve('@huggingface/transformers')
    return true
  } catch {
    return false
  }
}

async function chooseRecogniser(
  deepgram: string | undefined,
  openai: string | undefined,
  onNotice: (notice: Notice) => void,
): Promise<Ears> {
  if (deepgram)
    return { stt: new DeepgramSTTService({ apiKey: deepgram }), engine: engine('stt', 'Deepgram'), notices: [] }
  if (openai) return { stt: new OpenAISTTService({ apiKey: openai }), engine: engine('stt', 'OpenAI'), notices: [] }
  if (await findRecognizer()) {
    recogniser ??= new PocketsphinxRecognizer()
    return {
      stt: new PocketsphinxSTTService({ recognizer: recogniser }),
      engine: engine('stt', 'Pocketsphinx'),
      notices: [],
    }
  }
  if (transformersInstalled()) {
    const stt = new TransformersSTTService({
      onDownload: ({ file, loadedBytes, totalBytes }) =>
        onNotice({
          kind: 'download',
          text: `Loading the recognition model: ${file}`,
          progress: loadedBytes / totalBytes,
        }),
    })
    return { stt, engine: engine('stt', 'Moonshine'), notices: [] }
  }
  const text = 'This computer has no speech recogniser. Type, install pocketsphinx, or set DEEPGRAM_API_KEY.'
  return {
    stt: new FrameProcessor('no recogniser'),
    engine: engine('stt', 'none', 'type instead'),
    notices: [{ kind: 'no-recognizer', text }],
  }
}
