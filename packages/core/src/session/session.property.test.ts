import { expect, it } from 'vitest'
import { call, Talk, type Answer } from '../../test/talk.ts'
import { type FunctionDefinition, Session, type SpeechHandle } from '../index.ts'
import { createTestRuntime, TestClock } from '../testing/index.ts'

const CONVERSATIONS = 150

/** A conversation in which everybody does anything at any time. */
async function converse(seed: number) {
  const clock = new TestClock()
  const { random } = createTestRuntime(clock, seed * 7919 + 1)
  const chance = (share: number): boolean => random() < share
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const look: FunctionDefinition = { name: 'look', description: '', handler: () => 'blue' }
  const answers = Array.from({ length: 40 }, (): Answer => [
    { pauseMs: upTo(300) },
    ...(chance(0.9) ? [`Answer ${upTo(1000)} of mine. `] : []),
    ...(chance(0.3) ? [call('look')] : []),
  ])
  const talk = new Talk({ clock, answers, tools: [look], output: { clears: chance(0.5), leadSecs: random() } })
  const session = new Session(talk.task)
  await clock.settle()
  const handles: SpeechHandle[] = []
  const settled: SpeechHandle[] = []
  const follow = (handle: SpeechHandle): void => {
    handles.push(handle)
    void handle.played.then(() => settled.push(handle))
  }
  for (let step = 0; step < 25; step++) {
    const allowInterruptions = chance(0.8)
    switch (upTo(7)) {
      case 0:
      case 1:
        follow(session.say(`Said as number ${handles.length}.`, { allowInterruptions }))
        break
      case 2:
        follow(session.generateReply({ allowInterruptions, ...(chance(0.5) && { instructions: 'Be kind.' }) }))
        break
      case 3:
        void handles[upTo(handles.length)]?.interrupt()
        break
      case 4:
        if (chance(0.3)) void session.interrupt()
        break
      case 5:
        await talk.begin()
        break
      default:
        await talk.finish(chance(0.2) ? '' : `Words ${step}.`)
    }
    await clock.advance(upTo(1500))
  }
  await talk.pause()
  await clock.advance(90_000)
  return { talk, session, handles, settled }
}

it('every speech settles by itself, in the order asked for, with what the history holds of it', async () => {
  const outcomes = new Set<string>()
  for (let seed = 1; seed <= CONVERSATIONS; seed++) {
    const { talk, session, handles, settled } = await converse(seed)
    expect([seed, handles.filter(({ outcome }) => outcome === undefined).length]).toEqual([seed, 0])
    for (const { outcome } of handles) outcomes.add(outcome?.status ?? '')
    expect([seed, session.agentState, session.speeches]).toEqual([seed, 'listening', []])
    // A reply may be overtaken while functions run for it.
    for (const source of ['say', 'reply']) {
      const played = settled.filter((handle) => handle.source === source && handle.outcome?.status === 'played')
      const order = played.map((handle) => handles.indexOf(handle))
      expect([seed, source, order]).toEqual([seed, source, order.toSorted((a, b) => a - b)])
    }
    let at = 0
    for (const { heard } of settled.filter(({ source, heard: text }) => source === 'say' && text !== '')) {
      at = talk.history.indexOf(`assistant: ${heard}`, at) + 1
      expect([seed, heard, at > 0]).toEqual([seed, heard, true])
    }
    await session.close({ drain: false })
  }
  expect([...outcomes].toSorted()).toEqual(['cut', 'played'])
}, 60_000)
