import {
  EndTaskFrame,
  type Frame,
  type FrameDirection,
  InputAudioRawFrame,
  InputDTMFFrame,
  LLMConfigureOutputFrame,
  LLMMessagesAppendFrame,
  PlayoutReportFrame,
} from '@pc/core'
import {
  type ClientEnvelope,
  InvalidClientMessage,
  readAppendToContext,
  readClientReady,
  readCustom,
  readDtmf,
  readFunctionCallResult,
  readPlayout,
  readRawAudio,
  readSendText,
  readUIMessage,
  type UIMessage,
} from './client-message.ts'
import type { About } from './messages.ts'

/** What the messages of a client act on. */
export interface ClientMessageTarget {
  clientReady(id: string, client: { version: unknown; about: About }): void
  custom(id: string, type: string, data: unknown): void
  ui(message: UIMessage): void
  announcePlayout(): void
  /** Runs `work` after everything that was commanded before. */
  command(work: () => Promise<void>): void
  /** Interrupts, and settles when what was heard stands in the context. */
  interrupt(): Promise<void>
  push(frame: Frame, direction?: FrameDirection): void
  /** Audio of the user, for the input transport to convert. */
  hear(frame: InputAudioRawFrame): void
  /** False when no call waits for the result. */
  functionResult(toolCallId: string, result: unknown): boolean
  /** Whether the model's output is not spoken at present. */
  skipTts(): boolean
}

/**
 * Does what a client asks.
 *
 * @returns false for a type that nobody knows.
 * @throws InvalidClientMessage when `data` does not fit the type.
 */
export function handleClientMessage(envelope: ClientEnvelope, target: ClientMessageTarget): boolean {
  const { id, type, data } = envelope
  switch (type) {
    case 'client-ready':
      target.clientReady(id, readClientReady(data))
      return true
    case 'disconnect-bot':
      target.push(new EndTaskFrame('the client asked for it'), 'upstream')
      return true
    case 'client-message':
      handleCustom(id, data, target)
      return true
    case 'send-text':
      sendText(readSendText(data), target)
      return true
    case 'append-to-context':
      appendToContext(readAppendToContext(data), target)
      return true
    case 'dtmf':
      for (const key of readDtmf(data)) target.push(new InputDTMFFrame(key))
      return true
    case 'llm-function-call-result': {
      const { toolCallId, result } = readFunctionCallResult(data)
      if (target.functionResult(toolCallId, result)) return true
      throw new InvalidClientMessage(`No function call ${toolCallId} waits for a result.`)
    }
    case 'raw-audio':
    case 'raw-audio-batch': {
      const { chunks, sampleRate, numChannels } = readRawAudio(data)
      for (const chunk of chunks) target.hear(new InputAudioRawFrame(chunk, sampleRate, numChannels))
      return true
    }
    default: {
      const message = readUIMessage(envelope)
      if (message !== undefined) target.ui(message)
      return message !== undefined
    }
  }
}

function handleCustom(id: string, data: unknown, target: ClientMessageTarget): void {
  const { t, d } = readCustom(data)
  if (t !== 'pc/playout') {
    target.custom(id, t, d)
    return
  }
  const playout = readPlayout(d)
  if (playout.enabled) {
    target.announcePlayout()
    target.push(new PlayoutReportFrame(undefined, 0, false))
  } else target.push(new PlayoutReportFrame(playout.contextId, playout.playedMs, playout.flushed))
}

function sendText(text: ReturnType<typeof readSendText>, target: ClientMessageTarget): void {
  const { content, runImmediately, audioResponse } = text
  target.command(async () => {
    if (runImmediately) await target.interrupt()
    const message = new LLMMessagesAppendFrame([{ role: 'user', content }], { runLlm: runImmediately })
    const skipTts = !audioResponse
    if (!runImmediately || skipTts === target.skipTts()) target.push(message)
    else {
      target.push(new LLMConfigureOutputFrame(skipTts))
      target.push(message)
      target.push(new LLMConfigureOutputFrame(!skipTts))
    }
  })
}

function appendToContext(message: ReturnType<typeof readAppendToContext>, target: ClientMessageTarget): void {
  const { role, content, runImmediately } = message
  target.command(async () => {
    if (runImmediately) await target.interrupt()
    target.push(new LLMMessagesAppendFrame([{ role, content }], { runLlm: runImmediately }))
  })
}
