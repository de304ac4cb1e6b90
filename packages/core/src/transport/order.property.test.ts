import fc from 'fast-check'
import { expect, test } from 'vitest'
import { announce, speech, startRig, unitEnd } from '../../test/recording-output.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { TTSStoppedFrame } from '../frames/speech.ts'
import { TextFrame, TranscriptionFrame } from '../frames/text.ts'
import { OutputPauseFrame, OutputResumeFrame } from '../frames/transport.ts'

type Step = { kind: 'audio' | 'text' | 'sticky' | 'stop' | 'cut' | 'pause' | 'hold' | 'release'; ms: number }

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('audio', 'audio', 'text', 'sticky', 'stop', 'cut', 'pause', 'hold', 'release'),
  ms: fc.integer({ min: 1, max: 300 }),
})

test('under random interruptions and pauses nothing sticky is lost, nothing is doubled, order is kept, and every start has its stop', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0, 0.1, 0.2),
      fc.boolean(),
      async (steps, leadSecs, clears) => {
        const { clock, output, send, down } = await startRig({ leadSecs, clears }, { audioOutSampleRate: 24_000 })
        const sent: Frame[] = []
        let context = 0
        for (const [n, { kind, ms }] of steps.entries()) {
          if (kind === 'pause') await clock.advance(ms)
          if (kind === 'hold') await send(new OutputPauseFrame(ms / 100))
          if (kind === 'release') await send(new OutputResumeFrame())
          if (kind === 'cut') {
            await send(new InterruptionFrame())
            context++
          }
          if (kind === 'audio') {
            const id = `c${context}`
            await send(announce('some words here', n, id), speech(ms, id), unitEnd('some words here', n, id))
          }
          if (kind === 'stop') await send(new TTSStoppedFrame(`c${context++}`))
          if (kind === 'text' || kind === 'sticky') {
            const frame = kind === 'text' ? new TextFrame(`${n}`) : new TranscriptionFrame(`${n}`)
            sent.push(frame)
            await send(frame)
          }
        }
        await clock.advance(20_000)
        const left = down.map(({ frame }) => frame)
        const ids = left.filter((frame) => sent.includes(frame)).map(({ id }) => id)
        expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
        expect(sent.filter((frame) => frame.sticky && !left.includes(frame))).toEqual([])
        if (!steps.some(({ kind }) => kind === 'cut')) expect(ids).toHaveLength(sent.length)
        const speaking = left.filter(({ type }) => /^Bot(Started|Stopped)/.test(type)).map(({ type }) => type)
        expect(
          speaking.every((type, i) => type === (i % 2 === 0 ? 'BotStartedSpeakingFrame' : 'BotStoppedSpeakingFrame')),
        ).toBe(true)
        expect(speaking.length % 2).toBe(0)
        const times = output.written.map(({ atMs }) => atMs)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(output.written.every(({ audio }) => audio.length === 480)).toBe(true)
        expect(clock.pending).toBe(0)
      },
    ),
    { numRuns: 100 },
  )
})
