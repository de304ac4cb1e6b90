import type { ReactElement } from 'react'

/** Text in which backquotes set code. */
export function Words({ text }: { text: string }): ReactElement {
  return (
    <>
      {text
        .split('`')
        .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : <span key={index}>{part}</span>))}
    </>
  )
}
