import { PcError } from '@pc/core'
import type { FlowStore } from '@pc/flows'
import { demo as appointment } from '@pc/flows-appointment'
import { flowBot, type FlowDemo } from '@pc/flows-demo'
import { demo as foodOrdering } from '@pc/flows-food-ordering'
import { demo as patientIntake } from '@pc/flows-patient-intake'
import { demo as supportTeam } from '@pc/flows-support-team'
import { demo as travelPlanner } from '@pc/flows-travel-planner'
import { type Bot, defineBot } from '@pc/runner'
import { bot as assistant } from './bot.ts'
import { chooseServices } from './services.ts'

/** The flows that the page offers beside the assistant. */
export const flowDemos: readonly FlowDemo[] = [foodOrdering, appointment, patientIntake, travelPlanner, supportTeam]

/** What {@link demoBot} takes. */
export interface DemoBotOptions {
  /** For callers who choose none. Default the assistant. */
  readonly chosen?: string | undefined
  /** Keeps the conversations of flows. Default: none is kept. */
  readonly store?: FlowStore | undefined
  /** Default those of the page. */
  readonly flows?: readonly FlowDemo[] | undefined
}

/** The bot of whatever demo a caller names as `demo` in the body of `/start`. */
export function demoBot({ chosen = 'assistant', store, flows = flowDemos }: DemoBotOptions = {}): Bot {
  const services = (onNews: (news: object) => void) => chooseServices(process.env, onNews)
  const bots = new Map<string, Bot>([
    ['assistant', assistant],
    ...flows.map((demo): [string, Bot] => [demo.id, flowBot(demo, { services, store })]),
  ])
  const names = [...bots.keys()].join(', ')
  const unknown = (id: string): PcError =>
    new PcError(`There is no demo "${id}". There are: ${names}.`, { code: 'unknown-demo', kind: 'invalid-request' })
  if (!bots.has(chosen)) throw unknown(chosen)
  return defineBot(async (session) => {
    const id = demoOf(session.body) ?? chosen
    const bot = bots.get(id)
    if (bot === undefined) throw unknown(id.slice(0, 100))
    await bot(session)
  })
}

function demoOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('demo' in body)) return undefined
  return typeof body.demo === 'string' ? body.demo : undefined
}
