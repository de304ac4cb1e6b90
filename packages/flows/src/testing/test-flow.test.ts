import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { automatic, edge, flowOf, foodOrdering, podcast, reservation } from '../../test/example-flows.ts'
import { endConversation } from '../definition/action.ts'
import type { FlowContext } from '../definition/flow-context.ts'
import { done, to } from '../definition/outcome.ts'
import { FlowCoverage } from './flow-coverage.ts'
import { testFlow } from './test-flow.ts'

describe('testFlow', () => {
  test.each([
    ['the reservation', reservation()],
    ['the food order', foodOrdering()],
    ['the podcast', podcast()],
    ['a flow that moves by itself', automatic()],
  ])('covers all of %s with generated arguments', async (_, flow) => {
    const { coverage, walks } = await testFlow(flow)
    coverage.assertCoverage()
    expect(walks.every(({ failure }) => failure === undefined)).toBe(true)
  })

  test('is the same in every run', async () => {
    const [one, two] = [await testFlow(reservation(), { seed: 4 }), await testFlow(reservation(), { seed: 4 })]
    expect(one.walks).toEqual(two.walks)
    expect(one.text).toBe(two.text)
  })

  test('fails when a handler leads elsewhere than its function says, and names the edge', async () => {
    const stuck = { ...edge('go', 'b'), transitionTo: ['b', 'c'], handler: () => to('c') }
    const flow = flowOf({ a: { task: '', functions: [stuck] }, b: { task: '' }, c: { task: '' } })
    const coverage = new FlowCoverage(flow)
    await expect(testFlow(flow, { coverage })).rejects.toThrow(
      /FAIL {2}a --go--> b\n.*at a --go--> b: it went a --go--> c; the last result was/,
    )
    expect(coverage.edges.missing).toEqual(['a --go--> b'])
  })

  test('fails when a handler throws, and says what', async () => {
    const handler = (): never => {
      throw new Error('no such table')
    }
    const flow = flowOf({ a: { task: '', functions: [edge('go', 'b', { handler })] }, b: { task: '' } })
    await expect(testFlow(flow, { attempts: 2 })).rejects.toThrow(/no such table/)
  })

  test('fails when a function that stays throws', async () => {
    const handler = (): never => {
      throw new Error('no weather')
    }
    const flow = flowOf({ a: { task: '', functions: [{ name: 'weather', description: '', handler }] } })
    await expect(testFlow(flow, { attempts: 1 })).rejects.toThrow(/FAIL {2}a --weather\n.*no weather/)
  })

  test('fails when a guard never lets an edge be taken', async () => {
    const flow = flowOf({ a: { task: '', functions: [edge('go', 'b', { when: () => false })] }, b: { task: '' } })
    await expect(testFlow(flow)).rejects.toThrow(/not offered 'go' there, only: none/)
  })

  test('fails when an end node does not end the conversation', async () => {
    const broken = {
      type: 'hang_up',
      handler: () => {
        throw new Error('no phone')
      },
    }
    const flow = flowOf({ a: { task: '', after: [broken, endConversation()] } })
    await expect(testFlow(flow)).rejects.toThrow(/does not end in 'a'.*no phone/)
  })

  test('calls with the arguments that it is given, for each place', async () => {
    const places: string[] = []
    const check = {
      ...edge('check', 'no'),
      transitionTo: ['yes', 'no'],
      parameters: z.object({ code: z.string() }),
      handler: ({ code }: { code: string }) => to(code === 'sesame' ? 'yes' : 'no'),
    }
    const flow = flowOf({ a: { task: '', functions: [check] }, yes: { task: '' }, no: { task: '' } })
    const { coverage, walks } = await testFlow(flow, {
      args: {
        check: ({ node, to: target }) => {
          places.push(`${node} ${target}`)
          return target === 'yes' ? { code: 'sesame' } : undefined
        },
      },
    })
    coverage.assertCoverage({ edges: 100 })
    expect(places).toEqual(['a yes', 'a no'])
    expect(walks.map(({ attempts }) => attempts)).toEqual([1, 1])
  })

  test('tries other arguments for the step that went astray and keeps those before it', async () => {
    const pick = (name: string, ...targets: string[]) => ({
      ...edge(name, targets[0]!),
      transitionTo: targets,
      parameters: z.object({ wanted: z.enum(targets) }),
      handler: ({ wanted }: { wanted: string }) => to(wanted),
    })
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`)
    const nodes = names.map((name, index) => {
      const next = names[index + 1]
      const targets = [...(next === undefined ? [] : [next]), name, 'out', 'lost', 'gone']
      return [name, { task: '', functions: [pick('choose', ...targets)] }]
    })
    const flow = flowOf({ ...Object.fromEntries(nodes), out: { task: '' }, lost: { task: '' }, gone: { task: '' } })
    const { coverage } = await testFlow(flow)
    coverage.assertCoverage({ edges: 100 })
  })

  test('changes the arguments of earlier calls where the state decides', async () => {
    const choose = {
      ...edge('choose', 'check'),
      parameters: z.object({ count: z.int().min(1).max(8) }),
      handler: ({ count }: { count: number }, { state }: { state: Record<string, unknown> }) => {
        state['count'] = count
      },
    }
    const pay = {
      ...edge('pay', 'paid'),
      transitionTo: ['paid', 'refused'],
      handler: (_: unknown, { state }: { state: Record<string, unknown> }) =>
        to(Number(state['count']) === 7 ? 'refused' : 'paid'),
    }
    const flow = flowOf({
      start: { task: '', functions: [choose] },
      check: { task: [], always: (state) => to(state['count'] === 3 ? 'free' : 'bill') },
      bill: { task: '', functions: [pay] },
      free: { task: '' },
      paid: { task: '' },
      refused: { task: '' },
    })
    const seeds = [1, 2, 3, 4, 5]
    for (const seed of seeds) (await testFlow(flow, { seed })).coverage.assertCoverage({ nodes: 100 })
  })

  test('gives up where nothing is left to be tried', async () => {
    const pay = { ...edge('pay', 'paid'), transitionTo: ['paid', 'refused'], handler: () => to('paid') }
    const flow = flowOf({ a: { task: '', functions: [pay] }, paid: { task: '' }, refused: { task: '' } })
    const report = await testFlow(flow).catch((error: unknown) => String(error))
    expect(report).toMatch(/FAIL {2}a --pay--> refused\n/)
    const varied = { ...pay, parameters: z.object({ amount: z.int() }) }
    const other = flowOf({ a: { task: '', functions: [varied] }, paid: { task: '' }, refused: { task: '' } })
    await expect(testFlow(other)).rejects.toThrow(/\(30 times in a row; give arguments that lead there for: pay\)/)
  })

  test('runs the actions that the application registers', async () => {
    const muted: unknown[] = []
    const flow = flowOf({ a: { task: '', before: [{ type: 'mute' }] } })
    await testFlow(flow, { actions: { mute: () => muted.push('mute') } })
    expect(muted).toEqual(['mute'])
  })

  test('takes what sub-flows give from the test', async () => {
    const sub = flowOf(
      { ask: { task: '', functions: [{ name: 'answer', description: '', handler: () => done(3) }] } },
      { id: 'sub' },
    )
    const count = {
      ...edge('count', 'many'),
      transitionTo: ['few', 'many'],
      parameters: z.object({ limit: z.int().min(1).max(9) }),
      handler: async ({ limit }: { limit: number }, ctx: FlowContext) => {
        ctx.state['counted'] = await ctx.call(sub, limit)
        return to(Number(ctx.state['counted']) > limit ? 'many' : 'few')
      },
    }
    const flow = flowOf(
      { a: { task: '', functions: [count] }, few: { task: '' }, many: { task: '' } },
      { subFlows: { sub } },
    )
    const asked: unknown[] = []
    const { coverage } = await testFlow(flow, {
      subFlows: {
        sub: (limit) => {
          asked.push(limit)
          return 5
        },
      },
    })
    coverage.assertCoverage()
    expect(asked.length).toBeGreaterThan(0)
    await expect(testFlow(flow)).rejects.toThrow(/went a --count--> ask/)
    const { coverage: ofSub } = await testFlow(sub)
    ofSub.assertCoverage()
  })

  test('plays a script instead, and joins what it saw to a shared coverage', async () => {
    const flow = foodOrdering()
    const coverage = new FlowCoverage(flow)
    await testFlow(flow, {
      coverage,
      script: [
        { user: 'Sushi, please.' },
        { call: 'choose_sushi', arrives: 'sushi' },
        { call: 'select_sushi_order', args: { size: 'small' }, arrives: 'confirm' },
        { call: 'complete_order', arrives: 'end' },
        { reply: 'Goodbye.', ends: true },
      ],
    })
    expect(coverage.edges.missing).toEqual([
      'initial --choose_pizza--> pizza',
      'pizza --select_pizza_order--> confirm',
      'confirm --revise_order--> initial',
    ])
  })

  test('fails where a script does not arrive where it says', async () => {
    const script = [{ call: 'choose_sushi', arrives: 'pizza' }]
    await expect(testFlow(foodOrdering(), { script })).rejects.toThrow(
      /at \{"call":"choose_sushi"\} -> pizza: the conversation is in 'sushi'/,
    )
    await expect(testFlow(foodOrdering(), { script: [{ call: 'nothing' }] })).rejects.toThrow(/not offered "nothing"/)
  })
})
