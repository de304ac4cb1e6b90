import type { TurnEffect } from '../../turns/turn-state.ts'
import type { UserTurnPolicies } from '../../turns/turn-policies.ts'
import type { UserTurnProcessor } from '../../turns/turn-processor.ts'
import type { Facts, FillerFact } from './facts.ts'
import type { Source, Word } from './lexicon.ts'
import type { PolicyPlan, Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** More than are said in one conversation: each is said once, so that wherever it turns up it is known. */
const FILLERS = 40
const BACKCHANNELS = 12

interface Witnesses {
  readonly world: World
  readonly facts: Facts
}

/** What a turn processor is told of the policies in a plan: words are made up here. */
export function policiesOf(plan: PolicyPlan, { world, facts }: Witnesses): UserTurnPolicies {
  const { falseInterruptions, latencyBudget, ...rest } = plan
  if (falseInterruptions !== undefined) {
    const source: Source = { kind: 'user', cutMs: undefined }
    facts.backchannels.push(...Array.from({ length: BACKCHANNELS }, () => world.lexicon.make(source)))
  }
  const filler = (words: number): string => {
    const made: FillerFact = {
      kind: 'filler',
      cutMs: undefined,
      appendToContext: false,
      standing: 'unused',
      said: false,
    }
    facts.fillers.push(made)
    return world.lexicon.sentences([words], made)
  }
  return {
    ...rest,
    falseInterruptions: falseInterruptions && {
      ...falseInterruptions,
      backchannels: facts.backchannels.map(({ text }) => text),
    },
    latencyBudget: latencyBudget && {
      budgetSecs: latencyBudget.budgetSecs,
      fillers: Array.from({ length: FILLERS }, () => filler(latencyBudget.fillerWords)),
    },
  }
}

/** Takes down what a turn processor decides, and checks what it may decide. */
export function watchTurns(turns: UserTurnProcessor, scenario: Scenario, witnesses: Witnesses): void {
  const watch = new TurnWatch(scenario, witnesses)
  turns.on('turnEvent', (event, { status }, effects) => {
    for (const effect of effects) {
      witnesses.world.note('turn', `${effect.type}, ${status}`)
      watch.saw(effect, 'text' in event ? event.text : '')
    }
  })
}

class TurnWatch {
  readonly #scenario: Scenario
  readonly #world: World
  readonly #facts: Facts
  readonly #backchannels: ReadonlySet<Word>
  /** The backchannel that may become an answer. */
  #kept: readonly Word[] = []
  /** The answer to the words that were committed last was called late. */
  #filled = false

  constructor(scenario: Scenario, { world, facts }: Witnesses) {
    this.#scenario = scenario
    this.#world = world
    this.#facts = facts
    this.#backchannels = new Set(facts.backchannels)
  }

  /** @param text - the transcript that led to it, if one did. */
  saw(effect: TurnEffect, text: string): void {
    const { nowMs } = this.#world
    const facts = this.#facts
    switch (effect.type) {
      case 'commitTurn':
        facts.commit()
        this.#filled = false
        return
      case 'stopTurn':
        facts.turnOpen = false
        return
      case 'startTurn':
        facts.turnOpen = true
        facts.saidSince = false
        if (!effect.interrupt || !this.#scenario.allowInterruptions) return
        facts.bargeIn(nowMs, this.#world.lexicon.words)
        return
      case 'withdrawSpeculation':
        facts.withdraw()
        return
      case 'pauseOutput':
        facts.heldSinceMs = nowMs
        return
      case 'resumeOutput':
        facts.letGo(nowMs)
        return
      case 'keepTranscript':
        this.#keep(this.#world.lexicon.read(text))
        return
      case 'releaseTranscript':
        for (const word of this.#kept) facts.aside.delete(word)
        return
      case 'fill':
        this.#fill(effect.text)
        return
      default:
    }
  }

  #keep(words: readonly (Word | undefined)[]): void {
    this.#kept = words.flatMap((word) => word ?? [])
    for (const word of this.#kept) {
      this.#facts.aside.add(word)
      if (!this.#backchannels.has(word))
        this.#world.violate('no word of the user is lost', `"${word.text}" is taken for a backchannel`)
    }
  }

  #fill(text: string): void {
    const facts = this.#facts
    const [word] = this.#world.lexicon.read(text)
    const filler = facts.fillers.find((each) => each === word?.source)
    if (filler === undefined) return
    if (this.#filled) this.#world.violate('a filler only fills', 'the same answer is called late twice')
    if (facts.botSpeaking.is) this.#world.violate('a filler only fills', 'the agent speaks already')
    this.#filled = true
    const speaks = facts.saidSince || facts.speeches.some(({ live }) => live)
    filler.standing = speaks || !facts.answerIsDue ? 'asked' : 'due'
  }
}
