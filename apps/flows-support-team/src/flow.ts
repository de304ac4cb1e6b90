import { endConversation, flowKit, stay, to } from '@pc/flows'
import { defineAgents } from '@pc/flows/agents'
import * as z from 'zod'

const devices = ['internet', 'telephone', 'television'] as const
const plans = ['basic', 'family', 'premium'] as const

/** In dollars, a month. */
const planPrices = { basic: 20, family: 35, premium: 50 } as const
/** What every account of this company owes, in dollars. */
const balance = 35

/** What the agents know of the caller: it goes with the caller from one to the next. */
const f = flowKit({
  state: z.object({
    customer: z.object({ name: z.string() }).optional(),
    problem: z.enum(devices).optional(),
    isTicketOpen: z.boolean().optional(),
    plan: z.enum(plans).optional(),
    refund: z.number().optional(),
  }),
})

const house =
  'You work for Bluebird, a telephone company. Callers hear you, so answer in one or two short sentences, without lists or symbols.'

const endCall = f.fn({
  name: 'end_call',
  description: 'The caller needs nothing else',
  transitionTo: 'goodbye',
})

/** How each agent ends: the caller goes, or is handed over to another agent. */
const closing = {
  anything_else: (input: { outcome: string }) =>
    f.node({ task: `Tell the caller: "${input.outcome}" Ask if there is anything else.`, functions: [endCall] }),
  goodbye: f.node({ task: 'Thank the caller for calling Bluebird. Say goodbye.', after: [endConversation()] }),
}

const recordName = f.fn({
  name: 'record_name',
  description: 'Record the name of the caller',
  parameters: z.object({ name: z.string().min(1).describe("The caller's name") }),
  transitionTo: 'help',
  handler: ({ name }, { state }) => {
    state.customer = { name }
    return { status: 'success' }
  },
})

const customerService = f.flow({
  id: 'customer-service',
  initialNode: 'welcome',
  nodes: {
    welcome: f.node({
      role: `You are Robin of customer service. ${house} You hand callers over to those who know.`,
      task: 'Greet the caller and ask for their name.',
      functions: [recordName],
    }),
    help: f.node({
      task: 'Ask if it is about technical support, sales or billing. Hand the caller over as soon as you know.',
      functions: [endCall],
    }),
    goodbye: closing.goodbye,
  },
})

const reportProblem = f.fn({
  name: 'report_problem',
  description: 'Record what does not work',
  parameters: z.object({ device: z.enum(devices).describe('What does not work') }),
  transitionTo: 'repair',
  handler: ({ device }, { state }) => {
    state.problem = device
    return to('repair', { input: { device } })
  },
})

const confirmRepair = f.fn({
  name: 'confirm_repair',
  description: 'The caller says that it works now',
  transitionTo: 'anything_else',
  handler: () => to('anything_else', { input: { outcome: 'I am glad that it works again.' } }),
})

const declineRepair = f.fn({
  name: 'decline_repair',
  description: 'The caller says that it still does not work',
  transitionTo: 'anything_else',
  handler: (_, { state }) => {
    state.isTicketOpen = true
    return to('anything_else', { input: { outcome: 'A technician will come tomorrow.' } })
  },
})

const technicalSupport = f.flow({
  id: 'technical-support',
  initialNode: 'diagnose',
  nodes: {
    diagnose: f.node({
      role: `You are Max of technical support. ${house}`,
      task: 'Introduce yourself. Ask what does not work: the internet, the telephone or the television.',
      functions: [reportProblem],
    }),
    repair: (input: { device: string }) =>
      f.node({
        task: `Tell the caller: "Please switch the box of your ${input.device} off, and on again." Ask if it works now.`,
        expects: 'yesNo',
        functions: [confirmRepair, declineRepair],
      }),
    ...closing,
  },
})

const choosePlan = f.fn({
  name: 'choose_plan',
  description: 'Record which plan the caller wants',
  parameters: z.object({ plan: z.enum(plans).describe('The plan') }),
  transitionTo: 'order',
  handler: ({ plan }, { state }) => {
    state.plan = plan
    return to('order', { input: { plan, price: planPrices[plan] } })
  },
})

const confirmOrder = f.fn({
  name: 'confirm_order',
  description: 'The caller orders the plan',
  transitionTo: 'anything_else',
  handler: (_, { state }) =>
    to('anything_else', { input: { outcome: `Your ${state.plan ?? 'new'} plan begins tomorrow.` } }),
})

const declineOrder = f.fn({
  name: 'decline_order',
  description: 'The caller wants a different plan, or none',
  transitionTo: 'offer',
  handler: (_, { state }) => {
    delete state.plan
    return { status: 'success' }
  },
})

const sales = f.flow({
  id: 'sales',
  initialNode: 'offer',
  nodes: {
    offer: f.node({
      role: `You are Kim of sales. ${house}`,
      task: 'Introduce yourself. Ask which plan they want: basic, family or premium. They are 20, 35 and 50 dollars a month.',
      functions: [choosePlan],
    }),
    order: (input: { plan: string; price: number }) =>
      f.node({
        task: `Tell the caller: "The ${input.plan} plan is ${input.price} dollars a month." Ask if that is right for them.`,
        expects: 'yesNo',
        functions: [confirmOrder, declineOrder],
      }),
    ...closing,
  },
})

const tellBalance = f.fn({
  name: 'tell_balance',
  description: 'Tell the balance: how much is to be paid',
  handler: () => stay({ balance, message: `The balance is ${balance} dollars.` }),
})

const requestRefund = f.fn({
  name: 'request_refund',
  description: 'The caller was charged too much, and wants the money back',
  transitionTo: 'refund',
})

const confirmRefund = f.fn({
  name: 'confirm_refund',
  description: 'The caller agrees to the refund',
  transitionTo: 'anything_else',
  handler: (_, { state }) => {
    state.refund = balance
    return to('anything_else', { input: { outcome: 'The refund comes within a week.' } })
  },
})

const declineRefund = f.fn({
  name: 'decline_refund',
  description: 'The caller does not want this refund',
  transitionTo: 'account',
})

const billing = f.flow({
  id: 'billing',
  initialNode: 'account',
  nodes: {
    account: f.node({
      role: `You are Alex of billing. ${house}`,
      task: 'Introduce yourself. Ask if they want to hear the balance or to have a refund.',
      functions: [tellBalance, requestRefund, endCall],
    }),
    refund: f.node({
      task: `Tell the caller: "I can send back ${balance} dollars." Ask if that is right.`,
      expects: 'yesNo',
      functions: [confirmRefund, declineRefund],
    }),
    ...closing,
  },
})

/** Four agents, each with a flow, a person and an idea of what the others do. */
export const team = defineAgents({
  initial: 'customer_service',
  agents: {
    customer_service: { flow: customerService, description: 'For all that the others do not know' },
    technical_support: {
      flow: technicalSupport,
      description: 'The internet, the telephone or the television is broken, slow or does not work',
    },
    sales: { flow: sales, description: 'New plans: to buy, order or upgrade one' },
    billing: {
      flow: billing,
      description: 'Bills and invoices: charged twice, refunds, the balance',
      history: 'summary',
      say: 'I connect you with billing.',
    },
  },
})

/** The flows of the team, first the one that begins. */
export const flows = [customerService, technicalSupport, sales, billing] as const
