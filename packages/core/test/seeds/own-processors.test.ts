import { expect, it } from 'vitest'
import {
  type AnyFrame,
  type AudioFrame,
  AudioProcessor,
  type FrameDirection,
  FrameProcessor,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMMessagesFrame,
  LLMProcessor,
  LLMTextFrame,
  type Message,
  messageText,
  OutputAudioRawFrame,
  Pipeline,
  PipelineTask,
  TextFrame,
  TranscriptionFrame,
} from '../../src/index.ts'
import { tell } from '../talk.ts'
import { LoudnessAnalyzer, read, spell, Stage } from './stage.ts'

/** Recognition as the guide writes it: results come by a callback, outside of any handler. */
class OwnSTT extends FrameProcessor {
  #sound: Int16Array[] = []

  override async processFrame(frame: AnyFrame, direction: FrameDirection): Promise<void> {
    if (frame.type === 'InputAudioRawFrame') {
      this.#sound.push(frame.audio)
      return
    }
    this.pushFrame(frame, direction)
    if (frame.type === 'VADUserStoppedSpeakingFrame') this.#onMessage(read(this.#sound.splice(0), 16_000))
  }

  #onMessage(transcript: string): void {
    if (transcript.trim() !== '') this.pushFrame(new TranscriptionFrame(transcript, 'user', '', { finalized: true }))
  }
}

/** A model as the guide writes it, with the spoken apology. */
class OwnLLM extends LLMProcessor {
  override async processLLMMessages(frame: LLMMessagesFrame, direction: FrameDirection): Promise<void> {
    try {
      for (const chunk of this.#complete(frame.messages)) this.pushFrame(new LLMTextFrame(chunk), direction)
    } catch {
      this.pushFrame(new TextFrame("I apologize, but I'm having trouble."), direction)
    }
  }

  #complete(messages: readonly Message[]): string[] {
    const last = messages.at(-1)
    const said = last !== undefined && 'content' in last ? messageText(last) : ''
    if (said === 'Fail') throw new Error('503')
    return ['You ', `said ${said}.`]
  }
}

/** Synthesis as the guide writes it. */
class OwnTTS extends FrameProcessor {
  override async processFrame(frame: AnyFrame, direction: FrameDirection): Promise<void> {
    if (frame.type === 'TextFrame' || frame.type === 'LLMTextFrame') {
      this.pushFrame(new OutputAudioRawFrame(spell(frame.text, 22_000), 22_000), direction)
    } else this.pushFrame(frame, direction)
  }
}

class HalfVolume extends AudioProcessor {
  override async processAudio(frame: AudioFrame, direction: FrameDirection): Promise<void> {
    this.pushFrame(frame.with({ audio: frame.audio.map((sample) => sample / 2) }), direction)
  }
}

class DoubleVolume extends AudioProcessor {
  override processAudio(frame: AudioFrame): AudioFrame {
    return frame.with({ audio: frame.audio.map((sample) => sample * 2) })
  }
}

it('recognition, model, synthesis and audio processors of one’s own make an assistant', async () => {
  const stage = new Stage({ vadAnalyzer: new LoudnessAnalyzer(), audioOutSampleRate: 22_000 })
  const { transport } = stage
  const context = new LLMContext()
  const pair = new LLMContextAggregatorPair(context)
  const pipeline = new Pipeline([
    transport.input(),
    new HalfVolume(),
    new DoubleVolume(),
    new OwnSTT(),
    pair.user,
    new OwnLLM(),
    pair.assistant,
    new OwnTTS(),
    transport.output(),
  ])
  const task = new PipelineTask(pipeline, {}, stage.options)
  const run = task.run()
  await stage.clock.settle()
  await stage.say('Hello')
  await stage.say('Fail', 3000)
  await task.stopWhenDone()
  await stage.clock.advance(5000)
  await run
  expect(stage.heard).toEqual(["You said Hello.I apologize, but I'm having trouble."])
  expect(tell(context.messages)).toEqual([
    'user: Hello',
    'assistant: You said Hello.',
    'user: Fail',
    "assistant: I apologize, but I'm having trouble.",
  ])
})
