import type { Scenario } from './scenario.ts'

/**
 * Makes a scenario smaller while `fails` holds: drops acts, then faults, then what else makes it long to read. Gives the
 * smallest that it found.
 *
 * @param most - how often `fails` is asked at most. Default 400.
 */
export async function shrinkScenario(
  scenario: Scenario,
  fails: (scenario: Scenario) => Promise<boolean>,
  most = 400,
): Promise<Scenario> {
  let best = scenario
  let left = most
  for (let progress = true; progress && left > 0;) {
    progress = false
    for (const candidate of smaller(best)) {
      if (left-- <= 0) break
      if (!(await fails(candidate))) continue
      best = candidate
      progress = true
      break
    }
  }
  return best
}

/** Scenarios that are one step simpler, the boldest steps first. */
function* smaller(scenario: Scenario): Generator<Scenario> {
  const { acts, policies, answers, speeches, calls, connections, client, ending } = scenario
  for (let size = acts.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at < acts.length; at += size) yield { ...scenario, acts: without(acts, at, size) }
  for (const [name, policy] of Object.entries(policies))
    if (policy !== undefined) yield { ...scenario, policies: { ...policies, [name]: undefined } }
  if (client.fault !== undefined) yield { ...scenario, client: { ...client, fault: undefined } }
  if (client.kind !== 'plain') yield { ...scenario, client: { ...client, kind: 'plain', leadMs: 0 } }
  if (scenario.dawdleMs > 0) yield { ...scenario, dawdleMs: 0 }
  if (scenario.hearing === 'audio') yield { ...scenario, hearing: 'frames' }
  if (ending.how !== 'end' || ending.afterMs !== 'calm') yield { ...scenario, ending: { how: 'end', afterMs: 'calm' } }
  yield* changed(speeches, calm, (list) => ({ ...scenario, speeches: list }))
  yield* changed(answers, calm, (list) => ({ ...scenario, answers: list }))
  yield* changed(
    calls,
    (call) => (call.deaf ? { ...call, deaf: false } : call),
    (list) => ({ ...scenario, calls: list }),
  )
  yield* changed(connections, calm, (list) => ({ ...scenario, connections: list }))
  yield* changed(
    answers,
    (answer) => (answer.calls.length > 0 ? { ...answer, calls: answer.calls.slice(1) } : answer),
    (list) => ({ ...scenario, answers: list }),
  )
  yield* changed(
    answers,
    (answer) => (answer.sentences.length > 1 ? { ...answer, sentences: answer.sentences.slice(1) } : answer),
    (list) => ({ ...scenario, answers: list }),
  )
}

function without<T>(items: readonly T[], at: number, count: number): readonly T[] {
  return [...items.slice(0, at), ...items.slice(at + count)]
}

/** The list with one item simpler, for every item that can be. */
function* changed<T>(
  items: readonly T[],
  simpler: (item: T) => T,
  build: (items: readonly T[]) => Scenario,
): Generator<Scenario> {
  for (const [index, item] of items.entries()) {
    const next = simpler(item)
    if (next !== item) yield build(items.with(index, next))
  }
}

function calm<T extends { readonly fault: unknown; readonly deaf?: boolean }>(plan: T): T {
  if (plan.fault !== undefined) return { ...plan, fault: undefined }
  return plan.deaf === true ? { ...plan, deaf: false } : plan
}
