import { levelOf } from '@pc/ui'
import type { LevelTrack, PageClock } from '@pc/ui'
import type { Conversation } from '../store/conversation.ts'
import type { CallEvent, MicChoice, TimedEvent } from '../store/events.ts'
import { insecureOriginProblem } from '../store/problem.ts'
import type { Store } from '../store/store.ts'
import type { Session } from './session.ts'

/** What the buttons of the page do. */
export interface CallControls {
  /** Chooses what the next call is. */
  choose(demoId: string): void
  /** Goes back to where that can be chosen. */
  chooseAnother(): void
  /** Starts a call with the microphone, where the page may have one. */
  start(): void
  /** Sends a typed message; starts a call without a microphone when there is none. */
  sendText(text: string): void
  /** Mutes or unmutes; opens the microphone when it is off. */
  toggleMic(): void
  pickMic(deviceId: string): void
  /** Lists the microphones where the page may already know them: after a permission given on an earlier visit. */
  findMics(): void
  end(): void
  closeProblem(): void
  closeNews(): void
  /** The microphone's level now, 0..1. */
  micLevel(): number
}

/** What the controls need. */
export interface ControllerOptions {
  store: Store<Conversation, TimedEvent>
  levels: LevelTrack
  clock: PageClock
  /** Address that starts an agent. */
  endpoint: string
  /** False where browsers give no microphone: plain http from another host. */
  secure: boolean
}

/** Microphones with a name; browsers tell the names only to pages that were allowed to listen. */
async function knownMics(): Promise<MicChoice[]> {
  const media: MediaDevices | undefined = navigator.mediaDevices
  const devices = media === undefined ? [] : await media.enumerateDevices()
  return devices
    .filter((device) => device.kind === 'audioinput' && device.label !== '')
    .map(({ deviceId, label }) => ({ deviceId, label }))
}

const quietRms = 0.0005
const quietAfterMs = 3000
const levelStaleMs = 100

/** Loads the code of a call: the official client, the player, the microphone. The first paint does without it. */
const loadSession = () => import('./session.ts')

/** Fetches the code of a call ahead of the first one. */
export function preloadSession(): void {
  loadSession().catch(() => {
    // The call itself will say that the server is gone.
  })
}

/** Pages over plain http have no `randomUUID`. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Connects the buttons of the page with the call behind it. */
export function createController({ store, levels, clock, endpoint, secure }: ControllerOptions): CallControls {
  let session: Session | undefined
  let opening = 0
  let conversationId = newId()
  let mic = { rms: 0, atMs: 0, openedAtMs: 0, heard: false }

  const send = (event: CallEvent): void => {
    if (event.type === 'mic/opened') mic = { ...mic, openedAtMs: clock.nowMs(), heard: false }
    store.send({ ...event, atMs: clock.nowMs() })
  }

  const onMicLevel = (rms: number): void => {
    const nowMs = clock.nowMs()
    mic = { ...mic, rms, atMs: nowMs }
    levels.write('you', nowMs, levelOf(rms))
    if (rms > quietRms) {
      if (!mic.heard) send({ type: 'mic/quiet', quiet: false })
      mic.heard = true
    } else if (!mic.heard && !store.state().muted && nowMs - mic.openedAtMs > quietAfterMs) {
      send({ type: 'mic/quiet', quiet: true })
    }
  }

  const open = async (withMic: boolean, firstText?: string): Promise<void> => {
    opening += 1
    const attempt = opening
    const { phase, demo } = store.state()
    // Started again after a fault, the conversation goes on where it was.
    if (phase !== 'failed') conversationId = newId()
    levels.clear()
    const muted = withMic && store.state().muted
    const deviceId = store.state().micPicked?.deviceId
    send({ type: 'call/connecting', withMic })
    if (firstText !== undefined) send({ type: 'you/typed', text: firstText })
    const texts = firstText === undefined ? [] : [firstText]
    const early: Session = {
      sendText: (text) => texts.push(text),
      setMic: () => {},
      pickMic: () => {},
      skipMicPrompt: () => {},
      close: () => Promise.resolve(),
    }
    session = early
    const { openSession } = await loadSession()
    if (attempt !== opening) return
    session = openSession({
      endpoint,
      withMic,
      deviceId,
      muted,
      body: { greet: texts.length === 0, demo: demo.id, conversationId },
      clock,
      send,
      onMicLevel,
      onAgentLevel: (rms, atMs) => levels.write('agent', atMs, levelOf(rms)),
    })
    if (texts.length > 0) session.skipMicPrompt()
    for (const text of texts) session.sendText(text)
  }

  const inCall = (): boolean => {
    const { phase } = store.state()
    return phase === 'connecting' || phase === 'live'
  }

  const begin = (withMic: boolean, firstText?: string): void => {
    open(withMic, firstText).catch(() => {
      send({
        type: 'problem',
        problem: {
          kind: 'server-unreachable',
          title: 'The page could not load the code of a call.',
          wayOut: 'Reload the page; if that fails, see whether the server still runs.',
          fatal: true,
        },
      })
    })
  }

  return {
    choose: (id) => send({ type: 'demo/chosen', id }),
    chooseAnother: () => {
      if (!inCall()) send({ type: 'demo/another' })
    },
    start: () => {
      if (!inCall()) begin(secure)
    },
    sendText: (text) => {
      const words = text.trim()
      if (words === '') return
      if (!inCall()) {
        begin(false, words)
        return
      }
      send({ type: 'you/typed', text: words })
      session?.skipMicPrompt()
      session?.sendText(words)
    },
    toggleMic: () => {
      const state = store.state()
      if (!secure) {
        send({ type: 'problem', problem: insecureOriginProblem() })
        return
      }
      if (!inCall()) {
        begin(true)
        return
      }
      if (state.mic === 'off') {
        send({ type: 'mic/asking' })
        session?.setMic(true)
        return
      }
      mic = { ...mic, rms: 0, openedAtMs: clock.nowMs(), heard: false }
      send({ type: 'mic/muted', muted: !state.muted })
      session?.setMic(state.muted)
    },
    pickMic: (deviceId) => {
      const choice = store.state().micChoices.find((each) => each.deviceId === deviceId)
      if (choice !== undefined) send({ type: 'mic/picked', choice, by: 'you' })
      session?.pickMic(deviceId)
    },
    findMics: () => {
      knownMics().then(
        (choices) => {
          if (choices.length > 0 && store.state().micChoices.length === 0) send({ type: 'mic/choices', choices })
        },
        () => {
          // The browser lists nothing: the call itself will ask.
        },
      )
    },
    end: () => {
      opening += 1
      const closing = session
      session = undefined
      send({ type: 'call/ended', by: 'you' })
      void closing?.close()
    },
    closeProblem: () => send({ type: 'problem/closed' }),
    closeNews: () => send({ type: 'news/gone' }),
    micLevel: () => (clock.nowMs() - mic.atMs > levelStaleMs ? 0 : levelOf(mic.rms)),
  }
}
