import { join } from 'node:path'
import {
  BaseInputTransport,
  BaseOutputTransport,
  LLMService,
  Pipeline,
  PipelineTask,
  type STTEvent,
  STTService,
  type TranscribeOptions,
  TTSService,
  VADAnalyzer,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { describe, expect, it } from 'vitest'
import { LocalSmartTurnAnalyzerV3 } from '../src/index.ts'
import { temporaryFolder } from './folder.ts'
import { type TestSignal, testSignal } from './signals.ts'
import { writeTinyModel } from './tiny-onnx.ts'

const modelPath = await writeTinyModel(join(await temporaryFolder(), 'tiny.onnx'))

class Microphone extends BaseInputTransport {
  hear(audio: Int16Array): void {
    this.receiveAudio(audio, 16_000, 1)
  }
}

/** Takes all that is not silence for speech. */
class SoundVAD extends VADAnalyzer {
  readonly windowSamples = 512
  async load(): Promise<void> {}
  confidence(window: Int16Array): number {
    return window.some((sample) => sample !== 0) ? 1 : 0
  }
  resetModel(): void {}
}

/** Recognises one sentence when voice activity ends. */
class OneSentence extends STTService {
  override async *transcribe(
    audio: AsyncIterable<Int16Array>,
    { onFinalize }: TranscribeOptions,
  ): AsyncIterable<STTEvent> {
    let ended = false
    onFinalize(() => (ended = true))
    yield { type: 'open' }
    for await (const _piece of audio) {
      if (ended) yield { type: 'final', text: 'A table for two.', finalized: true }
      ended = false
    }
  }
}

class Host extends LLMService {
  askedMs = Number.NaN
  override async *generate(): AsyncIterable<string> {
    this.askedMs = this.runtime.clock.nowMs()
    yield 'At what time?'
  }
}

class Voice extends TTSService {
  override async *synthesize(): AsyncIterable<Int16Array> {
    yield new Int16Array(2400).fill(9000)
  }
}

class Loudspeaker extends BaseOutputTransport {
  loudest = 0
  protected override writeAudio({ audio }: { readonly audio: Int16Array }): void {
    this.loudest = Math.max(this.loudest, ...audio)
  }
  protected override writeMessage(): void {}
}

/** How long after 2 s of sound and its end the model was asked, in seconds, in the list of the reference. */
async function patience(sound: TestSignal): Promise<number> {
  const clock = new TestClock()
  const [input, llm, output] = [new Microphone({ name: 'input' }), new Host(), new Loudspeaker({ name: 'output' })]
  const vad = new SoundVAD({ params: { stopSecs: 0.2, minVolume: 0 } })
  const turnAnalyzer = new LocalSmartTurnAnalyzerV3({ modelPath })
  const task = new PipelineTask(
    new Pipeline([input, vad, turnAnalyzer, new OneSentence(), llm, new Voice(), output]),
    {},
    { runtime: createTestRuntime(clock), idleTimeoutSecs: null },
  )
  const run = task.run()
  await task.started
  for (const audio of [testSignal(sound, 32_000), new Int16Array(64_000)]) {
    for (let at = 0; at < audio.length; at += 320) {
      input.hear(audio.slice(at, at + 320))
      await clock.advance(20)
    }
  }
  await clock.advance(2000)
  expect(output.loudest).toBeGreaterThan(8000)
  void task.cancel()
  await clock.advanceUntil(() => task.hasFinished())
  await run
  return (llm.askedMs - 2000) / 1000
}

describe('document B, the developer reference', () => {
  it('B4: LocalSmartTurnAnalyzerV3 in the list', async () => {
    expect(await patience('voice')).toBeLessThan(0.4)
    expect(await patience('faint')).toBeCloseTo(3, 0)
  })
})
