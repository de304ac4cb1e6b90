import type { ReactElement } from 'react'
import {
  AudioLines,
  CircleDashed,
  CircleDot,
  Ear,
  MicOff,
  Pause,
  PhoneOff,
  Plug,
  RefreshCw,
  TriangleAlert,
  Wrench,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { PageClock } from './clock.ts'
import { useSettled } from './use-settled.ts'

/** The words a call can be in. */
export type CallWord =
  | 'Ready'
  | 'Connecting'
  | 'Listening'
  | 'Thinking'
  | 'Speaking'
  | 'Waiting for a tool'
  | 'On hold'
  | 'Muted'
  | 'Reconnecting'
  | 'Ended'
  | 'Failed'

type Tone = 'ink' | 'quiet' | 'agent' | 'warn' | 'fault'

const looks: Record<CallWord, { icon: LucideIcon; tone: Tone }> = {
  Ready: { icon: CircleDot, tone: 'ink' },
  Connecting: { icon: Plug, tone: 'quiet' },
  Listening: { icon: Ear, tone: 'ink' },
  Thinking: { icon: CircleDashed, tone: 'agent' },
  Speaking: { icon: AudioLines, tone: 'agent' },
  'Waiting for a tool': { icon: Wrench, tone: 'agent' },
  'On hold': { icon: Pause, tone: 'quiet' },
  Muted: { icon: MicOff, tone: 'quiet' },
  Reconnecting: { icon: RefreshCw, tone: 'warn' },
  Ended: { icon: PhoneOff, tone: 'quiet' },
  Failed: { icon: TriangleAlert, tone: 'fault' },
}

const shortestMs = 300

/** Props of {@link StatusWord}. */
export interface StatusWordProps {
  word: CallWord
  /** One sentence that says what to do. */
  say: string
  clock: PageClock
}

/** The one large gesture of a page: the state of the call in a word, its icon, and a sentence under it. */
export function StatusWord({ word, say, clock }: StatusWordProps): ReactElement {
  const shown = useSettled(word, shortestMs, clock)
  const { icon: Icon, tone } = looks[shown]
  return (
    <div className="status-word" data-tone={tone}>
      <div className="word" data-long={shown.length > 12 || undefined}>
        <span role="status">{shown}</span>
        <Icon className="sign" aria-hidden="true" />
      </div>
      <p className="say">{say}</p>
    </div>
  )
}
