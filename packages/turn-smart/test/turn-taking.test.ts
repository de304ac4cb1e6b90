import { join } from 'node:path'
import {
  InputAudioRawFrame,
  TranscriptionFrame,
  TurnAnalyzerUserTurnStopStrategy,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import type { Frame } from '@pc/core'
import { runTest } from '@pc/core/testing'
import type { Pause } from '@pc/core/testing'
import { describe, expect, test } from 'vitest'
import { LocalSmartTurnAnalyzerV3 } from '../src/local-smart-turn-analyzer-v3.ts'
import { onnxRuntimeTrouble, temporaryFolder } from './folder.ts'
import { testSignal } from './signals.ts'
import { writeTinyModel } from './tiny-onnx.ts'

const folder = await temporaryFolder()
const modelPath = await writeTinyModel(join(folder, 'tiny.onnx'))
const trouble = await onnxRuntimeTrouble()
if (trouble) console.warn(`skipped: ${trouble}`)

const steady = (audio: Int16Array): (Frame | Pause)[] =>
  Array.from({ length: audio.length / 320 }, (_, i) => [
    new InputAudioRawFrame(audio.slice(i * 320, (i + 1) * 320), 16_000),
    { pauseMs: 20 },
  ]).flat()

/** 4 s of speech that the test's model takes for complete (`voice`) or not (`faint`), then 5 s of silence. */
const conversation = (speech: 'voice' | 'faint'): (Frame | Pause)[] => [
  new VADUserStartedSpeakingFrame(0.2),
  ...steady(testSignal(speech, 64_000)),
  new TranscriptionFrame('A table for two.', 'user', '', { finalized: true }),
  new VADUserStoppedSpeakingFrame(0.2),
  ...steady(new Int16Array(80_000)),
]

/** How long after voice detection saw the end of speech the turn ended, and what went wrong meanwhile. */
async function endOf(
  speech: 'voice' | 'faint',
  path: string,
  place: 'strategy' | 'list' = 'strategy',
): Promise<{ afterMs: number; errors: string[] }> {
  const turnAnalyzer = new LocalSmartTurnAnalyzerV3({ modelPath: path })
  const stop = [new TurnAnalyzerUserTurnStopStrategy({ turnAnalyzer })]
  const turns = new UserTurnProcessor(place === 'strategy' ? { userTurnStrategies: { stop } } : {})
  let silentMs = Number.NaN
  let stoppedMs = Number.NaN
  turns.on('turnEvent', (event) => {
    if (event.type === 'vadStopped') silentMs = turns.runtime.clock.nowMs()
  })
  turns.on('userTurnStopped', () => {
    stoppedMs = turns.runtime.clock.nowMs()
  })
  const { up } = await runTest(place === 'list' ? [turnAnalyzer, turns] : turns, { frames: conversation(speech) })
  const errors = up.flatMap((frame) => (frame.type === 'ErrorFrame' && 'error' in frame ? [String(frame.error)] : []))
  return { afterMs: stoppedMs - silentMs, errors }
}

describe.skipIf(trouble !== undefined)('with onnxruntime-node, in a pipeline', () => {
  test('a turn that the model takes for complete ends without a wait for silence', async () => {
    expect(await endOf('voice', modelPath)).toEqual({ afterMs: 0, errors: [] })
  })

  test('it does so where it only stands in the list of the pipeline', async () => {
    expect(await endOf('voice', modelPath, 'list')).toEqual({ afterMs: 0, errors: [] })
  })

  test('a turn that the model takes for incomplete goes on through a pause, until 3 s of silence', async () => {
    const { afterMs, errors } = await endOf('faint', modelPath)
    expect(errors).toEqual([])
    expect(afterMs).toBeGreaterThan(2950)
    expect(afterMs).toBeLessThanOrEqual(3020)
  })

  test('a model that is not there is reported, and silence ends the turn', async () => {
    const { afterMs, errors } = await endOf('voice', join(folder, 'nowhere.onnx'))
    expect(errors.join()).toContain('nowhere.onnx')
    expect(afterMs).toBeGreaterThan(500)
    expect(afterMs).toBeLessThan(1000)
  })
})
