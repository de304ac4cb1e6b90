import { useState } from 'react'
import type { ReactElement } from 'react'
import {
  Button,
  Dialog,
  EnginesLine,
  Field,
  FlowDiagram,
  FloorStrip,
  KnownFacts,
  LatencyBar,
  MendBox,
  Meter,
  ProgressLine,
  StatusWord,
  stoppedClock,
  Toast,
  Transcript,
} from '@pc/ui'
import type { CallWord } from '@pc/ui'
import { scenes } from './scenes.ts'

const words: CallWord[] = [
  'Ready',
  'Connecting',
  'Listening',
  'Thinking',
  'Speaking',
  'Waiting for a tool',
  'On hold',
  'Muted',
  'Reconnecting',
  'Ended',
  'Failed',
]

const clock = stoppedClock(20_000)

/** Every part in its states, one under the other. */
export function Parts(): ReactElement {
  const [asking, setAsking] = useState(false)
  const talk = scenes['listening']?.()
  const flows = [...(scenes['flow-call']?.().state.flow.flows ?? [])]
  return (
    <main className="parts">
      <h1>Parts</h1>
      {words.map((word) => (
        <StatusWord key={word} word={word} say={`What to do while the word is "${word}".`} clock={clock} />
      ))}
      <div className="row">
        <Button>Plain</Button>
        <Button look="line">With a border</Button>
        <Button look="main">Main</Button>
        <Button look="large">Large</Button>
        <Button look="end">End call</Button>
        <Button look="line" disabled>
          Not now
        </Button>
        <Meter level={() => 0.7} running={false} clock={clock} />
      </div>
      <Field label="Name" hint="As it stands on the door." defaultValue="Osteria Luna" />
      <Field label="Port" fault="The port is taken by another program; pick one above 1024." defaultValue="80" />
      <MendBox
        kind="fault"
        title="The connection to the server broke off."
        action={<Button look="line">Start again</Button>}
      >
        See whether it still runs.
      </MendBox>
      <MendBox kind="warn" title="Another program holds the microphone.">
        Close it, then try again.
      </MendBox>
      <MendBox kind="info" title="The agent answers from a fixed set of rules." />
      <MendBox kind="wait" title="Fetching the voice, 12 of 30 MB." progress={0.4} />
      <ProgressLine label="Opening" />
      <LatencyBar
        stages={[
          { name: 'Turn end', ms: 210 },
          { name: 'Recogniser', ms: 60 },
          { name: 'Model', ms: 190 },
          { name: 'Voice', ms: 120 },
          { name: 'Playback', ms: 31 },
        ]}
        totalMs={611}
        spread={{ p50: 598, p95: 742, count: 9 }}
      />
      {flows.map(([name, { drawing, current, visited, taken, calls, facts }]) => (
        <div key={name} className="diagram">
          <FlowDiagram name={name} flow={drawing} current={current} visited={visited} taken={taken} calls={calls} />
          <KnownFacts title="What the flow knows" facts={facts} empty="Nothing yet." />
          <KnownFacts
            title="What another knows"
            facts={[{ name: 'order.size', value: 'large' }]}
            empty="Nothing yet."
          />
        </div>
      ))}
      {talk !== undefined && (
        <>
          <div className="strip">
            <FloorStrip
              levels={talk.levels}
              marks={talk.state.marks}
              clock={stoppedClock(talk.nowMs)}
              running={false}
            />
          </div>
          <EnginesLine engines={talk.state.engines} keys={talk.state.keys} />
          <div className="log">
            <Transcript items={talk.state.rows.items} empty="Nothing said yet." />
          </div>
        </>
      )}
      <Button look="line" onClick={() => setAsking(true)}>
        Delete the recording
      </Button>
      <Dialog
        open={asking}
        title="Delete the recording?"
        verb="Delete"
        keep="Keep it"
        onDo={() => {}}
        onClose={() => setAsking(false)}
      >
        It cannot be brought back.
      </Dialog>
      <Toast text="Microphone: Headset" clock={clock} onGone={() => {}} />
    </main>
  )
}
