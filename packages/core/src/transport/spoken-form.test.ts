import { expect, test } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { LLMTextFrame, TTSTextFrame } from '../frames/text.ts'
import type { Frame } from '../frames/frame.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import type { SynthesisOptions, TTSEvent, TTSServiceOptions } from '../services/tts-types.ts'
import { TTSService } from '../services/tts-service.ts'
import { TestClock } from '../testing/test-clock.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'
import { MarkdownTextFilter } from '../text/markdown-text-filter.ts'
import { PatternPairAggregator, type TextPattern } from '../text/pattern-pair-aggregator.ts'
import { voiceNormalizer } from '../text/voice-normalizer.ts'

const RATE = 24_000
/** Time to say a character, milliseconds. */
const CHARACTER_MS = 40

class SteadyTTS extends TTSService {
  readonly requests: string[] = []
  readonly #words: boolean

  constructor(words: boolean, options: TTSServiceOptions) {
    super(options)
    this.#words = words
  }

  override async *synthesize(text: string, _options: SynthesisOptions): AsyncIterable<TTSEvent> {
    this.requests.push(text)
    if (this.#words) {
      for (const match of text.matchAll(/\S+/g))
        yield { type: 'word', text: match[0], startUs: match.index * CHARACTER_MS * 1000 }
    }
    yield new Int16Array((text.length * CHARACTER_MS * RATE) / 1000).fill(1000)
  }
}

/** Says a text, cuts it after some time, and tells what is remembered. */
async function cutAfter(text: string, ms: number, words: boolean, options: { skipped?: boolean } = {}) {
  const clock = new TestClock()
  const context = new LLMContext([])
  const pair = new LLMContextAggregatorPair(context)
  const code: TextPattern = { type: 'code', start: '`', end: '`', action: 'aggregate' }
  const tts = new SteadyTTS(words, {
    textFilters: [new MarkdownTextFilter()],
    textTransforms: [voiceNormalizer()],
    ...(options.skipped && { textAggregator: new PatternPairAggregator([code]), skipAggregatorTypes: ['code'] }),
  })
  const task = new PipelineTask(
    new Pipeline([tts, new RecordingOutput(), pair.assistant()]),
    { audioOutSampleRate: RATE },
    { defaultParts: false, idleTimeoutSecs: null, runtime: createTestRuntime(clock) },
  )
  const down: Frame[] = []
  task.on('frameReachedDownstream', (frame) => void down.push(frame))
  const run = task.run()
  await clock.settle()
  for (const frame of [new LLMFullResponseStartFrame(), new LLMTextFrame(text), new LLMFullResponseEndFrame()])
    await task.queueFrame(frame)
  await clock.advance(ms)
  const played = down.filter((frame) => frame instanceof TTSTextFrame).map((frame) => frame.text)
  await task.queueFrame(new InterruptionFrame())
  await clock.advance(1000)
  const [message] = context.messages
  await task.cancel()
  await run
  return { said: message !== undefined && 'content' in message ? message.content : undefined, played, tts }
}

const TEXT = 'It **costs** $29.95 a [month](https://example.com), *dear* friend.'
const SPOKEN = 'It costs twenty nine dollars and ninety five cents a month, dear friend.'

test.each([true, false])(
  "a cut reply is remembered exactly in the model's own words, with marks and figures (word times: %s)",
  async (words) => {
    const after = async (part: string): Promise<unknown> => {
      const ms = (SPOKEN.indexOf(part) + part.length) * CHARACTER_MS + 45
      const { said, tts } = await cutAfter(TEXT, ms, words)
      expect(tts.requests).toEqual([SPOKEN])
      return said
    }
    expect(await after('It')).toBe('It')
    expect(await after('costs')).toBe('It **costs**')
    // Half a price was not heard as a price.
    expect(await after('ninety five')).toBe('It **costs**')
    expect(await after('cents')).toBe('It **costs** $29.95')
    expect(await after('month,')).toBe('It **costs** $29.95 a [month](https://example.com),')
    expect(await after('dear')).toBe('It **costs** $29.95 a [month](https://example.com), *dear*')
  },
)

test('a reply that was heard whole is remembered whole, and its words are shown as written', async () => {
  const { said, played } = await cutAfter(TEXT, SPOKEN.length * CHARACTER_MS + 100, true)
  expect(said).toBe(TEXT)
  expect(played).toEqual(['It', 'costs', '$29.95', 'a', 'month,', 'dear', 'friend.'])
})

test('text that is skipped stands in its place in the context, between what was spoken, without any word times', async () => {
  const { said, tts } = await cutAfter('Look here: `x = 1` is it. Clear?', 5000, false, { skipped: true })
  expect(tts.requests).toEqual(['Look here:', 'is it.', 'Clear?'])
  expect(said).toBe('Look here: x = 1 is it. Clear?')
})
