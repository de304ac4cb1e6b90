import { MultiAgentFlowManager } from '@pc/flows/agents'
import { toMermaid } from '@pc/flows/export'
import { FlowCoverage, lintFlow, runFlow, testFlow } from '@pc/flows/testing'
import { diagramIn, typedTalk } from '@pc/flows-demo/testing'
import { describe, expect, test } from 'vitest'
import { flows } from './flow.ts'
import { demo } from './index.ts'

const [, technicalSupport, sales, billing] = flows

test.each(flows)('every way through $id is walked, and nothing looks wrong', async (flow) => {
  const { coverage } = await testFlow(flow)
  coverage.assertCoverage({ nodes: 100, edges: 100, functions: 100 })
  expect(lintFlow(flow)).toEqual([])
})

test('the diagrams in the README are those of the flows', () => {
  expect(diagramIn(new URL('../README.md', import.meta.url))).toEqual(flows.map(toMermaid))
})

describe('the agents', () => {
  test('keep what they did in one state', async () => {
    const run = await runFlow(technicalSupport)
    await run.call('report_problem', { device: 'television' })
    await run.call('decline_repair')
    expect(run.state).toEqual({ problem: 'television', isTicketOpen: true })
  })

  test.each([
    ['basic', 20],
    ['family', 35],
    ['premium', 50],
  ])('sell the %s plan for %i dollars, and forget one that is not wanted', async (plan, price) => {
    const run = await runFlow(sales)
    await run.call('choose_plan', { plan })
    expect(run.messages.at(-1)).toMatchObject({
      content: expect.stringContaining(`The ${plan} plan is ${price} dollars`),
    })
    await run.call('decline_order')
    expect(run.state).toEqual({})
    await run.call('choose_plan', { plan })
    await run.call('confirm_order')
    expect(run.state).toEqual({ plan })
  })

  test('tell the balance and stay', async () => {
    const run = await runFlow(billing)
    expect(await run.call('tell_balance')).toEqual({ balance: 35, message: 'The balance is 35 dollars.' })
    expect(run.currentNode).toBe('account')
  })
})

/** The manager of the team, and who has led the conversation. */
async function talkToTeam(coverage: readonly FlowCoverage[] = []) {
  const talk = await typedTalk(demo, { inspect: (event) => coverage.forEach(({ inspect }) => inspect(event)) })
  const { manager } = talk
  if (!(manager instanceof MultiAgentFlowManager)) throw new Error('no team')
  const path = [manager.currentAgent]
  manager.on('agentChanged', (agent) => path.push(agent))
  return { talk, manager, path }
}

describe('without a key, a caller', () => {
  const coverage = flows.map((flow) => new FlowCoverage(flow))

  test('is handed to technical support, and to sales, and is never answered twice', async () => {
    const { talk, manager, path } = await talkToTeam(coverage)
    await using _ = talk
    expect(talk.greeting).toBe('Hello, I am Robin. What is your name?')
    expect(await talk.say('my name is Peter')).toBe('Is it about technical support, sales or billing?')
    // What was said to one agent is not asked for by the next.
    expect(await talk.say('my internet does not work')).toBe(
      'Please switch the box of your internet off, and on again. Does it work now?',
    )
    expect(manager.handoff).toMatchObject({
      previousAgent: 'customer_service',
      agent: 'technical_support',
      customerContext: { name: 'Peter' },
      reason: 'my internet does not work',
    })
    expect(await talk.say('yes, it works now')).toBe('I am glad that it works again. Is there anything else?')
    expect(await talk.say('I want to buy a new plan')).toBe(
      'I am Kim. Which plan do you want: basic, family or premium?',
    )
    expect(await talk.say('family')).toBe('The family plan is 35 dollars a month. Is that right for you?')
    expect(await talk.say('yes')).toBe('Your family plan begins tomorrow. Is there anything else?')
    expect(await talk.say('no, that is all')).toBe('Thank you for calling Bluebird. Goodbye!')
    expect(path).toEqual(['customer_service', 'technical_support', 'sales'])
    expect(talk.state).toEqual({ customer: { name: 'Peter' }, problem: 'internet', plan: 'family' })
    expect(talk.hasEnded).toBe(true)
  })

  test('gets a refund from billing, which reads a summary', async () => {
    const { talk, manager, path } = await talkToTeam(coverage)
    await using _ = talk
    await talk.say('Anna')
    expect(await talk.say('I was charged twice')).toBe(
      'I connect you with billing. I am Alex. Do you want to hear the balance or to have a refund?',
    )
    expect(manager.handoff?.conversationSummary).toBe('The user said "Anna" and "I was charged twice".')
    expect(await talk.say('the balance')).toBe('The balance is 35 dollars.')
    expect(await talk.say('a refund, please')).toBe('I can send back 35 dollars. Is that right?')
    await talk.say('no')
    expect(talk.manager.currentNode).toBe('account')
    await talk.say('a refund')
    expect(await talk.say('yes please')).toBe('The refund comes within a week. Is there anything else?')
    expect(await talk.say('no thanks')).toBe('Thank you for calling Bluebird. Goodbye!')
    expect(path).toEqual(['customer_service', 'billing'])
    expect(talk.state).toEqual({ customer: { name: 'Anna' }, refund: 35 })
    expect(talk.hasEnded).toBe(true)
  })

  test('asks for an agent by name, changes their mind, and comes back to another one', async () => {
    const { talk, path } = await talkToTeam(coverage)
    await using _ = talk
    await talk.say('Bob')
    expect(await talk.say('sales')).toMatch(/^I am Kim\./)
    await talk.say('premium')
    expect(await talk.say('no, a different one')).toBe('Which plan do you want: basic, family or premium?')
    await talk.say('basic')
    await talk.say('yes')
    expect(await talk.say('transfer me to technical support')).toMatch(/^I am Max\. What does not work/)
    await talk.say('the telephone')
    expect(await talk.say('no, it still does not work')).toBe(
      'A technician will come tomorrow. Is there anything else?',
    )
    expect(await talk.say('let me talk to billing')).toMatch(/I am Alex/)
    expect(await talk.say('nothing else')).toBe('Thank you for calling Bluebird. Goodbye!')
    expect(path).toEqual(['customer_service', 'sales', 'technical_support', 'billing'])
    expect(talk.state).toEqual({
      customer: { name: 'Bob' },
      plan: 'basic',
      problem: 'telephone',
      isTicketOpen: true,
    })
  })

  test('may hang up with the first agent, or after any', async () => {
    const { talk } = await talkToTeam(coverage)
    await using _ = talk
    await talk.say('Bob')
    expect(await talk.say('nothing, thank you')).toBe('Thank you for calling Bluebird. Goodbye!')
    expect(talk.hasEnded).toBe(true)
    const second = await talkToTeam(coverage)
    await using other = second.talk
    for (const text of ['Bob', 'technical support', 'internet', 'yes', 'no']) await other.say(text)
    expect(other.hasEnded).toBe(true)
  })

  test('has gone every way by now', () => {
    for (const each of coverage) each.assertCoverage({ edges: 100 })
  })
})
