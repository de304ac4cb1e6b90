import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import {
  Button,
  EnginesLine,
  FloorStrip,
  LatencyBar,
  MessageSquare,
  Phone,
  PhoneOff,
  StatusWord,
  ThemeButton,
  Toolbar,
  Transcript,
} from '@pc/ui'
import type { LevelTrack, PageClock } from '@pc/ui'
import type { CallControls } from '../call/controller.ts'
import type { Conversation } from '../store/conversation.ts'
import { spreadOf, stagesOf, statusOf, whereOf } from '../store/status.ts'
import { Composer } from './composer.tsx'
import { DemoPicker } from './demo-picker.tsx'
import { FlowPanel } from './flow-panel.tsx'
import { MicButton, MicPicker } from './mic-button.tsx'
import { Notes } from './notes.tsx'
import { type SideTab, SideTabs } from './side-tabs.tsx'

/** Props of {@link CallView}. */
export interface CallViewProps {
  state: Conversation
  controls: CallControls
  levels: LevelTrack
  clock: PageClock
  /** The page was opened where browsers give no microphone. */
  insecure: boolean
  /** What is beside the call at first, where both do not fit. Default the conversation. */
  firstTab?: SideTab
}

/** The whole page for a state of the call. */
export function CallView({ state, controls, levels, clock, insecure, firstTab = 'talk' }: CallViewProps): ReactElement {
  const [tab, setTab] = useState(firstTab)
  const inCall = state.phase === 'connecting' || state.phase === 'live'
  const { word, say } = statusOf(state, insecure)
  const reply = state.replies.at(-1)
  const spread = useMemo(() => spreadOf(state.replies), [state.replies])
  const stages = useMemo(() => stagesOf(reply), [reply])
  const choosing = state.phase === 'ready' && state.demos.length > 1
  const hasFlow = state.flow.active !== undefined
  const empty = (
    <>
      <p>{inCall ? 'Nothing said yet.' : 'No call yet. What you and the agent say appears here.'}</p>
      {hasFlow ? (
        <ul className="examples" aria-label="Things to say">
          {state.demo.examples.map((example) => (
            <li key={example}>
              <Button look="line" onClick={() => controls.sendText(example)}>
                {example}
              </Button>
            </li>
          ))}
        </ul>
      ) : (
        <Button look="line" icon={MessageSquare} onClick={() => controls.sendText('Hello')}>
          Type hello for me
        </Button>
      )}
    </>
  )
  return (
    <div
      className="page"
      data-phase={state.phase}
      data-choosing={choosing || undefined}
      data-flow={hasFlow || undefined}
      data-tab={hasFlow ? tab : undefined}
    >
      <Toolbar title={state.demo.title} fact={whereOf(state)}>
        <ThemeButton />
      </Toolbar>
      <main>
        <section className="stage" aria-label="Call">
          <div className="top">
            <StatusWord word={word} say={say} clock={clock} />
            <Notes state={state} controls={controls} insecure={insecure} />
            {!inCall && (
              <div className="connect">
                <Button look="large" icon={Phone} onClick={controls.start}>
                  {state.phase === 'ready' ? 'Start the call' : 'Start again'}
                </Button>
                {state.phase !== 'ready' && state.demos.length > 1 && (
                  <Button look="line" onClick={controls.chooseAnother}>
                    Choose another
                  </Button>
                )}
                {state.micChoices.length > 0 && <MicPicker state={state} controls={controls} />}
              </div>
            )}
          </div>
          {choosing ? (
            <DemoPicker demos={state.demos} chosen={state.demo.id} controls={controls} />
          ) : (
            <>
              <div className="floor">
                <div className="row">
                  <h2>Who had the floor</h2>
                  {reply !== undefined && (
                    <span className="side">
                      last reply <b className="mono">{Math.round(reply.totalMs)} ms</b>
                    </span>
                  )}
                </div>
                <FloorStrip levels={levels} marks={state.marks} clock={clock} running={state.phase === 'live'} />
              </div>
              <LatencyBar stages={stages} totalMs={reply?.totalMs} spread={spread} />
            </>
          )}
          <div className="controls">
            {inCall && <MicButton state={state} controls={controls} clock={clock} />}
            <Composer
              placeholder={inCall && state.mic === 'on' && !state.muted ? 'Type instead of speaking' : 'Type a message'}
              onSend={controls.sendText}
            />
            {inCall && (
              <Button look="end" icon={PhoneOff} className="hang-up" aria-label="End call" onClick={controls.end}>
                <span className="word">End call</span>
              </Button>
            )}
          </div>
        </section>
        <div className="sidebar">
          {hasFlow && <SideTabs tab={tab} onTab={setTab} />}
          {hasFlow && <FlowPanel view={state.flow} inCall={inCall} />}
          <aside aria-label="Conversation">
            <EnginesLine engines={state.engines} keys={state.keys} />
            <Transcript items={state.rows.items} empty={empty} />
          </aside>
        </div>
      </main>
    </div>
  )
}
