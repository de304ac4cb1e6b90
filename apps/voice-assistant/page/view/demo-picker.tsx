import type { ReactElement } from 'react'
import type { CallControls } from '../call/controller.ts'
import type { Demo } from '../wire/demo-list.ts'

/** Props of {@link DemoPicker}. */
export interface DemoPickerProps {
  demos: readonly Demo[]
  chosen: string
  controls: Pick<CallControls, 'choose'>
}

/** Chooses what the call is about. */
export function DemoPicker({ demos, chosen, controls }: DemoPickerProps): ReactElement {
  return (
    <fieldset className="demo-picker">
      <legend>Conversation</legend>
      <div className="choices">
        {demos.map(({ id, title, about }) => (
          <label key={id} title={about}>
            <input type="radio" name="demo" value={id} checked={id === chosen} onChange={() => controls.choose(id)} />
            <b>{title}</b>
            <span>{about}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
