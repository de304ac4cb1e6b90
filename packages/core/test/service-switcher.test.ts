import { describe, expect, it } from 'vitest'
import {
  defineProcessor,
  EndFrame,
  type Frame,
  FrameProcessor,
  InterruptionFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMTextFrame,
  LLMUpdateSettingsFrame,
  ManuallySwitchServiceFrame,
  PcError,
  ServiceSwitcher,
  ServiceSwitcherStrategy,
  ServiceSwitcherStrategyFailover,
  ServiceSwitcherStrategyManual,
  ServiceSwitcherStrategyRoundRobin,
  STTMetadataFrame,
  type SynthesisOptions,
  TextFrame,
  type TTSEvent,
  TTSService,
  TTSSpeakFrame,
  type TTSTextFrame,
  TTSUpdateSettingsFrame,
  UserStartedSpeakingFrame,
} from '../src/index.ts'
import { delay, Probe, type Rig, started } from './support.ts'
import { type Delivery, ScriptedVoice, silent } from './talk.ts'

const named = (name: string): FrameProcessor =>
  defineProcessor({ name, on: { TextFrame: (frame) => frame.with({ text: `${name} ${frame.text}` }) } })

const gone = (): PcError => new PcError('gone', { code: 'gone', kind: 'transient' })
const refused = (): PcError => new PcError('wrong key', { code: 'refused', kind: 'auth' })

/** Fails at texts that hold `bad`. */
const failing =
  (bad: string, error: () => PcError, after: readonly TTSEvent[] = []): Delivery =>
  (text) =>
    text.includes(bad)
      ? (async function* (): AsyncIterable<TTSEvent> {
          yield* after
          throw error()
        })()
      : undefined

const reply = (...texts: string[]): Frame[] => [
  new LLMFullResponseStartFrame(),
  ...texts.map((text) => new LLMTextFrame(text)),
  new LLMFullResponseEndFrame(),
]

/** The spoken units that left, with their places among the brackets. */
const told = ({ down }: Rig): string[] =>
  down.flatMap((frame) => {
    if (frame.type === 'TTSTextFrame')
      return (frame as TTSTextFrame).offsetUs === undefined ? [(frame as TTSTextFrame).text] : []
    if (frame.type === 'TTSAudioRawFrame' || frame.type === 'AggregatedTextFrame') return []
    return [frame.type.replace('LLMFullResponse', '').replace('Frame', '')]
  })

async function send({ task, clock }: Rig, ...frames: Frame[]): Promise<void> {
  for (const frame of frames) await task.queueFrame(frame)
  await clock.settle()
}

const voices = (delivery?: Delivery): [ScriptedVoice, ScriptedVoice] => [
  new ScriptedVoice({ name: 'first', words: false, delivery }),
  new ScriptedVoice({ name: 'second', words: false }),
]

describe('choosing by hand', () => {
  it('only the active service gets frames and is heard; it is chosen by index, by itself and by setService', async () => {
    const [a, b] = [named('a'), named('b')]
    const switcher = new ServiceSwitcher({ services: [a, b] })
    const it = await started([switcher])
    const seen: unknown[] = []
    switcher.on('serviceSwitched', (now, before, reason) => seen.push([now.name, before.name, reason]))
    await send(it, new TextFrame('1'), new ManuallySwitchServiceFrame({ serviceIndex: 1 }), new TextFrame('2'))
    await send(it, new ManuallySwitchServiceFrame({ service: a }), new TextFrame('3'))
    switcher.setService(b)
    await send(it, new TextFrame('4'))
    expect(it.texts()).toEqual(['a 1', 'b 2', 'a 3', 'b 4'])
    expect(seen).toEqual([
      ['b', 'a', 'manual'],
      ['a', 'b', 'manual'],
      ['b', 'a', 'manual'],
    ])
    expect(switcher.getCurrentService()).toBe(b)
  })

  it('takes services and strategy in order or by name, the strategy as an instance or a class', async () => {
    const forms = [
      new ServiceSwitcher([named('a'), named('b')], new ServiceSwitcherStrategyManual({ defaultIndex: 1 }), 'voices'),
      new ServiceSwitcher({
        services: [named('a'), named('b')],
        strategy: new ServiceSwitcherStrategyManual(1),
        name: 'voices',
      }),
      new ServiceSwitcher({
        services: [named('b'), named('c')],
        strategy: ServiceSwitcherStrategyManual,
        name: 'voices',
      }),
    ]
    for (const switcher of forms) {
      const { task, texts } = await started([switcher])
      await task.queueFrame(new TextFrame('x'))
      expect([switcher.name, texts()]).toEqual(['voices', ['b x']])
    }
    expect(() => forms[0]!.setService(7)).toThrow('voices has 2 services')
    expect(() => new ServiceSwitcher([])).toThrow('at least one branch')
  })

  it('a choice takes effect in its turn: what went in before is finished by the service that has it', async () => {
    const it = await started([new ServiceSwitcher([delay('slow', 50), named('b')])])
    await send(it, new TextFrame('1'), new ManuallySwitchServiceFrame(1), new TextFrame('2'))
    expect(it.texts()).toEqual([])
    await it.clock.advance(50)
    expect(it.texts()).toEqual(['1', 'b 2'])
  })

  it('survives an interruption, and so does the service after it', async () => {
    const it = await started([new ServiceSwitcher([delay('slow', 50), named('b')])])
    await send(it, new TextFrame('1'), new ManuallySwitchServiceFrame(1))
    await send(it, new InterruptionFrame(), new TextFrame('2'))
    await it.clock.advance(100)
    expect(it.texts()).toEqual(['b 2'])
    expect(it.task.counters.detached).toBe(0)
  })

  it('leaves a choice that it cannot make to the next switcher, and refuses an unusable service', async () => {
    const [x, y] = voices()
    y.setUsable(false)
    const first = new ServiceSwitcher([named('a'), named('b')])
    const second = new ServiceSwitcher([x, y])
    const third = new ServiceSwitcher([named('p'), named('q'), named('r')])
    const it = await started([first, second, third])
    await send(it, new ManuallySwitchServiceFrame({ service: y }), new ManuallySwitchServiceFrame(2))
    expect([first, second, third].map((each) => each.activeService.name)).toEqual(['a', 'first', 'r'])
    expect(it.down).toEqual([])
    await send(it, new ManuallySwitchServiceFrame({ service: named('nobody') }))
    expect(it.down.map(({ type }) => type)).toEqual(['ManuallySwitchServiceFrame'])
  })

  it('in the middle of a reply the next voice speaks the rest, and the first forgets what it held', async () => {
    const [first, second] = voices()
    const it = await started([new ServiceSwitcher([first, second])])
    const [open, , close] = reply('x')
    await send(it, open!, new LLMTextFrame('One. Two'), new ManuallySwitchServiceFrame(1))
    await send(it, new LLMTextFrame(' three.'), close!, new ManuallySwitchServiceFrame(0), ...reply('Four.'))
    await it.clock.settle()
    expect([first.spoken, second.spoken]).toEqual([['One.', 'Four.'], ['Two three.']])
    const bracket = (text: string): string[] => ['TTSStarted', text, 'TTSStopped']
    expect(told(it)).toEqual([
      'Start',
      ...bracket('One.'),
      ...bracket('Two three.'),
      'End',
      'Start',
      ...bracket('Four.'),
      'End',
    ])
  })
})

describe('what goes where', () => {
  it('every service starts and ends once, and a lifecycle frame leaves once', async () => {
    const seen: string[] = []
    const member = (name: string): FrameProcessor =>
      defineProcessor({
        name,
        on: {},
        onStart: () => void seen.push(`${name} starts`),
        onEnd: () => void seen.push(`${name} ends`),
        onCleanup: () => void seen.push(`${name} cleans up`),
      })
    let starts = 0
    const after = defineProcessor({ name: 'after', on: {}, onStart: () => void starts++ })
    const it = await started([new ServiceSwitcher([member('a'), member('b')]), after])
    await send(it, new EndFrame())
    await it.run
    expect([starts, seen]).toEqual([1, ['a starts', 'b starts', 'a ends', 'b ends', 'a cleans up', 'b cleans up']])
  })

  it('frames pass in both directions once', async () => {
    const it = await started([new ServiceSwitcher([new FrameProcessor('a'), new FrameProcessor('b')])])
    await send(it, new TextFrame('x'), new UserStartedSpeakingFrame())
    await it.task.queueFrame(new TextFrame('up'), 'upstream')
    expect([it.texts(), it.up.length]).toEqual([['x', 'UserStartedSpeakingFrame'], 1])
  })

  it('settings reach the active service, an addressed one, or all of them, and never another provider', async () => {
    const [first, second] = voices()
    const it = await started([new ServiceSwitcher([first, second])])
    const speeds = (): unknown => [first.settings.speed, second.settings.speed]
    await send(it, new TTSUpdateSettingsFrame({ speed: 2 }))
    expect(speeds()).toEqual([2, undefined])
    await send(it, new TTSUpdateSettingsFrame({ speed: 3 }, { service: second }))
    expect(speeds()).toEqual([2, 3])
    await send(it, new TTSUpdateSettingsFrame({ speed: 4 }, { reachInactiveServices: true }))
    expect(speeds()).toEqual([4, 4])
    await send(it, new LLMUpdateSettingsFrame({ model: 'other' }))
    expect(it.down.map(({ type }) => type)).toEqual(['LLMUpdateSettingsFrame'])
  })

  it('what services say of themselves leaves for the active one only, again when another becomes active', async () => {
    const ears = (name: string): FrameProcessor =>
      new Probe(name, function (frame, direction, ctx) {
        ctx.push(frame, direction)
        if (frame.type === 'StartFrame') this.broadcastFrame(new STTMetadataFrame(name, 1))
      })
    const it = await started([new ServiceSwitcher([ears('a'), ears('b')])])
    const said = (): unknown =>
      [it.down, it.up].map((frames) => frames.map((frame) => (frame as STTMetadataFrame).serviceName))
    expect(said()).toEqual([['a'], ['a']])
    await send(it, new ManuallySwitchServiceFrame(1))
    expect(said()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('an error that comes from elsewhere passes and changes nothing; one of an inactive service ends here', async () => {
    const [first, second] = voices()
    const switcher = new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)
    const broken = defineProcessor({
      name: 'broken',
      on: {
        TTSAudioRawFrame() {
          throw refused()
        },
      },
    })
    const it = await started([switcher, broken])
    await send(it, new TTSSpeakFrame('Hello.'))
    second.pushError(refused())
    expect([switcher.activeService.name, it.errors]).toEqual(['first', ['broken: wrong key']])
  })
})

describe('strategies', () => {
  it('round robin takes the next service for every request, passing over unusable ones', async () => {
    const [first, second] = voices()
    const third = new ScriptedVoice({ name: 'third' })
    const it = await started([new ServiceSwitcher([first, second, third], ServiceSwitcherStrategyRoundRobin)])
    second.setUsable(false)
    await send(it, ...reply('One. ', 'Two.'), ...reply('Three.'), ...reply('Four.'), new TTSSpeakFrame('Five.'))
    await it.clock.settle()
    expect([first.spoken, second.spoken, third.spoken]).toEqual([['One.', 'Two.', 'Four.'], [], ['Three.', 'Five.']])
  })

  it('a strategy of its own that only moves on when somebody tells it, as on the event of a service', async () => {
    class Fallback extends ServiceSwitcherStrategy {
      current = 0
      override select(): number {
        return this.current
      }
      override onError(): void {
        this.current = (this.current + 1) % 3
      }
    }
    const strategy = new Fallback()
    const services = [...voices(failing('', gone)), new ScriptedVoice({ name: 'third' })] as const
    services[0].eventHandler('on_connection_error', () => strategy.onError())
    const it = await started([new ServiceSwitcher({ services, strategy })])
    await send(it, ...reply('Hello.'))
    await it.clock.settle()
    expect([strategy.current, services[1].spoken, services[2].spoken, it.errors]).toEqual([1, ['Hello.'], [], []])
  })

  it('a strategy of its own with select and onError gets the error and the service, and its index counts', async () => {
    const told: unknown[] = []
    class Mine extends ServiceSwitcherStrategy {
      #index = 0
      override select(): number {
        return this.#index
      }
      override onError(error: PcError, failed: FrameProcessor, services: readonly FrameProcessor[]): void {
        told.push([error.code, failed.name, services.length])
        this.#index = 1
      }
    }
    const [first, second] = voices(failing('', gone))
    const it = await started([new ServiceSwitcher([first, second], Mine)])
    await send(it, ...reply('Hello.'))
    await it.clock.settle()
    expect([told, second.spoken]).toEqual([[['gone', 'first', 2]], ['Hello.']])
  })

  it('an index that no service has changes nothing', async () => {
    class Lost extends ServiceSwitcherStrategy {
      override select(): number {
        return 9
      }
    }
    const it = await started([new ServiceSwitcher([named('a'), named('b')], Lost)])
    await send(it, new TextFrame('x'))
    expect(it.texts()).toEqual(['a x'])
  })
})

describe('failover of a voice', () => {
  it('speaks the sentence that failed, and the rest of the reply, by the next service; nobody hears of the error', async () => {
    const [first, second] = voices(failing('Two', gone))
    const switcher = new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)
    const it = await started([switcher])
    await send(it, ...reply('One. Two', ' two. Th', 'ree. Four.'))
    await it.clock.settle()
    expect(second.spoken).toEqual(['Two two.', 'Three.', 'Four.'])
    expect(told(it)).toEqual([
      'Start',
      'TTSStarted',
      'One.',
      'TTSStopped',
      'TTSStarted',
      'Two two.',
      'Three.',
      'Four.',
      'TTSStopped',
      'End',
    ])
    expect([it.errors, switcher.activeService.name]).toEqual([[], 'second'])
    // Text that could not be spoken is not shown beside the same text spoken.
    expect(
      it.down.flatMap((frame) =>
        'willBeSpoken' in frame && 'rawText' in frame && !frame.willBeSpoken && frame.type === 'AggregatedTextFrame'
          ? [frame]
          : [],
      ),
    ).toEqual([])
  })

  it('begins a sentence again that broke in the middle, and closes the utterance that had begun', async () => {
    const [first, second] = voices(failing('Two', gone, [new Int16Array(4800).fill(1000)]))
    const it = await started([new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)])
    await send(it, ...reply('Two.'))
    await it.clock.settle()
    expect(second.spoken).toEqual(['Two.'])
    expect(told(it)).toEqual(['Start', 'TTSStarted', 'TTSStopped', 'TTSStarted', 'Two.', 'TTSStopped', 'End'])
  })

  it('stays within the response: a model that pauses after the failover goes on in the same utterance', async () => {
    const [first, second] = voices(failing('One', gone))
    const it = await started([new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)])
    const [open, , close] = reply('x')
    await send(it, open!, new LLMTextFrame('One. Two'))
    await it.clock.advance(5000)
    await send(it, new LLMTextFrame(' three.'), close!)
    await it.clock.settle()
    expect(told(it)).toEqual(['Start', 'TTSStarted', 'One.', 'Two three.', 'TTSStopped', 'End'])
  })

  it('speaks the rest of a text of its own', async () => {
    const [first, second] = voices(failing('Two', refused))
    const it = await started([new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)])
    await send(it, new TTSSpeakFrame('One. Two. Three.'))
    await it.clock.settle()
    expect([first.spoken, second.spoken]).toEqual([
      ['One.', 'Two.'],
      ['Two.', 'Three.'],
    ])
  })

  it('goes through all services once, and reports the last error when none works', async () => {
    const services = ['a', 'b', 'c'].map((name) => new ScriptedVoice({ name, delivery: failing('', refused) }))
    const switcher = new ServiceSwitcher({ services, strategy: ServiceSwitcherStrategyFailover, name: 'voices' })
    const it = await started([switcher])
    await send(it, ...reply('Hello.'))
    await it.clock.settle()
    expect(services.map(({ spoken }) => spoken)).toEqual([['Hello.'], ['Hello.'], ['Hello.']])
    expect(it.errors).toEqual(['voices: voices has no service left that works. Last error: wrong key'])
    expect([switcher.isUsable, told(it).at(-1)]).toEqual([false, 'End'])
  })

  it('an error that all services share goes on its way once, each having tried once', async () => {
    const services = ['a', 'b'].map((name) => new ScriptedVoice({ name, delivery: failing('Bad', gone) }))
    const it = await started([new ServiceSwitcher(services, ServiceSwitcherStrategyFailover)])
    await send(it, ...reply('Bad. Good.'))
    await it.clock.settle()
    expect(it.errors).toEqual(['b: gone'])
    expect(services.map(({ spoken }) => spoken)).toEqual([
      ['Bad.', 'Bad.'],
      ['Bad.', 'Bad.', 'Good.'],
    ])
    expect(told(it).at(-1)).toBe('End')
  })

  it('a service that fails at setup is replaced before the first request', async () => {
    class Unready extends TTSService {
      override async onSetup(): Promise<void> {
        throw refused()
      }
      override async *synthesize(_text: string, _options: SynthesisOptions): AsyncIterable<TTSEvent> {}
    }
    const second = new ScriptedVoice({ name: 'second' })
    const switcher = new ServiceSwitcher([new Unready({ name: 'unready' }), second], ServiceSwitcherStrategyFailover)
    const it = await started([switcher])
    await send(it, ...reply('Hello.'))
    await it.clock.settle()
    expect([switcher.activeService.name, second.spoken]).toEqual(['second', ['Hello.']])
  })

  it('an interruption while the next service speaks drops the rest everywhere', async () => {
    const [first] = voices(failing('', gone))
    const second = new ScriptedVoice({ name: 'second', delivery: silent })
    const it = await started([new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)])
    await send(it, ...reply('Lost.'))
    await send(it, new InterruptionFrame())
    second.spoken.length = 0
    await send(it, new EndFrame())
    await it.clock.advanceUntil(() => it.task.hasFinished())
    expect([second.spoken, it.task.counters.detached, it.clock.nowMs()]).toEqual([[], 0, 0])
  })

  it('probes the primary, waits longer after every failure, and returns to it where a request begins', async () => {
    let down = true
    const [first, second] = voices(function (text) {
      return down ? failing('', gone).call(this, text, {} as never) : undefined
    })
    const strategy = new ServiceSwitcherStrategyFailover({ retryPrimarySecs: 10 })
    const switcher = new ServiceSwitcher([first, second], strategy)
    const it = await started([switcher])
    await send(it, ...reply('One.'))
    await it.clock.settle()
    expect(switcher.activeService).toBe(second)
    first.spoken.length = 0
    await it.clock.advance(9_900)
    expect(first.spoken).toEqual([])
    await it.clock.advance(200)
    expect(first.spoken).toEqual(['Yes.'])
    down = false
    await it.clock.advance(19_800)
    expect(first.spoken).toEqual(['Yes.'])
    await it.clock.advance(200)
    expect([first.spoken, switcher.activeService]).toEqual([['Yes.', 'Yes.'], second])
    await send(it, ...reply('Two.'))
    await it.clock.settle()
    expect([switcher.activeService, first.spoken.at(-1), second.spoken]).toEqual([first, 'Two.', ['One.']])
    await it.task.cancel()
    await it.run
    expect(it.clock.pending).toBe(0)
  })

  it('a choice by hand ends the way back, and a probe of its own decides otherwise', async () => {
    const probed: string[] = []
    const strategy = new ServiceSwitcherStrategyFailover({
      retryPrimarySecs: 10,
      probe: async (service) => probed.push(service.name) > 0,
    })
    const [first, second] = voices(failing('One', gone))
    const switcher = new ServiceSwitcher([first, second], strategy)
    const it = await started([switcher])
    await send(it, ...reply('One.'), new ManuallySwitchServiceFrame(1))
    await it.clock.advance(60_000)
    await send(it, ...reply('Two.'))
    await it.clock.settle()
    expect([probed, switcher.activeService]).toEqual([[], second])
    await send(it, new ManuallySwitchServiceFrame(0), ...reply('One.'))
    await it.clock.advance(10_000)
    await send(it, ...reply('Three.'))
    await it.clock.settle()
    expect([probed, switcher.activeService]).toEqual([['first'], first])
  })
})
