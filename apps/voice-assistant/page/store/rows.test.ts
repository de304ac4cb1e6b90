import type { SpokenPiece, TranscriptItem } from '@pc/ui'
import { describe, expect, test } from 'vitest'
import type { AgentOutput } from './events.ts'
import {
  agentFlushed,
  agentHeard,
  agentOutput,
  callOver,
  noRows,
  toolStarted,
  toolStopped,
  youSaid,
  youStarted,
  youTyped,
} from './rows.ts'
import type { Rows } from './rows.ts'

const output = (segmentId: number, text: string, status: AgentOutput['status'], accumulated = ''): AgentOutput => ({
  segmentId,
  text,
  willBeSpoken: true,
  status,
  accumulated,
})

function pieces(item: TranscriptItem | undefined): readonly SpokenPiece[] {
  return item?.kind === 'agent' ? item.pieces : []
}

const said = (text: string, rows: Rows = noRows): Rows => youSaid(rows, text, true)

describe('the person', () => {
  test('interim words replace each other, final words stay', () => {
    let rows = youSaid(noRows, 'half past', false)
    rows = youSaid(rows, 'half past seven', false)
    expect(rows.items).toMatchObject([{ kind: 'you', text: '', partial: 'half past seven' }])
    rows = youSaid(rows, 'Half past seven.', true)
    rows = youSaid(rows, 'four', false)
    expect(rows.items).toMatchObject([{ text: 'Half past seven.', partial: 'four' }])
    rows = youSaid(rows, 'Four people.', true)
    expect(rows.items).toMatchObject([{ text: 'Half past seven. Four people.', partial: '' }])
  })

  test('words after a reply of the agent are a row of their own', () => {
    let rows = agentOutput(said('Hello.'), output(1, 'Hi.', 'new'))
    rows = said('Bye.', rows)
    expect(rows.items.map((item) => item.kind)).toEqual(['you', 'agent', 'you'])
  })

  test('a new turn before any reply is a row of its own', () => {
    const rows = said('Two.', youStarted(said('One.')))
    expect(rows.items).toMatchObject([{ text: 'One.' }, { text: 'Two.' }])
  })

  test('interim words that come to nothing leave no row', () => {
    expect(youSaid(youSaid(noRows, 'uh', false), '', true).items).toEqual([])
    expect(youSaid(noRows, ' ', true).items).toEqual([])
  })

  test('typed words stand beside spoken ones', () => {
    const rows = youTyped(said('Hello.'), 'typed')
    expect(rows.items).toMatchObject([{ typed: false }, { text: 'typed', typed: true }])
  })
})

describe('the agent', () => {
  const text = 'One two three.'

  test('a segment is announced, followed and completed in one row', () => {
    let rows = agentOutput(noRows, output(1, text, 'new'))
    expect(pieces(rows.items[0])).toEqual([{ id: 1, said: '', rest: text, state: 'waiting' }])
    rows = agentOutput(rows, output(1, text, 'in-progress', 'One two'))
    expect(pieces(rows.items[0])).toEqual([{ id: 1, said: 'One two', rest: ' three.', state: 'saying' }])
    rows = agentOutput(rows, output(1, text, 'completed', text))
    rows = agentOutput(rows, output(2, 'Four.', 'new'))
    expect(pieces(rows.items[0])).toEqual([
      { id: 1, said: text, rest: '', state: 'said' },
      { id: 2, said: '', rest: 'Four.', state: 'waiting' },
    ])
    expect(rows.items).toHaveLength(1)
  })

  test('a segment that is only completed is shown all the same', () => {
    const rows = agentOutput(noRows, output(4, text, 'completed', text))
    expect(pieces(rows.items[0])).toEqual([{ id: 4, said: text, rest: '', state: 'said' }])
  })

  test('text that is not spoken is shown at once', () => {
    const rows = agentOutput(noRows, { ...output(1, '`code`', undefined), willBeSpoken: false })
    expect(pieces(rows.items[0])).toMatchObject([{ said: '`code`', state: 'shown' }])
  })

  test('rows that did not change keep their identity', () => {
    const rows = agentOutput(said('Hello.'), output(1, text, 'new'))
    const later = agentOutput(rows, output(1, text, 'in-progress', 'One'))
    expect(later.items[0]).toBe(rows.items[0])
    expect(later.items[1]).not.toBe(rows.items[1])
  })

  test('a cut strikes what was not heard, at the word the server settles on', () => {
    let rows = agentOutput(agentOutput(noRows, output(1, text, 'new')), output(2, 'Four.', 'new'))
    rows = agentOutput(rows, output(1, text, 'in-progress', 'One'))
    rows = agentFlushed(rows)
    expect(pieces(rows.items[0]).map((piece) => piece.state)).toEqual(['cut', 'cut'])
    rows = agentHeard(rows, [
      { segmentId: 1, heard: 'One two', unheard: 'three.' },
      { segmentId: 2, heard: '', unheard: 'Four.' },
    ])
    expect(pieces(rows.items[0])).toEqual([
      { id: 1, said: 'One two', rest: ' three.', state: 'cut' },
      { id: 2, said: '', rest: 'Four.', state: 'cut' },
    ])
  })

  test('a segment that was heard to its end after all is not struck', () => {
    let rows = agentFlushed(agentOutput(noRows, output(1, text, 'new')))
    rows = agentHeard(rows, [{ segmentId: 1, heard: text, unheard: '' }])
    expect(pieces(rows.items[0])).toEqual([{ id: 1, said: text, rest: '', state: 'said' }])
  })

  test('progress that arrives after the cut does not revive the segment', () => {
    let rows = agentFlushed(agentOutput(noRows, output(1, text, 'new')))
    rows = agentOutput(rows, output(1, text, 'in-progress', 'One two'))
    expect(pieces(rows.items[0])).toMatchObject([{ state: 'cut', said: '' }])
  })

  test('what the agent says after a cut is a new row', () => {
    let rows = agentFlushed(agentOutput(noRows, output(1, text, 'new')))
    rows = agentOutput(rows, output(2, 'Sorry.', 'new'))
    expect(rows.items).toHaveLength(2)
  })
})

describe('tools', () => {
  const call = { callId: 'c', name: 'check_table', detail: 'fri 19:30' }

  test('a call runs, returns and carries its time', () => {
    let rows = toolStarted(noRows, call, 1000)
    expect(rows.runningTools).toHaveLength(1)
    rows = toolStopped(rows, { ...call, outcome: 'full', cancelled: false }, 1084)
    expect(rows.items).toMatchObject([{ kind: 'tool', outcome: 'full', state: 'done', ms: 84 }])
    expect(rows.runningTools).toEqual([])
  })

  test('a repeated start and an unknown end change nothing', () => {
    const rows = toolStarted(noRows, call, 1000)
    expect(toolStarted(rows, call, 1001)).toBe(rows)
    expect(toolStopped(rows, { ...call, callId: 'x', outcome: '', cancelled: false }, 1)).toBe(rows)
  })
})

test('when the call is over nothing is left half said or running', () => {
  let rows = toolStarted(youSaid(noRows, 'wait', false), { callId: 'c', name: 't', detail: '' }, 0)
  rows = agentOutput(rows, output(1, 'One two.', 'in-progress', 'One'))
  rows = callOver(rows)
  expect(rows.items).toMatchObject([
    { text: 'wait', partial: '' },
    { state: 'cancelled' },
    { pieces: [{ state: 'waiting', said: 'One', rest: ' two.' }] },
  ])
  expect(rows.runningTools).toEqual([])
})
