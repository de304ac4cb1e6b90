import { LLMContextAggregatorPair } from '../../context/aggregator-pair.ts'
import { LLMContext } from '../../context/llm-context.ts'
import type { Message } from '../../context/messages.ts'
import { EndFrame, EndTaskFrame } from '../../frames/lifecycle.ts'
import { PlayoutReportFrame } from '../../frames/transport.ts'
import { Pipeline, type PipelineElement } from '../../pipeline/pipeline.ts'
import { PipelineTask } from '../../pipeline/pipeline-task.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { PcError } from '../../runtime/errors.ts'
import { UserTurnProcessor } from '../../turns/turn-processor.ts'
import { VADProcessor } from '../../turns/vad-processor.ts'
import { createTestRuntime } from '../test-runtime.ts'
import { Dawdler } from './dawdler.ts'
import { Facts } from './facts.ts'
import { Monitor } from './monitor.ts'
import type { Scenario } from './scenario.ts'
import { LoudnessDetector, SimulatedEars, SimulatedInput } from './simulated-ears.ts'
import { SimulatedModel } from './simulated-model.ts'
import { SimulatedOutput, WRITE_LIMIT_MS } from './simulated-output.ts'
import { registerTools, toolSchemas } from './simulated-tools.ts'
import { SimulatedUser } from './simulated-user.ts'
import { SimulatedVoice } from './simulated-voice.ts'
import { policiesOf, watchTurns } from './turn-watch.ts'
import { judgeHistory } from './verdict.ts'
import { type Violation, World } from './world.ts'

/** Hz, both ways: low, so that audio costs little. */
const SAMPLE_RATE = 8000
/** A call that takes longer is cancelled, milliseconds. */
const CALL_LIMIT_MS = 6000
/** What a script may take, and the pipeline to come to rest, milliseconds. */
const SCRIPT_LIMIT_MS = 600_000
const REST_LIMIT_MS = 150_000
/** A graceful end plays what is queued; a cancel waits for nobody, milliseconds. */
const END_LIMIT_MS = 120_000
const CANCEL_LIMIT_MS = 1000
/** Timers that were set before the end may still be on their way, milliseconds. */
const AFTERMATH_MS = 1000
const TICK_MS = 500

/** The parts of a simulated conversation, in the order of the pipeline. */
export interface SimulationParts {
  /** Input, detection and recognition, where the user is heard as audio. */
  readonly hearing: readonly PipelineElement[]
  readonly turns: UserTurnProcessor
  readonly pair: LLMContextAggregatorPair
  /** The model, and what stands behind it to make it harder. */
  readonly model: readonly PipelineElement[]
  readonly voice: PipelineElement
  readonly output: PipelineElement
}

/** How a scenario is run. */
export interface SimulationOptions {
  /** Puts the pipeline together. Default: one part after the other. */
  readonly arrange?: ((parts: SimulationParts) => readonly PipelineElement[]) | undefined
  /** Makes the turn processor. Default: one with the scenario's silence and policies. */
  readonly turns?: ((scenario: Scenario) => UserTurnProcessor) | undefined
}

/** What became of a simulated conversation. */
export interface SimulationResult {
  /** Broken promises; none is what is wanted. */
  readonly violations: readonly Violation[]
  /** The same for two runs that did the same at the same times. */
  readonly hash: string
  /** What happened, one event a line. */
  readonly timeline: readonly string[]
  readonly messages: readonly Message[]
  /** How long the conversation lasted, milliseconds of simulated time. */
  readonly durationMs: number
}

/**
 * Runs a conversation on the simulated clock, in milliseconds of real time, and checks after every event that no
 * promise is broken: one owner of the floor, the history equal to what was heard, no state past its deadline, no call
 * left open, nothing left behind, an end in bounded time.
 *
 * ```ts
 * const { violations } = await simulate(randomScenario(7))
 * ```
 */
export function simulate(scenario: Scenario, options: SimulationOptions = {}): Promise<SimulationResult> {
  return new Simulation(scenario, options).run()
}

class Simulation {
  readonly #scenario: Scenario
  readonly #world = new World()
  readonly #facts = new Facts()
  readonly #context: LLMContext
  readonly #model: SimulatedModel
  readonly #user: SimulatedUser
  readonly #monitor: Monitor
  readonly #task: PipelineTask
  readonly #abort = new AbortController()

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario
    const [world, facts] = [this.#world, this.#facts]
    this.#context = new LLMContext({ messages: [{ role: 'system', content: 'Be kind.' }], tools: toolSchemas() })
    const pair = new LLMContextAggregatorPair(this.#context)
    const turns = options.turns?.(scenario) ?? this.#turns()
    this.#model = new SimulatedModel(world, facts, {
      plans: scenario.answers,
      conversation: this.#context,
      functionCallTimeoutSecs: CALL_LIMIT_MS / 1000,
      runInParallel: scenario.parallelCalls,
    })
    registerTools(this.#model, { world, facts, plans: scenario.calls })
    const { speeches: plans, wordTimes, charsPerSec } = scenario
    const voice = new SimulatedVoice(world, facts, { plans, wordTimes, charsPerSec })
    const output = new SimulatedOutput(world, facts, {
      client: scenario.client,
      onReport: ({ contextId, playedMs }) => this.#send(new PlayoutReportFrame(contextId, playedMs, true)),
    })
    const input = scenario.hearing === 'audio' ? new SimulatedInput() : undefined
    this.#user = new SimulatedUser({
      world,
      facts,
      send: (frame) => this.#send(frame),
      microphone: input && { hear: (audio) => input.hear(audio, SAMPLE_RATE), sampleRate: SAMPLE_RATE },
      echoGate: options.turns === undefined ? scenario.policies.echoGate : undefined,
    })
    const hearing = input === undefined ? [] : this.#hearing(input)
    const dawdler = scenario.dawdleMs > 0 ? new Dawdler(world, scenario.dawdleMs) : undefined
    const model = dawdler === undefined ? [this.#model] : [this.#model, dawdler]
    const parts: SimulationParts = { hearing, turns, pair, model, voice, output }
    const elements = options.arrange?.(parts) ?? [...hearing, turns, pair.user, ...model, voice, output, pair.assistant]
    this.#monitor = new Monitor({
      world,
      facts,
      turns,
      output,
      user: this.#user,
      assistant: pair.assistant(),
      dawdler,
      callLimitMs: CALL_LIMIT_MS,
      guessLimitMs: 1000 * (scenario.policies.preemptiveGeneration?.limitSecs ?? 0),
    })
    watchTurns(turns, scenario, { world, facts })
    this.#task = new PipelineTask(
      new Pipeline(elements),
      {
        audioInSampleRate: SAMPLE_RATE,
        audioOutSampleRate: SAMPLE_RATE,
        allowInterruptions: scenario.allowInterruptions,
      },
      { defaultParts: false, idleTimeoutSecs: null, runtime: this.#runtime() },
    )
    this.#task.on('frameReachedDownstream', (frame) => this.#monitor.sawFrame(frame))
    this.#task.on('pipelineError', (frame) => this.#monitor.sawError(frame))
    this.#task.on('pipelineTimeout', (type, holders) =>
      world.violate('shutdown ends', `${type} was held by ${holders.join(', ')}`),
    )
  }

  async run(): Promise<SimulationResult> {
    const { acts, client, ending } = this.#scenario
    const world = this.#world
    const ran = this.#task.run({ signal: this.#abort.signal })
    await world.clock.settle()
    if (client.kind === 'reports') this.#send(new PlayoutReportFrame(undefined, 0, false))
    let ticking = world.after(TICK_MS, () => tick())
    const tick = (): void => void (ticking = world.after(TICK_MS, tick))
    let played = false
    const script = this.#user.play(acts).then(() => (played = true))
    if (!(await this.#until(() => played, SCRIPT_LIMIT_MS))) world.violate('never stuck', 'the script did not end')
    if (ending.afterMs === 'calm') await this.#rest()
    else await this.#until(untilMs(world, world.nowMs + ending.afterMs), SCRIPT_LIMIT_MS)
    await this.#end()
    ticking.cancel()
    if (this.#task.hasFinished()) await Promise.all([ran, script])
    return {
      violations: world.violations,
      hash: world.hash,
      timeline: world.timeline,
      messages: this.#context.messages,
      durationMs: world.nowMs,
    }
  }

  async #rest(): Promise<void> {
    const atRest = (): boolean => this.#monitor.atRest
    if (await this.#until(atRest, REST_LIMIT_MS)) this.#judge('rest')
    else this.#world.violate('never stuck', `held by ${this.#monitor.holds.join(', ')}`)
  }

  async #end(): Promise<void> {
    const { how } = this.#scenario.ending
    const world = this.#world
    this.#hangAtEnd()
    this.#facts.endAskedFor()
    world.note('app', `asks for the end: ${how}`)
    const graceful = how === 'end' || how === 'endTask'
    if (how === 'end') this.#send(new EndFrame())
    else if (how === 'endTask') this.#send(new EndTaskFrame(), 'upstream')
    else {
      this.#facts.cut(world.nowMs)
      if (how === 'cancel') void this.#task.cancel()
      else this.#abort.abort()
    }
    const inTime = await this.#until(() => this.#task.hasFinished(), graceful ? END_LIMIT_MS : CANCEL_LIMIT_MS)
    if (!inTime) {
      world.violate('shutdown ends', `not ${(graceful ? END_LIMIT_MS : CANCEL_LIMIT_MS) / 1000} s after ${how}`)
      return
    }
    world.note('task', 'is over')
    this.#monitor.ended()
    this.#judge(graceful ? 'over' : 'broken off')
    await this.#until(untilMs(world, world.nowMs + AFTERMATH_MS), SCRIPT_LIMIT_MS)
    if (world.timersInside > 0) world.violate('nothing is left behind', `${world.timersInside} timers run on`)
  }

  /** A write that hangs while the rest is played is waited for only a moment. */
  #hangAtEnd(): void {
    const { fault } = this.#scenario.client
    this.#facts.clientHungAtEnd = fault?.kind === 'hangs' && this.#world.nowMs < fault.untilMs + WRITE_LIMIT_MS
  }

  #judge(moment: Parameters<typeof judgeHistory>[1]): void {
    judgeHistory(
      {
        world: this.#world,
        facts: this.#facts,
        context: this.#context,
        scenario: this.#scenario,
        sampleRate: SAMPLE_RATE,
      },
      moment,
    )
  }

  /** Time goes on, event by event, until something holds; false when it does not within the limit. */
  async #until(done: () => boolean, limitMs: number): Promise<boolean> {
    try {
      await this.#world.clock.advanceUntil(() => {
        this.#monitor.check()
        return done()
      }, limitMs)
      return true
    } catch (error) {
      if (PcError.is(error) && error.code === 'test-clock-timeout') return false
      throw error
    }
  }

  #send(...[frame, direction]: Parameters<PipelineTask['queueFrame']>): void {
    if (!this.#task.hasFinished()) void this.#task.queueFrame(frame, direction)
  }

  #hearing(input: SimulatedInput): readonly PipelineElement[] {
    const ears = new SimulatedEars(this.#world, this.#facts, {
      plans: this.#scenario.connections,
      recognitionMs: this.#scenario.recognitionMs,
      wordSamples: (word) => this.#user.wordSamples(word),
    })
    return [input, new VADProcessor({ vadAnalyzer: new LoudnessDetector(SAMPLE_RATE) }), ears]
  }

  #turns(): UserTurnProcessor {
    const { speechTimeoutSecs, policies } = this.#scenario
    const witnesses = { world: this.#world, facts: this.#facts }
    return new UserTurnProcessor({ userSpeechTimeoutSecs: speechTimeoutSecs, ...policiesOf(policies, witnesses) })
  }

  #runtime(): Partial<Runtime> {
    const world = this.#world
    const log: Logger = {
      enabled: () => true,
      log: (level, message) => {
        if (level === 'error' || message.startsWith('Left behind')) world.violate('no fault of its own', message)
      },
    }
    return { ...createTestRuntime(world.clock, 2 * (Math.abs(this.#scenario.seed) % 1_000_000) + 1), log }
  }
}

function untilMs(world: World, atMs: number): () => boolean {
  return () => world.nowMs >= atMs
}
