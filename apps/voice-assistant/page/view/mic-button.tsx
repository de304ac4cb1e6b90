import type { ReactElement } from 'react'
import { ChevronDown, Meter, Mic, MicOff } from '@pc/ui'
import type { PageClock } from '@pc/ui'
import type { CallControls } from '../call/controller.ts'
import type { Conversation } from '../store/conversation.ts'

/** Props of {@link MicButton}. */
export interface MicButtonProps {
  state: Conversation
  controls: CallControls
  clock: PageClock
}

/** Mutes and unmutes, shows the level, and picks the microphone. */
export function MicButton({ state, controls, clock }: MicButtonProps): ReactElement {
  const on = state.mic === 'on'
  const hears = on && !state.muted
  const Icon = hears ? Mic : MicOff
  const word = on ? (state.muted ? 'Unmute' : 'Mute') : state.mic === 'asking' ? 'Asking' : 'Use microphone'
  const name = on ? (state.muted ? 'Unmute microphone' : 'Mute microphone') : word
  return (
    <div className="mic" data-hears={hears || undefined}>
      <button
        type="button"
        className="mute"
        aria-label={name}
        title={name}
        disabled={state.mic === 'asking'}
        onClick={controls.toggleMic}
      >
        <Icon className="icon" aria-hidden="true" />
        <span className="word">{word}</span>
        {hears && <Meter level={controls.micLevel} running clock={clock} />}
      </button>
      {on && state.micChoices.length > 0 && (
        <span className="pick">
          <MicSelect state={state} controls={controls} />
          <ChevronDown className="icon" aria-hidden="true" />
        </span>
      )}
    </div>
  )
}

type MicSelectProps = Pick<MicButtonProps, 'state' | 'controls'>

function MicSelect({ state, controls }: MicSelectProps): ReactElement {
  return (
    <select
      aria-label="Microphone"
      title="Microphone"
      value={state.micPicked?.deviceId ?? state.micChoices[0]?.deviceId ?? ''}
      onChange={(event) => controls.pickMic(event.target.value)}
    >
      {state.micChoices.map((choice) => (
        <option key={choice.deviceId} value={choice.deviceId}>
          {choice.label}
        </option>
      ))}
    </select>
  )
}

/** Picks the microphone of the next call. */
export function MicPicker({ state, controls }: MicSelectProps): ReactElement {
  return (
    <span className="mic-picker">
      <Mic className="icon" aria-hidden="true" />
      <MicSelect state={state} controls={controls} />
      <ChevronDown className="icon" aria-hidden="true" />
    </span>
  )
}
