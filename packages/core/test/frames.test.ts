import { describe, expect, it } from 'vitest'
import {
  defineFrame,
  type Frame,
  FrameProcessor,
  frameFromData,
  frameToData,
  InputAudioRawFrame,
  LLMTextFrame,
  TextFrame,
  TranscriptionFrame,
  TTSAudioRawFrame,
  TTSTextFrame,
  UserAudioRawFrame,
} from '../src/index.ts'
import { started } from './support.ts'

describe('frames', () => {
  it('carry tag, lane and family of their class', () => {
    const { type, lane, sticky, family } = new TTSTextFrame('x', 'word')
    expect([type, lane, sticky, family]).toEqual([
      'TTSTextFrame',
      'ordered',
      false,
      ['TTSTextFrame', 'AggregatedTextFrame', 'TextFrame'],
    ])
    expect([new TranscriptionFrame('x').sticky, new InputAudioRawFrame(new Int16Array(2), 8000).lane]).toEqual([
      true,
      'system',
    ])
  })

  it('a subclass inherits lane and traits unless it says otherwise', () => {
    const parent = new InputAudioRawFrame(new Int16Array(4), 16_000, 2)
    const child = new UserAudioRawFrame(new Int16Array(4), 16_000, 2, 'ann')
    expect([child.lane, child.flags, child.numFrames]).toEqual(['system', parent.flags, 2])
  })

  it('count up and print by class and number', () => {
    const [first, second] = [new TextFrame('a'), new LLMTextFrame('b')]
    expect(second.id).toBe(first.id + 1)
    expect(second.name).toBe(`LLMTextFrame#${second.id}`)
  })

  it('change by copies that keep class, fields and companions', () => {
    const frame = new TTSAudioRawFrame(new Int16Array(2), 24_000, 1, 'ctx').with({ transportDestination: 'left' })
    const copy = frame.with({ sampleRate: 8000, metadata: { a: 1 } })
    expect(copy).toBeInstanceOf(TTSAudioRawFrame)
    expect([copy.sampleRate, copy.contextId, copy.transportDestination, copy.metadata]).toEqual([
      8000,
      'ctx',
      'left',
      { a: 1 },
    ])
    expect([frame.sampleRate, frame.metadata, copy.id === frame.id]).toEqual([24_000, {}, false])
  })

  it('of a broadcast know each other, and keep what else accompanied them', async () => {
    const sender = new FrameProcessor('sender')
    const { down, up } = await started([sender])
    sender.broadcastFrame(new TextFrame('both').with({ metadata: { from: 'here' } }))
    const [[downstream], [upstream]] = [down, up]
    expect([downstream?.broadcastSiblingId, upstream?.broadcastSiblingId]).toEqual([upstream?.id, downstream?.id])
    expect(downstream?.id).not.toBe(upstream?.id)
    expect([downstream, upstream]).toMatchObject([
      { text: 'both', metadata: { from: 'here' } },
      { text: 'both', metadata: { from: 'here' } },
    ])
  })

  it('of one class have one shape', () => {
    const keys = (frame: Frame): string[] => Object.keys(frame)
    expect(keys(new LLMTextFrame('a'))).toEqual(keys(new LLMTextFrame('b', { skipTts: true })))
    expect(keys(new TextFrame('a').with({ text: 'b' }))).toEqual(keys(new TextFrame('a')))
  })

  it('go to plain data and back by their tag', () => {
    const frame = new TTSAudioRawFrame(new Int16Array([1, 2]), 24_000, 1, 'ctx').with({ metadata: { note: 'x' } })
    const back = frameFromData(structuredClone(frameToData(frame)))
    expect(back).toBeInstanceOf(TTSAudioRawFrame)
    expect(Object.entries(back)).toEqual(Object.entries(frame))
    expect(back.lane).toBe('ordered')
  })

  it('of a tag that nobody registered are refused by name', () => {
    expect(() => frameFromData({ type: 'acme/nothing', fields: {} })).toThrow(
      'No frame class is registered as "acme/nothing"',
    )
  })

  it('of a class that was registered after somebody asked to observe its family are observed too', async () => {
    const { started } = await import('./support.ts')
    const seen: string[] = []
    const { task } = await started(
      [],
      {},
      { observers: [{ frames: ['TextFrame'], onPushFrame: (frame) => void seen.push(frame.type) }] },
    )
    class WhisperFrame extends TextFrame<'test/whisper'> {
      static {
        defineFrame(this, 'test/whisper')
      }
    }
    await task.queueFrame(new WhisperFrame('psst'))
    expect(seen).toEqual(['test/whisper'])
  })
})
