// Checked by the compiler only: what the types of frames promise.
import {
  type AnyFrame,
  defineFrame,
  defineProcessor,
  Frame,
  type FrameProcessor,
  type FrameFamily,
  LLMTextFrame,
  TextFrame,
  TTSTextFrame,
} from '../src/index.ts'

class GestureFrame extends Frame<'acme/gesture'> {
  declare readonly wave: number
  constructor(wave: number) {
    super()
    this.wave = wave
  }
  static {
    defineFrame(this, 'acme/gesture', { lane: 'system' })
  }
}

class LoudTextFrame extends TextFrame<'acme/loud'> {
  static {
    defineFrame(this, 'acme/loud')
  }
}

declare module '../src/index.ts' {
  interface FrameTypes {
    'acme/gesture': GestureFrame
    'acme/loud': LoudTextFrame
  }
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const check = <T extends true>(value: T): T => value

/** A switch narrows to the exact class, third parties' included, and catches typing errors. */
export function narrowing(frame: AnyFrame): unknown {
  switch (frame.type) {
    case 'TTSAudioRawFrame':
      return frame.contextId
    case 'LLMTextFrame':
      return check<Equal<typeof frame, LLMTextFrame>>(true)
    case 'acme/gesture':
      return frame.wave
    // @ts-expect-error there is no such frame
    case 'TextFrme':
      return undefined
    default:
      return undefined
  }
}

/** A handler for a base class gets the subclasses too. */
export const family: FrameFamily<'TextFrame'>['type'][] = [
  'TextFrame',
  'LLMTextFrame',
  'TTSTextFrame',
  'AggregatedTextFrame',
  'acme/loud',
  // @ts-expect-error a transcript is no text of the agent
  'TranscriptionFrame',
]
check<Equal<FrameFamily<'StartFrame'>['type'], 'StartFrame'>>(true)

export const handlers: FrameProcessor = defineProcessor({
  name: 'typed',
  on: {
    TextFrame: (frame) => frame.with({ text: frame.text.toUpperCase() }),
    TTSTextFrame: (frame, ctx) => ctx.push(frame.with({ offsetUs: 5 })),
    'acme/gesture': (frame) => void frame.wave.toFixed(),
    async TranscriptionFrame(frame, ctx) {
      await ctx.ready()
      return frame.with({ language: 'de' })
    },
    // @ts-expect-error no such frame
    Textframe: () => {},
  },
})

const text = new LLMTextFrame('x')
check<Equal<ReturnType<typeof text.with>, LLMTextFrame>>(true)
// @ts-expect-error frames do not change
text.text = 'y'
// @ts-expect-error no such field
text.with({ txt: 'y' })
// @ts-expect-error the tag is fixed
text.with({ type: 'TextFrame' })
export const widened: TextFrame<string> = new TTSTextFrame('x', 'word')
