import { type Chance, createChance } from './chance.ts'
import type {
  Act,
  AnswerPlan,
  CallPlan,
  ClientPlan,
  ConnectionPlan,
  Cue,
  EndingPlan,
  Fault,
  PolicyPlan,
  Scenario,
  SpeechPlan,
  TimedAct,
  ToolName,
} from './scenario.ts'

/** What random scenarios are made of. */
export interface RandomScenarioOptions {
  /** How much goes wrong, 0 (nothing) to 1. Default 0.5. */
  readonly faultiness?: number | undefined
  /** How many acts at most. Default 9. */
  readonly mostActs?: number | undefined
}

/** A conversation by chance: the same seed gives the same one. */
export function randomScenario(seed: number, options: RandomScenarioOptions = {}): Scenario {
  const { faultiness = 0.5, mostActs = 9 } = options
  const chance = createChance(seed)
  const faults = chance.happens(0.25) ? 0 : faultiness
  const hearing = chance.happens(0.12) ? 'audio' : 'frames'
  const wordTimes = chance.happens(0.6)
  return {
    seed,
    hearing,
    allowInterruptions: !chance.happens(0.05),
    speechTimeoutSecs: chance.pick([0.3, 0.6, 1]),
    policies: policies(chance),
    recognitionMs: chance.int(60, 700),
    wordTimes,
    // Without the times of words their places are estimated at this speed.
    charsPerSec: wordTimes ? chance.pick([12, 15, 15, 20]) : 15,
    parallelCalls: !chance.happens(0.25),
    dawdleMs: chance.happens(0.15) ? chance.int(5, 100) : 0,
    client: client(chance, faults),
    acts: acts(chance, chance.int(1, mostActs)),
    answers: chance.list(8, () => answer(chance, faults)),
    speeches: chance.list(11, () => speech(chance, faults)),
    calls: chance.list(5, () => call(chance, faults)),
    connections: chance.list(4, () => connection(chance, faults)),
    ending: ending(chance),
  }
}

/** Many conversations have none. */
function policies(chance: Chance): PolicyPlan {
  const some = chance.happens(0.6)
  const maybe = <T>(probability: number, make: () => T): T | undefined =>
    some && chance.happens(probability) ? make() : undefined
  return {
    falseInterruptions: maybe(0.4, () => ({
      timeoutSecs: chance.pick([0.2, 0.5, 1]),
      longestSecs: chance.pick([1, 2, 2.5]),
    })),
    preemptiveGeneration: maybe(0.6, () => ({
      stableSecs: chance.pick([0, 0.1, 0.25, 0.5]),
      maxTries: chance.int(1, 4),
      limitSecs: chance.pick([0.5, 2, 10]),
    })),
    echoGate: maybe(0.4, () => ({ tailSecs: chance.pick([0, 0.5, 1.5]), minWords: chance.int(1, 3) })),
    latencyBudget: maybe(0.5, () => ({
      budgetSecs: chance.pick([0.2, 0.6, 1.5]),
      fillerWords: chance.int(1, 4),
    })),
  }
}

/** Nothing happens before the first act. */
function acts(chance: Chance, count: number): readonly TimedAct[] {
  const [first, ...rest] = chance.list(count, () => timedAct(chance))
  return first === undefined ? [] : [{ ...first, cue: 'previous' }, ...rest]
}

function timedAct(chance: Chance): TimedAct {
  const cue: Cue = chance.pick([
    'previous',
    'previous',
    'botStarted',
    'botStarted',
    'botStopped',
    'asked',
    'called',
    'turnStopped',
  ])
  const delayMs = chance.happens(0.1) ? 0 : chance.int(0, chance.pick([100, 700, 2500]))
  return { cue, delayMs, act: act(chance) }
}

function act(chance: Chance): Act {
  const roll = chance.next()
  if (roll < 0.62) return speak(chance)
  if (roll < 0.72) return { type: 'noise', durationMs: chance.int(60, 900) }
  if (roll < 0.8) return { type: 'type', words: chance.int(1, 4), interrupts: chance.happens(0.7) }
  if (roll < 0.88) return { type: 'announce', words: chance.int(1, 6), appendToContext: !chance.happens(0.2) }
  if (roll < 0.93) return { type: 'silence', durationMs: chance.int(200, 7000) }
  if (roll < 0.95) return { type: 'interrupt' }
  if (roll < 0.98) return echo(chance)
  return { type: 'run' }
}

function echo(chance: Chance): Act {
  const userWords = chance.happens(0.2) ? chance.int(2, 3) : 0
  return { type: 'echo', words: chance.int(1, 4), userWords, interim: chance.happens(0.5) }
}

function speak(chance: Chance): Act {
  const backchannel = chance.happens(0.2)
  const words = backchannel ? 1 : chance.int(1, 5)
  return {
    type: 'speak',
    words,
    user: chance.happens(0.85) ? 0 : 1,
    msPerWord: chance.int(120, 400),
    finals: chance.happens(0.08) ? 0 : chance.happens(0.75) ? 1 : chance.int(2, 3),
    finalAfterMs: chance.happens(0.1) ? chance.int(900, 3500) : chance.int(20, 600),
    finalized: chance.happens(0.75),
    interims: chance.happens(0.6),
    misheard: chance.happens(0.2),
    written: chance.happens(0.5),
    eager: chance.happens(0.2),
    backchannel: backchannel && chance.happens(0.7),
    voice: chance.happens(0.9) ? 'heard' : chance.happens(0.7) ? 'missed' : 'endMissed',
    overlap: chance.happens(0.12),
  }
}

function answer(chance: Chance, faults: number): AnswerPlan {
  const tools: ToolName[] = ['look', 'keep', 'leave', 'hurry', 'watch']
  const callCount = chance.happens(0.25) ? chance.int(1, 3) : 0
  return {
    firstAfterMs: chance.happens(0.1) ? 0 : chance.int(20, 900),
    sentences: chance.list(chance.happens(0.15) ? 0 : chance.int(1, 4), () => chance.int(1, 6)),
    pieceChars: chance.pick([3, 6, 12, 60]),
    pieceEveryMs: chance.pick([0, 10, 40, 120]),
    calls: chance.list(callCount, () => chance.pick(['look', ...tools])),
    fault: fault(chance, faults * 0.18),
    deaf: chance.happens(faults * 0.15),
  }
}

function speech(chance: Chance, faults: number): SpeechPlan {
  return {
    firstAfterMs: chance.happens(0.1) ? 0 : chance.int(10, 400),
    pieceMs: chance.pick([40, 100, 250, 1000]),
    pieceEveryMs: chance.pick([0, 5, 30, 80]),
    fault: fault(chance, faults * 0.12),
    deaf: chance.happens(faults * 0.15),
  }
}

function fault(chance: Chance, probability: number): Fault | undefined {
  if (!chance.happens(probability)) return undefined
  const kind = chance.pick<Fault['kind']>([
    'neverBegins',
    'stalls',
    'closes',
    'throws',
    'throwsTransient',
    'throwsTransient',
    'throwsPermanent',
    'garbage',
    'empty',
  ])
  const atOnce = kind === 'neverBegins' || kind === 'empty' || chance.happens(0.5)
  return { kind, afterPieces: atOnce ? 0 : chance.int(1, 4) }
}

function call(chance: Chance, faults: number): CallPlan {
  return {
    takesMs: chance.happens(0.15) ? 0 : chance.int(10, chance.pick([300, 1500, 5000])),
    how: chance.happens(faults * 0.4)
      ? chance.pick(['throws', 'hangs', 'answersTwice'])
      : chance.pick(['returns', 'callsBack']),
    deaf: chance.happens(faults * 0.4),
  }
}

function connection(chance: Chance, faults: number): ConnectionPlan {
  return {
    openAfterMs: chance.int(5, chance.pick([60, 900])),
    fault: chance.happens(faults * 0.5)
      ? { kind: chance.pick(['closes', 'throws']), afterMs: chance.int(500, 20_000) }
      : undefined,
  }
}

function client(chance: Chance, faults: number): ClientPlan {
  const kind = chance.pick<ClientPlan['kind']>(['plain', 'plain', 'ahead', 'clears', 'reports'])
  const fromMs = chance.int(500, 12_000)
  return {
    kind,
    leadMs: kind === 'plain' ? 0 : chance.pick([200, 500, 1000]),
    reportAfterMs: chance.happens(0.15) ? 800 : chance.int(5, 400),
    fault: chance.happens(faults * 0.08)
      ? { kind: chance.pick(['throws', 'rejects', 'hangs']), fromMs, untilMs: fromMs + chance.int(100, 6000) }
      : undefined,
  }
}

function ending(chance: Chance): EndingPlan {
  return {
    how: chance.pick(['end', 'end', 'end', 'endTask', 'cancel', 'abort']),
    afterMs: chance.happens(0.6) ? 'calm' : chance.int(0, 1500),
  }
}
