import type { PipecatClientOptions } from '@pipecat-ai/client-js'
import type { CallEvent } from '../store/events.ts'
import { agentProblem, closeProblem, microphoneProblem, startProblem } from '../store/problem.ts'
import { fieldsOf, numberOf, stringOf } from '../wire/guards.ts'
import { flowMessageOf } from '../wire/flow-message.ts'
import { serverMessageOf } from '../wire/server-message.ts'

type Callbacks = NonNullable<PipecatClientOptions['callbacks']>

/** What the session wants to hear besides the events. */
export interface RtviHooks {
  send(event: CallEvent): void
  /** The server silences the agent. */
  onFlush(): void
  /** Runs `then` when everything that the server sent so far was read. */
  afterFrames(then: () => void): void
}

const outcomeLength = 160

function shortened(text: string): string {
  return text.length > outcomeLength ? `${text.slice(0, outcomeLength - 1).trimEnd()}\u2026` : text
}

/** Arguments or a result as a person reads them: plain values in a row, anything deeper as JSON. */
export function plainly(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return shortened(value)
  const fields = fieldsOf(value)
  if (fields === undefined) return shortened(JSON.stringify(value))
  const words = Object.entries(fields).map(([name, each]) => {
    if (typeof each === 'string' || typeof each === 'number') return String(each)
    if (typeof each === 'boolean') return each ? name : `not ${name}`
    return JSON.stringify(each)
  })
  return shortened(words.join(', '))
}

const closeCode = /closed\. Code: (\d+)/u

/** What the transport itself reports begins so; the rest comes from the server. */
const ofTransport = /^websocket /u

function messageOf(data: unknown): string {
  const fields = fieldsOf(data)
  return stringOf(fields?.['error']) ?? stringOf(fields?.['message']) ?? 'It gave no reason.'
}

/** The event behind the client's `onError`: a closed connection, or an error of the server. */
export function errorEvent(data: unknown): CallEvent {
  const fields = fieldsOf(data)
  const message = messageOf(data)
  const code = closeCode.exec(message)?.[1]
  if (code !== undefined) {
    const problem = closeProblem(Number(code))
    return problem === undefined ? { type: 'call/ended', by: 'agent' } : { type: 'problem', problem }
  }
  if (/^websocket (error|connection timed out|reconnect failed)/u.test(message)) {
    return { type: 'problem', problem: closeProblem(1006) ?? startProblem(message) }
  }
  const fatal = fields?.['fatal'] === true
  const kind = stringOf(fields?.['kind'])
  const service = stringOf(fields?.['service'])
  return { type: 'problem', problem: agentProblem({ message, fatal, kind, service }) }
}

/** Callbacks for the official client that turn what it reports into events of the page. */
export function rtviCallbacks({ send, onFlush, afterFrames }: RtviHooks): Callbacks {
  return {
    onUserStartedSpeaking: () => send({ type: 'you/started' }),
    onUserStoppedSpeaking: () => send({ type: 'you/stopped' }),
    onUserTranscript: (data) => send({ type: 'you/said', text: data.text, final: data.final }),
    onUserMuteStarted: () => send({ type: 'you/held', held: true }),
    onUserMuteStopped: () => send({ type: 'you/held', held: false }),
    onBotLlmStarted: () => send({ type: 'agent/thinking' }),
    onBotStartedSpeaking: () => send({ type: 'agent/started' }),
    onBotStoppedSpeaking: () => send({ type: 'agent/stopped' }),
    onBotOutput: (data) =>
      send({
        type: 'agent/output',
        output: {
          segmentId: numberOf(data.segment_id),
          text: data.text,
          willBeSpoken: data.will_be_spoken !== false,
          status: data.spoken_status,
          accumulated: data.spoken_progress?.accumulated_text,
        },
      }),
    onLLMFunctionCallInProgress: (data) =>
      send({
        type: 'tool/started',
        callId: data.tool_call_id,
        name: data.function_name ?? 'a tool',
        detail: plainly(data.arguments),
      }),
    onLLMFunctionCallStopped: (data) =>
      send({
        type: 'tool/stopped',
        callId: data.tool_call_id,
        name: data.function_name ?? 'a tool',
        outcome: data.cancelled ? 'given up' : plainly(data.result),
        cancelled: data.cancelled,
      }),
    onServerMessage: (data: unknown) => {
      const flow = flowMessageOf(data)
      if (flow !== undefined) send({ type: 'flow', message: flow })
      const message = serverMessageOf(data)
      if (message === undefined) return
      if (message.type === 'pc/flush') onFlush()
      else if (message.type === 'pc/heard') send({ type: 'agent/heard', segments: message.segments })
      else if (message.type === 'pc/session') send({ ...message, type: 'session' })
      else send({ ...message, type: 'latency' })
    },
    onError: ({ data }) => {
      // What the server said before the connection closed explains the close, so it goes first.
      if (ofTransport.test(messageOf(data))) afterFrames(() => send(errorEvent(data)))
      else send(errorEvent(data))
    },
    onMessageError: (message) => {
      const error = stringOf(fieldsOf(message.data)?.['error']) ?? 'It gave no reason.'
      send({ type: 'problem', problem: agentProblem({ message: error, fatal: false, kind: 'protocol' }) })
    },
    onDeviceError: (error) => send({ type: 'problem', problem: microphoneProblem(error.type, error.message) }),
    onAvailableMicsUpdated: (mics) =>
      send({
        type: 'mic/choices',
        choices: mics.map((mic, index) => ({ deviceId: mic.deviceId, label: mic.label || `Microphone ${index + 1}` })),
      }),
    onMicUpdated: (mic) =>
      send({ type: 'mic/picked', choice: { deviceId: mic.deviceId, label: mic.label }, by: 'browser' }),
  }
}
