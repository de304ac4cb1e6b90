import { describe, expect, it } from 'vitest'
import {
  defineProcessor,
  type Frame,
  LLMRunFrame,
  OutputAudioRawFrame,
  TTSAudioRawFrame,
  TTSStartedFrame,
  TTSStoppedFrame,
} from '../src/index.ts'
import type { Written } from './recording-output.ts'
import { Talk } from './talk.ts'

const TRACKS = { params: { audioOutDestinations: ['phone'] } }
const tone = (ms: number): OutputAudioRawFrame => new OutputAudioRawFrame(new Int16Array(24 * ms).fill(500), 24_000)
const onPhone = <F extends Frame>(frame: F): F => frame.with({ transportDestination: 'phone' } as never)

describe('playing', () => {
  it('stops on every track when the user cuts in, not on the default one alone', async () => {
    const talk = await Talk.start({ answers: [['One two three four five.'], ['Good.']], output: TRACKS })
    await talk.send(onPhone(tone(5000)), new LLMRunFrame())
    await talk.advance(490)
    expect(new Set(talk.output.written.map(({ destination }) => destination))).toEqual(new Set(['phone', undefined]))
    await talk.begin()
    const { length } = talk.output.written
    await talk.advance(3000)
    expect(talk.output.written).toHaveLength(length)
    await talk.send(onPhone(tone(100)))
    await talk.advance(500)
    expect(talk.output.written.slice(length).map(({ destination }) => destination)).toEqual(Array(5).fill('phone'))
    await talk.finish('Stop.')
    await talk.advance(500)
    await talk.end()
    expect(talk.history).toEqual(['assistant: One', 'user: Stop.', 'assistant: Good.'])
  })

  it('keeps utterance, place, media time and companions of audio that it cuts into chunks', async () => {
    const extras = { transportSource: 'studio', metadata: { take: 7 } }
    const dubbing = defineProcessor({
      name: 'dubbing',
      on: {
        LLMFullResponseStartFrame(frame, ctx) {
          ctx.push(frame)
          ctx.push(new TTSStartedFrame('dub'))
          for (const [ptsUs, samples] of [
            [1_000_000, 700],
            [1_029_167, 1117],
            [1_075_708, 583],
          ] as const)
            ctx.push(new TTSAudioRawFrame(new Int16Array(samples).fill(9), 24_000, 1, 'dub').with({ ...extras, ptsUs }))
          ctx.push(new TTSStoppedFrame('dub'))
        },
      },
    })
    const talk = await Talk.start({ answers: [[{ pauseMs: 1000 }, 'Spoken.']], between: [dubbing] })
    await talk.send(new LLMRunFrame())
    await talk.end()
    const short = ({ contextId, positionUs, ptsUs, audio }: Written): readonly unknown[] => [
      contextId,
      positionUs,
      ptsUs === undefined ? undefined : Math.round(ptsUs / 10) * 10,
      audio.length,
    ]
    const dubbed = talk.output.written.filter(({ contextId }) => contextId === 'dub')
    expect(dubbed.map(short)).toEqual([
      ['dub', 0, 1_000_000, 480],
      ['dub', 20_000, 1_020_000, 480],
      ['dub', 40_000, 1_040_000, 480],
      ['dub', 60_000, 1_060_000, 480],
      ['dub', 80_000, 1_080_000, 480],
    ])
    expect(dubbed.map((chunk) => chunk.extras)).toEqual(Array(5).fill(extras))
    const spoken = talk.output.written.filter(({ contextId }) => contextId !== 'dub' && contextId !== undefined)
    expect(spoken.map(({ positionUs }) => positionUs)).toEqual(spoken.map((_, index) => index * 20_000))
    expect(new Set(spoken.map(({ contextId }) => contextId)).size).toBe(1)
  })
})
