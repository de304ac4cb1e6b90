import { FunctionSchema } from '../../context/function-schema.ts'
import type { FunctionCallParams } from '../../services/function-call-params.ts'
import type { CallFact, Facts } from './facts.ts'
import { never } from './faulty-stream.ts'
import { Plans } from './plans.ts'
import type { CallPlan, ToolName } from './scenario.ts'
import type { SimulatedModel } from './simulated-model.ts'
import type { World } from './world.ts'

const PLAIN: CallPlan = { takesMs: 500, how: 'returns', deaf: false }

/** The functions as the model sees them. */
export function toolSchemas(): readonly FunctionSchema[] {
  return [
    new FunctionSchema({ name: 'look', description: 'Looks something up.' }),
    new FunctionSchema({ name: 'keep', description: 'Goes on whatever happens.', cancelOnInterruption: false }),
    new FunctionSchema({ name: 'leave', description: 'Goes on beside.', cancelOnInterruption: 'detach' }),
    new FunctionSchema({ name: 'hurry', description: 'Has little time.', timeoutSecs: 2 }),
    new FunctionSchema({ name: 'watch', description: 'Runs in the background.', background: true }),
  ]
}

/** Gives a model its functions, which do as planned. */
export function registerTools(
  model: SimulatedModel,
  { world, facts, plans: list }: { readonly world: World; readonly facts: Facts; readonly plans: readonly CallPlan[] },
): void {
  const plans = new Plans(list, PLAIN)
  const names: readonly ToolName[] = ['look', 'keep', 'leave', 'hurry', 'watch']
  for (const name of names) {
    model.registerFunction(name, (_args, params) => {
      const { toolCallId: id, signal } = params
      const call: CallFact = { id, name, signal, startedMs: world.nowMs, answer: undefined, open: true }
      facts.calls.push(call)
      world.note('tool', `${name} runs (${id})`)
      const request = facts.requestedCalls.get(id)
      if (request?.standing !== 'asked')
        world.violate('nothing unconfirmed is run', `${id} of ${name} is part of an answer that nobody asked for`)
      world.give('called')
      const close = (): void => void (call.open = false)
      signal.addEventListener('abort', close, { once: true })
      return runCall(call, plans.next(), { world, facts, params })
    })
  }
}

async function runCall(
  call: CallFact,
  plan: CallPlan,
  { world, facts, params }: { readonly world: World; readonly facts: Facts; readonly params: FunctionCallParams },
): Promise<unknown> {
  if (plan.how === 'hangs') return never
  await world.sleep(plan.takesMs, plan.deaf ? undefined : call.signal)
  const answer = `answer of ${call.id}`
  if (!call.signal.aborted) call.answer = plan.how === 'throws' ? 'failed' : answer
  call.open = false
  if (!call.signal.aborted) facts.questioned = facts.next()
  world.note('tool', `${call.name} ${plan.how} (${call.id})`)
  if (plan.how === 'throws') throw new Error('the simulated function broke')
  if (plan.how === 'returns') return answer
  const { resultCallback } = params
  resultCallback(answer)
  return plan.how === 'answersTwice' ? 'a second answer' : undefined
}
