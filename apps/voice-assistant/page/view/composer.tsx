import { useState } from 'react'
import type { ReactElement } from 'react'
import { ArrowUp, Field, IconButton } from '@pc/ui'

/** Props of {@link Composer}. */
export interface ComposerProps {
  placeholder: string
  onSend: (text: string) => void
}

/** The text box: usable from the first paint, with or without a microphone. */
export function Composer({ placeholder, onSend }: ComposerProps): ReactElement {
  const [text, setText] = useState('')
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() === '') return
        onSend(text)
        setText('')
      }}
    >
      <Field
        label="Type to the agent"
        labelHidden
        value={text}
        placeholder={placeholder}
        autoComplete="off"
        enterKeyHint="send"
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      >
        <IconButton icon={ArrowUp} label="Send" type="submit" disabled={text.trim() === ''} />
      </Field>
    </form>
  )
}
