import { LogLevel, PipecatClient } from '@pipecat-ai/client-js'
import { WebSocketTransport } from '@pipecat-ai/websocket-transport'
import type { PageClock } from '@pc/ui'
import type { CallEvent } from '../store/events.ts'
import { noSoundProblem, notReadyProblem, startProblem } from '../store/problem.ts'
import { PlayoutSerializer } from '../wire/playout-serializer.ts'
import { PlayoutMediaManager } from './playout-media-manager.ts'
import type { PlayoutReport } from './playout-media-manager.ts'
import { rtviCallbacks } from './rtvi-events.ts'
import { startAgent, StartRefused, type StartBody } from './start-agent.ts'

/** What a session needs from the page. */
export interface SessionOptions {
  /** Address that starts an agent and answers `{ wsUrl }`. */
  endpoint: string
  withMic: boolean
  /** Microphone to open; the browser's choice when undefined. */
  deviceId: string | undefined
  muted: boolean
  /** What the server is told. */
  body: StartBody
  clock: PageClock
  send(event: CallEvent): void
  onMicLevel(rms: number): void
  onAgentLevel(rms: number, atMs: number): void
}

/** One call from the first word to the last. */
export interface Session {
  /** Sends a typed message, as soon as the agent is ready. */
  sendText(text: string): void
  setMic(on: boolean): void
  pickMic(deviceId: string): void
  /** Goes on without waiting for the answer to the browser's microphone prompt. */
  skipMicPrompt(): void
  close(): Promise<void>
}

const readyWithinSecs = 20
const thoughtForgottenMs = 5000

/** Starts a call. Everything that happens comes as events, failures too. */
export function openSession(options: SessionOptions): Session {
  const { clock, send } = options
  const waiting: string[] = []
  let state: 'starting' | 'ready' | 'over' = 'starting'
  let sounds = true
  let skipPrompt: () => void = () => {}
  let forgetThought: () => void = () => {}
  let stopReadyWatch: () => void = () => {}
  const abort = new AbortController()

  // One way out for every event: what ends the call ends the session too.
  const sendEvent = (event: CallEvent): void => {
    if (state === 'over') return
    if (event.type === 'agent/thinking' || event.type === 'agent/started') forgetThought()
    send(event)
    if (event.type === 'call/ended' || (event.type === 'problem' && event.problem.fatal)) void finish()
  }

  const serializer = new PlayoutSerializer()
  const report = (played: PlayoutReport): void => {
    if (state === 'ready') client.sendClientMessage('pc/playout', played)
  }
  const media = new PlayoutMediaManager({
    placeOf: (samples) => serializer.placeOf(samples),
    deviceId: options.deviceId,
    clock,
    listener: {
      onPlayed: report,
      onFirstSample: (_contextId, waitedMs, atMs) =>
        sendEvent({ type: 'agent/first-sample', waitedMs, firstSampleMs: atMs }),
      onAgentLevel: options.onAgentLevel,
      onMicLevel: options.onMicLevel,
      onNoSound: () => {
        sounds = false
        sendEvent({ type: 'problem', problem: noSoundProblem() })
      },
      onMicOpened: () => sendEvent({ type: 'mic/opened' }),
    },
  })
  const flush = async (): Promise<void> => {
    sendEvent({ type: 'agent/flushed' })
    for (const played of await media.flush()) report(played)
  }
  const client = new PipecatClient({
    transport: new WebSocketTransport({ mediaManager: media, serializer }),
    enableMic: options.withMic,
    enableCam: false,
    callbacks: {
      ...rtviCallbacks({
        send: sendEvent,
        onFlush: () => void flush(),
        afterFrames: (then) => void serializer.idle().then(then),
      }),
      onBotLlmStopped: () => {
        forgetThought()
        forgetThought = clock.after(thoughtForgottenMs, () => sendEvent({ type: 'agent/thought' }))
      },
    },
  })
  client.setLogLevel(LogLevel.NONE)

  const finish = async (): Promise<void> => {
    if (state === 'over') return
    state = 'over'
    forgetThought()
    stopReadyWatch()
    skipPrompt()
    abort.abort()
    await client.disconnect()
  }

  const start = async (): Promise<void> => {
    if (options.withMic) {
      const skipped = new Promise<void>((resolve) => {
        skipPrompt = resolve
      })
      await Promise.race([client.initDevices(), skipped])
      if (state !== 'starting') return
      if (options.muted) client.enableMic(false)
    }
    stopReadyWatch = clock.after(readyWithinSecs * 1000, () =>
      sendEvent({ type: 'problem', problem: notReadyProblem(readyWithinSecs) }),
    )
    const address = await startAgent(options.endpoint, options.body, abort.signal)
    if (state !== 'starting') return
    await client.connect({ ...address })
    stopReadyWatch()
    if (state !== 'starting') return
    state = 'ready'
    if (sounds) client.sendClientMessage('pc/playout', { enabled: true })
    sendEvent({ type: 'call/ready' })
    for (const text of waiting.splice(0)) void client.sendText(text)
  }

  void start().catch((error: unknown) => {
    const status = error instanceof StartRefused ? error.status : undefined
    const message = error instanceof Error ? error.message : String(error)
    sendEvent({ type: 'problem', problem: startProblem(message, status) })
  })

  return {
    sendText: (text) => {
      if (state === 'ready') void client.sendText(text)
      else waiting.push(text)
    },
    setMic: (on) => client.enableMic(on),
    pickMic: (deviceId) => client.updateMic(deviceId),
    skipMicPrompt: () => skipPrompt(),
    close: finish,
  }
}
