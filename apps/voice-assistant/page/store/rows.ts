import type { SpokenPiece, TranscriptItem } from '@pc/ui'
import type { HeardSegment } from '../wire/server-message.ts'
import type { AgentOutput } from './events.ts'

/** The rows of the transcript and which of them still grow. Rows that did not change keep their identity. */
export interface Rows {
  items: readonly TranscriptItem[]
  nextId: number
  /** The row that takes what the person says next. */
  openYou: number | undefined
  /** The row that takes what the agent says next. */
  openAgent: number | undefined
  /** Calls of tools that have not returned. */
  runningTools: readonly { callId: string; row: number; atMs: number }[]
}

/** A transcript without rows. */
export const noRows: Rows = { items: [], nextId: 1, openYou: undefined, openAgent: undefined, runningTools: [] }

function replaced(rows: Rows, item: TranscriptItem): Rows {
  return { ...rows, items: rows.items.map((each) => (each.id === item.id ? item : each)) }
}

function added(rows: Rows, item: TranscriptItem): Rows {
  return { ...rows, items: [...rows.items, item], nextId: rows.nextId + 1 }
}

function rowAt<K extends TranscriptItem['kind']>(
  rows: Rows,
  id: number | undefined,
  kind: K,
): Extract<TranscriptItem, { kind: K }> | undefined {
  const item = rows.items.find((each) => each.id === id)
  return isKind(item, kind) ? item : undefined
}

function isKind<K extends TranscriptItem['kind']>(
  item: TranscriptItem | undefined,
  kind: K,
): item is Extract<TranscriptItem, { kind: K }> {
  return item?.kind === kind
}

/** The person begins a turn: what was said before stays a row of its own. */
export function youStarted(rows: Rows): Rows {
  const open = rowAt(rows, rows.openYou, 'you')
  return open === undefined || open.partial !== '' ? rows : { ...rows, openYou: undefined }
}

/** The recogniser understood something; interim words replace each other until the final ones come. */
export function youSaid(rows: Rows, text: string, final: boolean): Rows {
  const words = text.trim()
  const open = rowAt(rows, rows.openYou, 'you')
  if (open === undefined) {
    if (words === '') return rows
    const id = rows.nextId
    const row = { kind: 'you', id, text: final ? words : '', partial: final ? '' : words, typed: false } as const
    return { ...added(rows, row), openYou: id, openAgent: undefined }
  }
  if (!final) return replaced(rows, { ...open, partial: words })
  const whole = [open.text, words].filter((part) => part !== '').join(' ')
  if (whole === '') {
    return { ...rows, items: rows.items.filter((each) => each.id !== open.id), openYou: undefined }
  }
  return replaced(rows, { ...open, text: whole, partial: '' })
}

/** The person typed a message. */
export function youTyped(rows: Rows, text: string): Rows {
  const row = { kind: 'you', id: rows.nextId, text, partial: '', typed: true } as const
  return { ...added(rows, row), openYou: undefined, openAgent: undefined }
}

function pieceRow(rows: Rows, segmentId: number): Extract<TranscriptItem, { kind: 'agent' }> | undefined {
  const row = rows.items.findLast(
    (item) => item.kind === 'agent' && item.pieces.some((piece) => piece.id === segmentId),
  )
  return isKind(row, 'agent') ? row : undefined
}

function withPiece(rows: Rows, piece: SpokenPiece): Rows {
  const open = rowAt(rows, rows.openAgent, 'agent')
  if (open !== undefined) {
    return { ...replaced(rows, { ...open, pieces: [...open.pieces, piece] }), openYou: undefined }
  }
  const id = rows.nextId
  return { ...added(rows, { kind: 'agent', id, pieces: [piece] }), openYou: undefined, openAgent: id }
}

function mapPieces(
  rows: Rows,
  row: Extract<TranscriptItem, { kind: 'agent' }>,
  change: (piece: SpokenPiece) => SpokenPiece,
): Rows {
  return replaced(rows, { ...row, pieces: row.pieces.map(change) })
}

/** Splits a text after what was spoken of it, keeping its own spacing where `said` is its beginning. */
function split(text: string, said: string, rest: string): { said: string; rest: string } {
  if (text.startsWith(said)) return { said, rest: text.slice(said.length) }
  return { said, rest: rest === '' || /\s$/u.test(said) || /^\s/u.test(rest) || said === '' ? rest : ` ${rest}` }
}

/** The agent announces a segment, or its voice has moved on within one. */
export function agentOutput(rows: Rows, output: AgentOutput): Rows {
  const { segmentId, text, status } = output
  if (!output.willBeSpoken) {
    return withPiece(rows, { id: segmentId ?? -rows.nextId, said: text, rest: '', state: 'shown' })
  }
  const row = segmentId === undefined ? undefined : pieceRow(rows, segmentId)
  if (row === undefined) {
    const announced = withPiece(rows, { id: segmentId ?? -rows.nextId, said: '', rest: text, state: 'waiting' })
    return status === 'new' || status === undefined
      ? announced
      : agentOutput(announced, { ...output, segmentId: segmentId ?? -rows.nextId })
  }
  if (status === 'new' || status === undefined) return rows
  return mapPieces(rows, row, (piece) => {
    if (piece.id !== segmentId)
      return piece.state === 'saying' ? { ...piece, said: piece.said + piece.rest, rest: '', state: 'said' } : piece
    if (piece.state === 'cut') return piece
    const whole = piece.said + piece.rest
    if (status === 'completed') return { ...piece, said: whole, rest: '', state: 'said' }
    return { ...piece, ...split(whole, output.accumulated ?? piece.said, piece.rest), state: 'saying' }
  })
}

/** The agent was silenced: what it had not said by then will not be said. */
export function agentFlushed(rows: Rows): Rows {
  const open = rowAt(rows, rows.openAgent, 'agent')
  if (open === undefined) return rows
  const closed = mapPieces(rows, open, (piece) =>
    piece.state === 'saying' || piece.state === 'waiting' ? { ...piece, state: 'cut' } : piece,
  )
  return { ...closed, openAgent: undefined }
}

/** The server has settled what was heard of each segment of a cut reply. */
export function agentHeard(rows: Rows, segments: readonly HeardSegment[]): Rows {
  let next = rows
  for (const { segmentId, heard, unheard } of segments) {
    const state = unheard.trim() === '' ? 'said' : 'cut'
    const row = pieceRow(next, segmentId)
    if (row === undefined) {
      if (heard + unheard !== '') {
        next = withPiece(next, { id: segmentId, ...split(`${heard}${unheard}`, heard, unheard), state })
      }
      continue
    }
    next = mapPieces(next, row, (piece) =>
      piece.id === segmentId ? { ...piece, ...split(piece.said + piece.rest, heard, unheard), state } : piece,
    )
  }
  return next
}

/** A tool was called. */
export function toolStarted(rows: Rows, tool: { callId: string; name: string; detail: string }, atMs: number): Rows {
  const { callId, name, detail } = tool
  if (rows.runningTools.some((each) => each.callId === callId)) return rows
  const row = rows.nextId
  return {
    ...added(rows, { kind: 'tool', id: row, name, detail, outcome: '', state: 'running' }),
    openYou: undefined,
    openAgent: undefined,
    runningTools: [...rows.runningTools, { callId, row, atMs }],
  }
}

/** A tool returned, or its call was given up. */
export function toolStopped(
  rows: Rows,
  tool: { callId: string; name: string; outcome: string; cancelled: boolean },
  atMs: number,
): Rows {
  const running = rows.runningTools.find((each) => each.callId === tool.callId)
  const row = rowAt(rows, running?.row, 'tool')
  if (running === undefined || row === undefined) return rows
  const state = tool.cancelled ? 'cancelled' : 'done'
  return {
    ...replaced(rows, { ...row, outcome: tool.outcome, state, ms: atMs - running.atMs }),
    runningTools: rows.runningTools.filter((each) => each !== running),
  }
}

/** The call is over: nothing grows, nothing waits. */
export function callOver(rows: Rows): Rows {
  const items = rows.items.map((item): TranscriptItem => {
    if (item.kind === 'you' && item.partial !== '') {
      return { ...item, text: [item.text, item.partial].filter((part) => part !== '').join(' '), partial: '' }
    }
    if (item.kind === 'tool' && item.state === 'running') return { ...item, state: 'cancelled' }
    if (item.kind !== 'agent' || !item.pieces.some((piece) => piece.state === 'saying')) return item
    return {
      ...item,
      pieces: item.pieces.map((piece) => (piece.state === 'saying' ? { ...piece, state: 'waiting' } : piece)),
    }
  })
  return { ...rows, items, openYou: undefined, openAgent: undefined, runningTools: [] }
}
