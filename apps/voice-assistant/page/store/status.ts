import type { CallWord, LatencySpread, LatencyStage } from '@pc/ui'
import type { Conversation, Reply } from './conversation.ts'
import { percentile } from './percentile.ts'

/** The word for the state of the call, and one sentence on what to do. */
export interface Status {
  word: CallWord
  say: string
}

function duration(ms: number): string {
  const secs = Math.round(ms / 1000)
  return secs < 60 ? `${secs} s` : `${Math.floor(secs / 60)} min ${secs % 60} s`
}

function readyStatus(insecure: boolean): Status {
  return {
    word: 'Ready',
    say: insecure ? 'Type below to begin.' : 'Start the call and speak, or type below.',
  }
}

function liveStatus(state: Conversation): Status {
  const deaf = state.notices.some((notice) => notice.kind === 'no-recognizer')
  const hears = state.mic === 'on' && !state.muted && !deaf
  const tool = state.rows.items.find((item) => item.id === state.rows.runningTools[0]?.row)
  if (state.agentSpeaking) {
    return { word: 'Speaking', say: hears ? 'Speak at any time to cut in.' : 'Type at any time to cut in.' }
  }
  if (tool?.kind === 'tool') return { word: 'Waiting for a tool', say: `The agent waits for ${tool.name}.` }
  if (state.youSpeaking) return { word: 'Listening', say: 'The agent answers when you have finished.' }
  if (state.agentThinking) return { word: 'Thinking', say: 'The agent prepares its reply.' }
  if (state.held) return { word: 'On hold', say: 'The agent does not listen for a moment.' }
  if (deaf) return { word: 'Ready', say: 'Type below: speech is not recognised yet.' }
  if (state.mic === 'on' && state.muted) {
    return { word: 'Muted', say: 'The agent does not hear you. Unmute, or type below.' }
  }
  if (state.mic === 'on') return { word: 'Listening', say: 'Speak, or type below.' }
  if (state.mic === 'asking')
    return { word: 'Ready', say: 'Allow the microphone when the browser asks, or type below.' }
  return { word: 'Ready', say: 'The microphone is off. Type below.' }
}

/** The state of the call in a word and a sentence. `insecure`: browsers give this page no microphone. */
export function statusOf(state: Conversation, insecure: boolean): Status {
  switch (state.phase) {
    case 'ready':
      return readyStatus(insecure)
    case 'connecting':
      return {
        word: 'Connecting',
        say: state.mic === 'asking' ? 'Allow the microphone when the browser asks.' : 'Reaching the agent.',
      }
    case 'live':
      return liveStatus(state)
    case 'ended': {
      const lasted = duration((state.endedAtMs ?? 0) - (state.startedAtMs ?? 0))
      const who = state.endedBy === 'agent' ? 'The agent ended the call' : 'You ended the call'
      return { word: 'Ended', say: `${who} after ${lasted}.` }
    }
    case 'failed':
      return { word: 'Failed', say: 'The call is over. What was said stays here.' }
  }
}

/** Two stages that follow each other count as one; `undefined` when neither was measured. */
function together(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined && second === undefined ? undefined : (first ?? 0) + (second ?? 0)
}

/**
 * The stages of a reply for the latency bar, in the order of time, none within another; those that took no time or were
 * not measured are left out. The end of the turn counts from the transcript on, as the recogniser works before it.
 */
export function stagesOf(reply: Reply | undefined): LatencyStage[] {
  const { turnEndMs, sttMs = 0, llmMs, sentenceMs, ttsMs, playbackMs } = reply?.stages ?? {}
  const recogniserMs = Math.min(sttMs, turnEndMs ?? sttMs)
  const stages: [name: string, ms: number | undefined][] = [
    ['Recogniser', recogniserMs],
    ['Turn end', turnEndMs === undefined ? undefined : turnEndMs - recogniserMs],
    ['Model', together(llmMs, sentenceMs)],
    ['Voice', ttsMs],
    ['Playback', playbackMs],
  ]
  return stages.flatMap(([name, ms]) => (ms === undefined || ms === 0 ? [] : [{ name, ms }]))
}

/** Median and 95th percentile of the delays of all replies; undefined before the first. */
export function spreadOf(replies: readonly Reply[]): LatencySpread | undefined {
  if (replies.length === 0) return undefined
  const totals = replies.map((reply) => reply.totalMs)
  return { p50: percentile(totals, 0.5), p95: percentile(totals, 0.95), count: replies.length }
}

/** Where the agent runs, in a few words; undefined while nobody knows. */
export function whereOf(state: Conversation): string | undefined {
  if (state.engines.length === 0) return undefined
  const set = state.keys.filter((key) => key.set).map((key) => key.env)
  return set.length === 0 ? 'Running on this computer, no key needed' : `Using ${set.join(' and ')}`
}
