import type { ReactElement } from 'react'
import { Button, MendBox } from '@pc/ui'
import type { MendBoxProps } from '@pc/ui'
import type { CallControls } from '../call/controller.ts'
import type { Conversation } from '../store/conversation.ts'
import { insecureOriginProblem } from '../store/problem.ts'
import type { Notice } from '../wire/server-message.ts'
import { Words } from './words.tsx'

/** Props of {@link Notes}. */
export interface NotesProps {
  state: Conversation
  controls: CallControls
  insecure: boolean
}

/** The first sentence of a text, and the rest. */
function firstSentence(text: string): [first: string, rest: string] {
  const end = /[.!?]\s/u.exec(text)?.index
  return end === undefined ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 2)]
}

function kindOf(notice: Notice): MendBoxProps['kind'] {
  if (notice.progress !== undefined) return 'wait'
  return notice.kind.startsWith('no-') ? 'warn' : 'info'
}

/** What stands in the way now, in its place: the problem, then what the server has to say. */
export function Notes({ state, controls, insecure }: NotesProps): ReactElement | null {
  const problem = state.problem ?? (insecure && state.phase === 'ready' ? insecureOriginProblem() : undefined)
  const quiet = state.micQuiet && !state.muted && state.mic === 'on'
  const notices = state.phase === 'live' || state.phase === 'connecting' ? state.notices : []
  if (problem === undefined && !quiet && notices.length === 0) return null
  return (
    <div className="notes">
      {problem !== undefined && (
        <MendBox
          kind={problem.fatal || problem.kind === 'key-refused' ? 'fault' : 'warn'}
          title={problem.title}
          action={
            problem.retryMic && (
              <Button look="line" onClick={controls.toggleMic}>
                Try again
              </Button>
            )
          }
          onDismiss={problem.fatal || state.problem === undefined ? undefined : controls.closeProblem}
        >
          <Words text={problem.wayOut} />
        </MendBox>
      )}
      {quiet && (
        <MendBox kind="warn" title="We hear nothing.">
          Check the microphone, or pick another one.
        </MendBox>
      )}
      {notices.map((notice) => {
        const [first, rest] = firstSentence(notice.text)
        return (
          <MendBox key={notice.kind} kind={kindOf(notice)} title={first} progress={notice.progress}>
            <Words text={rest} />
          </MendBox>
        )
      })}
    </div>
  )
}
