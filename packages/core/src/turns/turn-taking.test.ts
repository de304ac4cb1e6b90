import { describe, expect, it } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import { VADAnalyzer } from './vad-analyzer.ts'

/** Takes loud windows for speech. */
class LoudnessAnalyzer extends VADAnalyzer {
  readonly windowSamples = 512
  async load(): Promise<void> {}
  confidence(window: Int16Array): number {
    return window.some((sample) => Math.abs(sample) > 2000) ? 1 : 0
  }
  resetModel(): void {}
}

/** Finalizes its transcript `delayMs` after voice detection has seen speech end. */
const recogniser = (delayMs: number): FrameProcessor =>
  defineProcessor({
    name: 'stt',
    on: {
      VADUserStoppedSpeakingFrame(frame, ctx) {
        const transcript = new TranscriptionFrame('A table for two.', 'user', '', { finalized: true })
        ctx.runtime.clock.setTimeout(() => ctx.push(transcript, 'downstream'), delayMs)
        return frame
      },
    },
  })

const audio = (durationMs: number, amplitude: number): (Frame | Pause)[] =>
  Array.from({ length: durationMs / 20 }, () => [
    { pauseMs: 20 },
    new InputAudioRawFrame(
      Int16Array.from({ length: 320 }, (_, i) => amplitude * Math.sin(i / 3)),
      16_000,
    ),
  ]).flat()

/** What leaves the turn processor, with its time, without audio. */
async function converse(frames: readonly (Frame | Pause)[], sttMs: number): Promise<string[]> {
  const log: string[] = []
  const witness = defineProcessor({ name: 'witness', on: { InputAudioRawFrame: () => {} } })
  const turns = new UserTurnProcessor()
  const watch = (name: string) => () => log.push(`${name}@${turns.runtime.clock.nowMs()}`)
  turns.on('userTurnStarted', watch('started'))
  turns.on('userTurnInferenceTriggered', watch('inference'))
  turns.on('userTurnStopped', watch('stopped'))
  turns.on('turnEvent', (event) => {
    if (event.type === 'vadStarted' || event.type === 'vadStopped' || event.type === 'transcript') watch(event.type)()
  })
  await runTest([new LoudnessAnalyzer({ minVolume: 0 }), recogniser(sttMs), turns, witness], { frames })
  return log
}

describe('from audio to a turn', () => {
  const sentence = [...audio(500, 0), ...audio(1000, 9000), ...audio(2000, 0)]

  it('a spoken sentence makes one turn', async () => {
    const log = await converse(sentence, 300)
    expect(log).toEqual([
      'vadStarted@680',
      'started@680',
      'vadStopped@1700',
      'transcript@2000',
      'inference@2300',
      'stopped@2300',
    ])
    expect(await converse(sentence, 300)).toEqual(log)
  })

  it('a recogniser slower than it said releases the turn with its transcript', async () => {
    expect((await converse(sentence, 1500)).slice(3)).toEqual(['transcript@3200', 'inference@3200', 'stopped@3200'])
  })

  it('a microphone that is muted while the user speaks ends the turn', async () => {
    const log = await converse([...audio(1000, 9000), { pauseMs: 3000 }], 100)
    expect(log.slice(2)).toEqual(['vadStopped@2000', 'transcript@2100', 'inference@2600', 'stopped@2600'])
  })
})
