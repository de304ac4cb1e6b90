import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { ArrowDown } from 'lucide-react'
import { Button } from './button.tsx'

/** A piece of the agent's reply, split where its voice is now. */
export interface SpokenPiece {
  id: number
  /** Heard so far. */
  said: string
  /** Not heard: still to come, or never when `state` is `cut`. */
  rest: string
  /** `shown` pieces are never spoken, only read. */
  state: 'waiting' | 'saying' | 'said' | 'cut' | 'shown'
}

/** One row of a transcript. */
export type TranscriptItem =
  | { kind: 'you'; id: number; text: string; partial: string; typed: boolean }
  | { kind: 'agent'; id: number; pieces: readonly SpokenPiece[] }
  | {
      kind: 'tool'
      id: number
      name: string
      detail: string
      outcome: string
      ms?: number
      state: 'running' | 'done' | 'cancelled'
    }

/** Props of {@link Transcript}. */
export interface TranscriptProps {
  items: readonly TranscriptItem[]
  /** What to show while there are no items. */
  empty: ReactNode
}

const nearEndPx = 24

/** Who said what, in two columns. Follows the end unless the reader has scrolled away. */
export function Transcript({ items, empty }: TranscriptProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const [away, setAway] = useState(false)

  const toEnd = (): void => {
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }
  useLayoutEffect(() => {
    if (following.current) toEnd()
  }, [items])
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const onScroll = (): void => {
    const element = scroller.current
    if (element === null) return
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPx
    setAway(!following.current)
  }

  return (
    <div className="transcript">
      <div
        ref={scroller}
        className="scroll"
        role="log"
        aria-label="Transcript"
        aria-relevant="additions"
        tabIndex={0}
        onScroll={onScroll}
      >
        {items.length === 0 ? (
          <div className="empty">{empty}</div>
        ) : (
          <ol>
            {items.map((item) => (
              <Row key={item.id} item={item} />
            ))}
          </ol>
        )}
      </div>
      {away && (
        <Button
          look="main"
          icon={ArrowDown}
          className="newest"
          onClick={() => {
            following.current = true
            setAway(false)
            toEnd()
          }}
        >
          Newest
        </Button>
      )}
    </div>
  )
}

const Row = memo(function Row({ item }: { item: TranscriptItem }): ReactElement {
  if (item.kind === 'you') {
    return (
      <li className="you">
        <span className="who">You</span>
        <p>
          {item.text}
          {item.partial !== '' && (
            <span className="partial" aria-hidden="true">
              {item.text === '' ? '' : ' '}
              {item.partial}
            </span>
          )}
        </p>
      </li>
    )
  }
  if (item.kind === 'agent') {
    const cut = item.pieces.some((piece) => piece.state === 'cut' && piece.rest.trim() !== '')
    return (
      <li className="agent">
        <span className="who">Agent</span>
        <p>
          {item.pieces.map((piece, index) => (
            <Piece key={piece.id} piece={piece} first={index === 0} />
          ))}
          {cut && (
            <span className="why">You cut in. The rest was not heard, so the agent does not count it as said.</span>
          )}
        </p>
      </li>
    )
  }
  return (
    <li className="tool" data-state={item.state}>
      <div>
        <span className="act">
          <b>{item.name}</b> {item.detail}
          {item.outcome !== '' && (
            <>
              <br />
              {item.outcome}
            </>
          )}
        </span>
        <em>{item.state === 'running' ? 'running' : item.ms === undefined ? '' : `${Math.round(item.ms)} ms`}</em>
      </div>
    </li>
  )
})

/** Splits off the last word, so that the one being spoken can be marked. */
export function splitLastWord(said: string): [before: string, word: string] {
  const at = said.trimEnd().search(/\S+$/u)
  return at < 0 ? [said, ''] : [said.slice(0, at), said.slice(at)]
}

function Piece({ piece, first }: { piece: SpokenPiece; first: boolean }): ReactElement {
  const gap = first ? '' : ' '
  if (piece.state === 'saying') {
    const [before, word] = splitLastWord(piece.said)
    return (
      <span>
        {gap}
        {before}
        <mark>{word}</mark>
        <span className="to-come">{piece.rest}</span>
      </span>
    )
  }
  const space = /^\s*/u.exec(piece.rest)?.[0] ?? ''
  const rest = piece.rest.slice(space.length)
  return (
    <span>
      {gap}
      {piece.said}
      {space}
      {rest !== '' && (piece.state === 'cut' ? <s>{rest}</s> : <span className="to-come">{rest}</span>)}
    </span>
  )
}
