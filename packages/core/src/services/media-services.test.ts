import { describe, expect, test } from 'vitest'
import { TTSAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { type OutputImageRawFrame, type URLImageRawFrame, UserImageRawFrame } from '../frames/image.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import { TextFrame } from '../frames/text.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { runTest } from '../testing/run-test.ts'
import { type GeneratedImage, ImageGenService } from './image-gen-service.ts'
import type { LLMEvent } from './llm-types.ts'
import { type RenderSpeechOptions, type VideoEvent, VideoService } from './video-service.ts'
import { type DescribeImageOptions, VisionService } from './vision-service.ts'

const pixel = { image: new Uint8Array(3), size: [1, 1] as const, format: 'RGB' }
const told = (frames: readonly Frame[]): string[] =>
  frames.map((frame) =>
    'text' in frame && typeof frame.text === 'string' ? frame.text : frame.type.replace(/LLMFullResponse|Frame/g, ''),
  )
const broken = (kind: 'auth' | 'transient'): PcError => new PcError('out of order', { code: 'broken', kind })
const codes = (up: readonly Frame[]): unknown[] =>
  up.flatMap((frame) => ('error' in frame ? [(frame.error as PcError).code] : []))

describe('ImageGenService', () => {
  class Painter extends ImageGenService {
    readonly asked: string[] = []
    readonly #failures: PcError[]
    constructor(failures: readonly PcError[] = []) {
      super({ name: 'painter' })
      this.#failures = [...failures]
    }
    override async *generateImage(text: string): AsyncIterable<GeneratedImage> {
      this.asked.push(text)
      await sleep(this.runtime.clock, 100)
      const failure = this.#failures.shift()
      if (failure !== undefined) throw failure
      yield { ...pixel, url: `https://images.example/${text}` }
    }
  }

  test('passes a text on, draws it, and what follows waits for the picture', async () => {
    const { down } = await runTest(new Painter(), { frames: [new TextFrame('cat'), new TextFrame(' ')] })
    expect(told(down)).toEqual(['cat', 'URLImageRaw', ' '])
    expect(down[1] as URLImageRawFrame).toMatchObject({ ...pixel, url: 'https://images.example/cat' })
  })

  test('tries once more after a failure that may pass; a permanent one makes it unusable', async () => {
    const again = new Painter([broken('transient')])
    expect(told((await runTest(again, { frames: [new TextFrame('cat')] })).down)).toEqual(['cat', 'URLImageRaw'])
    const refused = new Painter([broken('auth')])
    const { down, up } = await runTest(refused, { frames: [new TextFrame('cat'), new TextFrame('dog')] })
    expect([told(down), codes(up), refused.isUsable, refused.asked]).toEqual([
      ['cat', 'dog'],
      ['broken'],
      false,
      ['cat'],
    ])
  })

  test('an interruption drops the picture in the making', async () => {
    const { down } = await runTest(new Painter(), {
      frames: [new TextFrame('cat'), new InterruptionFrame(), new TextFrame('dog'), { pauseMs: 300 }],
    })
    expect(told(down)).toEqual(['cat', 'dog', 'URLImageRaw'])
  })
})

describe('VisionService', () => {
  class Eyes extends VisionService {
    readonly #failure: PcError | undefined
    constructor(failure?: PcError) {
      super({ name: 'eyes' })
      this.#failure = failure
    }
    override async *describeImage(
      { size }: UserImageRawFrame,
      { question }: DescribeImageOptions,
    ): AsyncIterable<LLMEvent> {
      if (this.#failure !== undefined) throw this.#failure
      await sleep(this.runtime.clock, 100)
      yield `${question} `
      yield size.join(' by ')
    }
  }
  const picture = (text?: string, appendToContext = false): UserImageRawFrame =>
    new UserImageRawFrame(pixel, { text, appendToContext })

  test('answers a question about a picture as a model would; pictures pass at once', async () => {
    const { down } = await runTest(new Eyes(), { frames: [picture('How big?'), picture()], end: false })
    expect(down.map(({ type }) => type).slice(0, 3)).toEqual([
      'UserImageRawFrame',
      'LLMFullResponseStartFrame',
      'UserImageRawFrame',
    ])
    const whole = await runTest(new Eyes(), { frames: [picture('How big?')] })
    expect(told(whole.down.slice(1))).toEqual(['Start', 'How big? ', '1 by 1', 'End'])
  })

  test('leaves pictures without a question, or for the language model, alone', async () => {
    const { down } = await runTest(new Eyes(), { frames: [picture(), picture('Look', true)] })
    expect(down).toHaveLength(2)
  })

  test('ends its response when it fails, and is cut by an interruption', async () => {
    const eyes = new Eyes(broken('auth'))
    const failed = await runTest(eyes, { frames: [picture('How big?')] })
    expect([told(failed.down.slice(1)), codes(failed.up), eyes.isUsable]).toEqual([['Start', 'End'], ['broken'], false])
    const cut = await runTest(new Eyes(), { frames: [picture('How big?'), new InterruptionFrame(), { pauseMs: 200 }] })
    expect(told(cut.down.slice(1))).toEqual(['Start'])
  })
})

describe('VideoService', () => {
  type Face = (audio: AsyncIterable<Int16Array>, options: RenderSpeechOptions) => AsyncIterable<VideoEvent>

  class Avatar extends VideoService {
    signals: AbortSignal[] = []
    readonly #face: Face
    constructor(face: Face) {
      super('avatar')
      this.#face = face
    }
    override renderSpeech(audio: AsyncIterable<Int16Array>, options: RenderSpeechOptions): AsyncIterable<VideoEvent> {
      this.signals.push(options.signal)
      return this.#face(audio, options)
    }
  }

  const usual: Face = async function* (audio) {
    for await (const chunk of audio) {
      yield { type: 'image', ...pixel }
      yield { type: 'audio', audio: chunk }
    }
  }
  const speech = (...values: number[]): Frame[] => [
    new TTSStartedFrame('u'),
    ...values.map((value) => new TTSAudioRawFrame(new Int16Array(240).fill(value), 24_000, 1, 'u')),
    new TTSStoppedFrame('u'),
  ]
  const heard = (down: readonly Frame[]): unknown[] =>
    down.map((frame) =>
      frame.type === 'TTSAudioRawFrame'
        ? `${(frame as TTSAudioRawFrame).audio[0]} ${(frame as TTSAudioRawFrame).contextId}`
        : frame.type.replace('Frame', ''),
    )

  test('shows the speech, sound and pictures in their order and within the utterance', async () => {
    const { down } = await runTest(new Avatar(usual), { frames: [...speech(1, 2), new TextFrame('after')] })
    expect(heard(down)).toEqual(['TTSStarted', 'OutputImageRaw', '1 u', 'OutputImageRaw', '2 u', 'TTSStopped', 'Text'])
    expect(down[1] as OutputImageRawFrame).toMatchObject(pixel)
  })

  test('when it fails the agent goes on as a voice, with what the provider had not taken', async () => {
    const avatar = new Avatar(() => {
      throw broken('auth')
    })
    const { down, up } = await runTest(avatar, { frames: [...speech(1, 2), ...speech(3)] })
    expect(heard(down)).toEqual(['TTSStarted', '1 u', '2 u', 'TTSStopped', 'TTSStarted', '3 u', 'TTSStopped'])
    expect([codes(up), avatar.isUsable, avatar.signals.length]).toEqual([['broken'], false, 1])
  })

  test('a provider that does not come to an end is given up, and nothing is held for ever', async () => {
    const avatar = new Avatar(() => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    }))
    const { down, up, clock } = await runTest(avatar, { frames: speech(1) })
    expect([heard(down), codes(up), avatar.signals[0]?.aborted]).toEqual([
      ['TTSStarted', '1 u', 'TTSStopped'],
      ['video-stalled'],
      true,
    ])
    expect(clock.nowMs()).toBe(10_000)
  })

  test('an interruption cuts it at once, and the next utterance starts anew', async () => {
    const avatar = new Avatar(usual)
    const { down } = await runTest(avatar, {
      frames: [...speech(1).slice(0, 2), new InterruptionFrame(), ...speech(2)],
    })
    expect(heard(down)).toEqual([
      'TTSStarted',
      'OutputImageRaw',
      '1 u',
      'TTSStarted',
      'OutputImageRaw',
      '2 u',
      'TTSStopped',
    ])
    expect(avatar.signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })
})
