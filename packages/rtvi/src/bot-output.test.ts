import { AggregatedTextFrame, AggregatedTextProgressFrame, type HeardSegment, TTSTextFrame } from '@pc/core'
import { expect, test } from 'vitest'
import { BotOutput, type BotOutputOptions } from './bot-output.ts'

interface Client {
  output: BotOutput
  seen: unknown[]
}

function client(major: 1 | 2 = 2, options: Partial<BotOutputOptions> = {}): Client {
  const seen: unknown[] = []
  const link = {
    clientMajor: major,
    clientReportsPlayout: false,
    runsInClient: () => false,
    send: (_type: string, data: unknown) => void seen.push(data),
  }
  return { output: new BotOutput(link, { withheld: [], transforms: {}, ...options }), seen }
}

const unit = (text: string, segmentId: number | undefined = 1, contextId = 'c', by = 'sentence'): AggregatedTextFrame =>
  new AggregatedTextFrame(text, by, { contextId, segmentId, willBeSpoken: true })

function progress(text: string, spoken: number, segmentId = 1, contextId = 'c'): AggregatedTextProgressFrame {
  const [accumulatedText, remainingText] = [text.slice(0, spoken), text.slice(spoken)]
  return new AggregatedTextProgressFrame({
    segmentId,
    contextId,
    text,
    aggregatedBy: 'sentence',
    accumulatedText,
    remainingText,
  })
}

const event = (text: string, id: number, status: string, spoken: number): unknown => ({
  text,
  aggregated_by: 'sentence',
  segment_id: id,
  will_be_spoken: true,
  spoken_status: status,
  spoken_progress: { accumulated_text: text.slice(0, spoken), remaining_text: text.slice(spoken) },
})

test('a spoken segment is announced, moves on, and completes', () => {
  const { output, seen } = client()
  output.botStarted()
  output.announce(unit('One two.'))
  output.progress(progress('One two.', 3))
  output.progress(progress('One two.', 8))
  output.progress(progress('One two.', 8))
  expect(seen).toEqual([
    event('One two.', 1, 'new', 0),
    event('One two.', 1, 'in-progress', 3),
    event('One two.', 1, 'completed', 8),
  ])
})

test('what comes before the first sound waits for it, in order', () => {
  const { output, seen } = client()
  output.announce(unit('One.', 1))
  output.showUnspoken('console.log()', 'code')
  output.progress(progress('One.', 4))
  expect(seen).toEqual([])
  output.botStarted()
  expect(seen).toEqual([
    event('One.', 1, 'new', 0),
    { text: 'console.log()', aggregated_by: 'code', segment_id: 2, will_be_spoken: false },
    event('One.', 1, 'completed', 4),
  ])
})

test('text without a voice does not wait for one', () => {
  const { output, seen } = client()
  output.announce(new AggregatedTextFrame('x = 1', 'code'))
  expect(seen).toEqual([{ text: 'x = 1', aggregated_by: 'code', segment_id: 1, will_be_spoken: false }])
})

test('the last progress after the last sound is not held', () => {
  const { output, seen } = client()
  output.botStarted()
  output.announce(unit('One.'))
  output.botStopped()
  output.progress(progress('One.', 4))
  expect(seen.at(-1)).toEqual(event('One.', 1, 'completed', 4))
})

test('what an interruption cut off before it was audible is never shown', () => {
  const { output, seen } = client()
  output.announce(unit('One.'))
  output.interrupted()
  output.botStarted()
  expect(seen).toEqual([])
})

test('progress of a segment that was never announced announces it first', () => {
  const { output, seen } = client()
  output.botStarted()
  output.progress(progress('One.', 4))
  expect(seen).toEqual([event('One.', 1, 'new', 0), event('One.', 1, 'completed', 4)])
})

test('two voices that number their segments alike are told apart', () => {
  const { output, seen } = client()
  output.botStarted()
  output.announce(unit('One.', 1, 'a'))
  output.announce(unit('Uno.', 1, 'b'))
  output.progress(progress('Uno.', 4, 1, 'b'))
  expect(seen).toMatchObject([
    { text: 'One.', segment_id: 1 },
    { text: 'Uno.', segment_id: 2 },
    { text: 'Uno.', segment_id: 2, spoken_status: 'completed' },
  ])
  const segments: HeardSegment[] = [{ segmentId: 1, heard: 'U', unheard: 'no.' }]
  expect(output.heardSegments('b', segments)).toEqual([{ segmentId: 2, heard: 'U', unheard: 'no.' }])
  expect(output.heardSegments('x', segments)[0]?.segmentId).toBeUndefined()
})

test('progress stays a prefix of the text as it was announced, also when it was changed', () => {
  const { output, seen } = client(2, { transforms: { sentence: (text) => text.replace('4111', '****-****') } })
  output.botStarted()
  const text = 'Card 4111 is valid.'
  output.announce(unit(text))
  for (let spoken = 1; spoken <= text.length; spoken++) output.progress(progress(text, spoken))
  const shown = 'Card ****-**** is valid.'
  const all = seen as { text: string; spoken_progress: { accumulated_text: string; remaining_text: string } }[]
  expect(all).toHaveLength(text.length + 1)
  for (const { text: announced, spoken_progress: parts } of all) {
    expect(announced).toBe(shown)
    expect(parts.accumulated_text + parts.remaining_text).toBe(shown)
  }
  expect(all.at(-1)?.spoken_progress.remaining_text).toBe('')
})

test('withheld kinds are not shown, and words never are of their own', () => {
  const { output, seen } = client(2, { withheld: ['secret'] })
  output.botStarted()
  output.announce(unit('1234', 1, 'c', 'secret'))
  output.announce(unit('word', 2, 'c', 'word'))
  output.showUnspoken('tok', 'token')
  expect(seen).toEqual([])
  expect(output.shown('1234', 'secret')).toBeUndefined()
})

test('clients of protocol 1 get every unit and every word, and no progress', () => {
  const { output, seen } = client(1)
  output.announce(unit('One two.'))
  output.speakWord(new TTSTextFrame('One', 'word', { contextId: 'c' }))
  output.progress(progress('One two.', 3))
  output.showUnspoken('x = 1', 'code')
  expect(seen).toEqual([
    { text: 'One two.', aggregated_by: 'sentence', spoken: false },
    { text: 'One', aggregated_by: 'word', spoken: true },
    { text: 'x = 1', aggregated_by: 'code', spoken: false },
  ])
})

test('a long session does not pile segments up', () => {
  const { output, seen } = client()
  output.botStarted()
  for (let id = 1; id <= 1000; id++) output.announce(unit(`Sentence ${id}.`, id))
  output.progress(progress('Sentence 1000.', 14, 1000))
  expect(seen.at(-1)).toMatchObject({ segment_id: 1000, spoken_status: 'completed' })
  expect(output.heardSegments('c', [{ segmentId: 1, heard: '', unheard: '' }])[0]?.segmentId).toBeUndefined()
})
