import fc from 'fast-check'
import { expect, test } from 'vitest'
import { now, table, weather } from '../../test/rule-talk.ts'
import type { RuleMessage } from './conversation.ts'
import { RuleModel } from './rule-model.ts'
import { agrees } from './schema-check.ts'
import type { RuleTool } from './tool-subject.ts'

const vocabulary =
  `book a table for four people tomorrow at half past seven my name is anna yes no not cancel never mind weather in paris
small large extra on off the what time is it hello thanks none email ann at example dot com five hundred minus two point three first
may 3rd 2027-05-03 7:30 pm and or because to from london please change it again`.split(/\s+/)

const spoken = fc.array(fc.constantFrom(...vocabulary), { maxLength: 12 }).map((words) => words.join(' '))
const utterance = fc.oneof({ weight: 3, arbitrary: spoken }, fc.string(), fc.string({ unit: 'binary' }))

const property: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({
    type: fc.constant('string'),
    enum: fc.uniqueArray(fc.constantFrom('small', 'large', 'paris', 'on', 'four'), { minLength: 1 }),
  }),
  fc.record({
    type: fc.constantFrom('integer', 'number'),
    minimum: fc.integer({ min: -5, max: 5 }),
    maximum: fc.integer({ min: 0, max: 50 }),
  }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom('date', 'time', 'date-time', 'email') }),
  fc.record({ type: fc.constant('string'), pattern: fc.constantFrom('^\\d+$', '^[A-Z]', '(') }),
  fc.record({ type: fc.constantFrom('string', 'boolean', 'array', 'object', 'null', 'nonsense') }),
  fc.record({
    type: fc.constant('array'),
    items: fc.record({ type: fc.constantFrom('string', 'integer') }),
    minItems: fc.integer({ min: 0, max: 2 }),
  }),
  fc.constantFrom(
    true,
    {},
    { $ref: '#/nowhere' },
    { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    { const: 'large' },
    null,
    7,
  ),
)
const names = [
  'name',
  'size',
  'city',
  'date',
  'time',
  'email',
  'count',
  'message',
  'guest_name',
  'id',
  'on',
  'a',
  '__proto__',
  'toString',
]
const tool: fc.Arbitrary<RuleTool> = fc.record({
  name: fc.constantFrom('book_table', 'get_weather', 'choose_size', 'end_call', 'x', '', 'setName'),
  description: fc.option(fc.oneof(spoken, fc.string()), { nil: undefined }),
  parameters: fc.record({
    type: fc.constant('object'),
    properties: fc.dictionary(fc.constantFrom(...names), property),
    required: fc.subarray(names),
    additionalProperties: fc.boolean(),
  }),
})
const tools = fc.oneof(fc.constant([weather, table]), fc.array(tool, { maxLength: 3 }))
const message: fc.Arbitrary<RuleMessage> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ role: fc.constant('user'), content: utterance }) },
  {
    weight: 2,
    arbitrary: fc.record({ role: fc.constantFrom('system', 'developer', 'assistant', 'tool'), content: utterance }),
  },
  fc.record({ role: fc.string(), content: fc.anything(), tool_calls: fc.anything(), tool_call_id: fc.anything() }),
)
const conversation = fc.array(message, { maxLength: 8 })

test('no conversation makes it throw, and it always says or calls something', () => {
  fc.assert(
    fc.property(conversation, tools, (messages, offered) => {
      const reply = new RuleModel({ now }).reply(messages, offered)
      expect((reply.text ?? '').trim() !== '' || (reply.toolCalls ?? []).length > 0).toBe(true)
    }),
    { numRuns: 600 },
  )
})

test('the same conversation gives the same reply', () => {
  fc.assert(
    fc.property(conversation, tools, fc.nat(), (messages, offered, seed) => {
      const reply = new RuleModel({ now, seed }).reply(messages, offered)
      expect(new RuleModel({ now, seed }).reply(structuredClone(messages), structuredClone(offered))).toEqual(reply)
    }),
    { numRuns: 200 },
  )
})

test('the arguments of a call agree with the schema of a function that was offered', () => {
  let calls = 0
  fc.assert(
    fc.property(fc.array(spoken, { minLength: 1, maxLength: 5 }), tools, (texts, offered) => {
      const messages: RuleMessage[] = []
      for (const text of texts) {
        messages.push({ role: 'user', content: text })
        const { text: said, toolCalls = [] } = new RuleModel({ now }).reply(messages, offered)
        if (said !== undefined) messages.push({ role: 'assistant', content: said })
        for (const call of toolCalls) {
          calls += 1
          const made = offered.filter((candidate) => candidate.name === call.name)
          expect(made.some((candidate) => agrees(call.arguments, candidate.parameters))).toBe(true)
          expect(JSON.parse(JSON.stringify(call.arguments))).toEqual(call.arguments)
        }
      }
    }),
    { numRuns: 600 },
  )
  expect(calls).toBeGreaterThan(50)
})

test('a very long text is answered in time', () => {
  const text = 'book a table for four people tomorrow '.repeat(5000)
  const startMs = performance.now()
  new RuleModel({ now }).reply([{ role: 'user', content: text }], [weather, table])
  expect(performance.now() - startMs).toBeLessThan(1000)
})
