import { FrameProcessor, type LLMService, type TTSService } from '@pc/core'
import {
  findRecognizer,
  FliteTTSService,
  PocketsphinxRecognizer,
  PocketsphinxSTTService,
  RuleLLMService,
  sharedFliteSpeech,
  TransformersSTTService,
} from '@pc/services-local'
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

/** The packages of vendors are loaded only with their key: without one the bot starts at once. */
const loadOpenAI = () => import('@pc/services-openai')
const loadDeepgram = () => import('@pc/services-deepgram')

/** Where a vendor is reached, and by which key; an empty address counts as none. */
const openaiAccess = (env: Environment) => ({
  apiKey: env['OPENAI_API_KEY'],
  baseUrl: env['OPENAI_BASE_URL'] || undefined,
})
const deepgramAccess = (env: Environment) => ({
  apiKey: env['DEEPGRAM_API_KEY'],
  baseUrl: env['DEEPGRAM_BASE_URL'] || undefined,
})

/** Starts the local engines that no key replaces, so that the first caller does not wait for them. */
export async function warmUp(env: Environment): Promise<void> {
  if (env['OPENAI_API_KEY'] || env['DEEPGRAM_API_KEY']) return
  sharedFliteSpeech().warmUp()
  if (await findRecognizer()) await sharedRecogniser().warmUp()
}

/** The vendors whose keys are set, and the local stack for the rest. `onNews` hears when what to tell changes. */
export async function chooseServices(env: Environment, onNews: (news: SessionMessage) => void): Promise<Services> {
  const keys = [
    { env: 'OPENAI_API_KEY', set: Boolean(env['OPENAI_API_KEY']), changes: 'a real language model and voice' },
    {
      env: 'DEEPGRAM_API_KEY',
      set: Boolean(env['DEEPGRAM_API_KEY']),
      changes: 'streaming recognition and a faster voice',
    },
  ]
  const session = (notices: readonly Notice[]): SessionMessage => about(engines, keys, notices)
  const ears = await chooseRecogniser(env, (notice) => onNews(session([notice])))
  const mind = await chooseModel(env)
  const voice = await chooseVoice(env)
  const engines = [engine('vad', 'Silero', 'on this computer'), ears.engine, mind.engine, voice.engine]
  return { stt: ears.stt, llm: mind.llm, tts: voice.tts, about: session(ears.notices) }
}

async function chooseModel(env: Environment): Promise<{ llm: LLMService; engine: Engine }> {
  if (!env['OPENAI_API_KEY']) {
    return {
      llm: new RuleLLMService(),
      engine: engine('llm', 'Rules', 'on this computer, a small set of rules, not a language model'),
    }
  }
  const { OpenAILLMService } = await loadOpenAI()
  const llm = new OpenAILLMService({ ...openaiAccess(env), onLLMError: { say: apology } })
  return { llm, engine: engine('llm', 'OpenAI') }
}

async function chooseVoice(env: Environment): Promise<{ tts: TTSService; engine: Engine }> {
  if (env['DEEPGRAM_API_KEY']) {
    const { DeepgramTTSService } = await loadDeepgram()
    return { tts: new DeepgramTTSService(deepgramAccess(env)), engine: engine('tts', 'Deepgram') }
  }
  if (!env['OPENAI_API_KEY']) {
    return { tts: new FliteTTSService(), engine: engine('tts', 'Flite', 'on this computer') }
  }
  const { OpenAITTSService } = await loadOpenAI()
  return { tts: new OpenAITTSService(openaiAccess(env)), engine: engine('tts', 'OpenAI') }
}

const engine = (stage: Engine['stage'], name: string, note?: string): Engine => ({ stage, name, ...(note && { note }) })

interface Ears {
  readonly stt: FrameProcessor
  readonly engine: Engine
  readonly notices: readonly Notice[]
}

let recogniser: PocketsphinxRecognizer | undefined

/** One for all sessions: its model takes a moment to load. */
function sharedRecogniser(): PocketsphinxRecognizer {
  return (recogniser ??= new PocketsphinxRecognizer())
}

function transformersInstalled(): boolean {
  try {
    import.meta.resolve('@huggingface/transformers')
    return true
  } catch {
    return false
  }
}

async function chooseRecogniser(env: Environment, onNotice: (notice: Notice) => void): Promise<Ears> {
  if (env['DEEPGRAM_API_KEY']) {
    const { DeepgramSTTService } = await loadDeepgram()
    return { stt: new DeepgramSTTService(deepgramAccess(env)), engine: engine('stt', 'Deepgram'), notices: [] }
  }
  if (env['OPENAI_API_KEY']) {
    const { OpenAISTTService } = await loadOpenAI()
    return { stt: new OpenAISTTService(openaiAccess(env)), engine: engine('stt', 'OpenAI'), notices: [] }
  }
  if (await findRecognizer()) {
    return {
      stt: new PocketsphinxSTTService({ recognizer: sharedRecogniser() }),
      engine: engine('stt', 'Pocketsphinx', 'on this computer, English'),
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
    return { stt, engine: engine('stt', 'Moonshine', 'on this computer, English'), notices: [] }
  }
  const text = 'This computer has no speech recogniser. Type, install pocketsphinx, or set DEEPGRAM_API_KEY.'
  return {
    stt: new FrameProcessor('no recogniser'),
    engine: engine('stt', 'None', 'type instead'),
    notices: [{ kind: 'no-recognizer', text }],
  }
}
