import type { JsonSchema } from '@pc/core'

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })
const text = (description: string): JsonSchema => ({ type: 'string', description })
const name = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description })
const flag = (description: string): JsonSchema => ({ type: 'boolean', description })
const seconds = (description: string): JsonSchema => ({ type: 'number', exclusiveMinimum: 0, description })
const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 1, description })
const described = (name: string, description: string): JsonSchema => ({ ...ref(name), description })
const list = (items: JsonSchema, description: string): JsonSchema => ({ type: 'array', items, description })

const identifier: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: '1 to 64 letters, digits, "_" or "-".',
}

/** Something that the program gives. */
const givenName = (description: string): JsonSchema => ({
  type: 'string',
  pattern: '^[A-Za-z0-9_.$:/-]{1,128}$',
  description: `${description} 1 to 128 letters, digits, or _ . $ : / -`,
})

const expression: JsonSchema = {
  description: 'A literal, a path such as { "path": "args.count" }, or an operator and what it applies to.',
  anyOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'array', items: ref('expression') },
    {
      type: 'object',
      properties: { path: { type: 'string', pattern: '^(args|state|result|input)(\\.[^.\\s]+)*$' } },
      required: ['path'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: {
        op: { enum: ['<', '<=', '==', '>=', '>', '!=', 'in', 'notIn', 'and', 'or'] },
        left: ref('expression'),
        right: ref('expression'),
      },
      required: ['op', 'left', 'right'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { op: { const: 'not' }, left: ref('expression') },
      required: ['op', 'left'],
      additionalProperties: false,
    },
  ],
}

const target: JsonSchema = {
  description: 'The name of a node, or a name and what goes along.',
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      properties: {
        node: name('The name of the node.'),
        input: { description: 'What a node with an input is entered with.' },
        result: { description: "What the model reads as the function's result." },
        say: text('Spoken before the conversation moves.'),
      },
      required: ['node'],
    },
  ],
}

const branches: JsonSchema = {
  type: 'array',
  minItems: 1,
  description: 'The first whose condition holds decides.',
  items: {
    type: 'object',
    properties: { when: ref('expression'), to: ref('target') },
    required: ['when', 'to'],
  },
}

const decision: JsonSchema = {
  type: 'object',
  properties: {
    branches,
    otherwise: described('target', 'Where to move when no branch holds. Default: the conversation stays.'),
  },
  required: ['branches'],
}

const always: JsonSchema = {
  description: 'Moves on as soon as the node is entered and what it says was played.',
  anyOf: [
    ref('target'),
    {
      type: 'object',
      properties: { branches, otherwise: ref('target') },
      required: ['branches', 'otherwise'],
    },
  ],
}

const context: JsonSchema = {
  description: 'How the history is treated when a node is entered.',
  anyOf: [
    { enum: ['append', 'reset'] },
    {
      type: 'object',
      properties: {
        summary: name('What the model is told to sum the history up.'),
        timeoutSecs: seconds('Then the history is kept. Default 5.'),
      },
      required: ['summary'],
    },
  ],
}

const schemaOrName: JsonSchema = {
  description: 'A JSON Schema of an object, or the name of a schema that the program gives.',
  anyOf: [givenName('The name of a schema.'), { type: 'object' }],
}

const message: JsonSchema = {
  type: 'object',
  properties: { role: { enum: ['system', 'developer', 'user', 'assistant'] }, content: { type: 'string' } },
  required: ['role', 'content'],
}

const action: JsonSchema = {
  type: 'object',
  description: 'tts_say, end_conversation, function, or a type that the program knows.',
  properties: {
    type: name('The type.'),
    handler: givenName('The name of a handler that the program gives.'),
    text: text('What tts_say and end_conversation say.'),
    appendTextToContext: flag('Whether the text enters the context. Default true.'),
  },
  required: ['type'],
  additionalProperties: true,
}

const expects: JsonSchema = {
  enum: ['digits', 'email', 'name', 'yesNo', 'free'],
  description: 'What the user will say: turns end accordingly.',
}

const flowFunction: JsonSchema = {
  type: 'object',
  properties: {
    name: identifier,
    description: text('What the model is told of it.'),
    parameters: described('schemaOrName', 'Of the arguments. Default: no arguments.'),
    handler: givenName('The name of a handler that the program gives.'),
    transitionTo: {
      description: 'Where it may move to.',
      anyOf: [ref('target'), { type: 'array', minItems: 1, items: ref('target') }],
    },
    decision: ref('decision'),
    result: { description: 'What the model reads, where no handler says it.' },
    call: {
      type: 'object',
      description: 'Has a sub-flow converse; its output is the result.',
      properties: { flow: name('One of subFlows.'), input: { description: 'What the sub-flow begins with.' } },
      required: ['flow'],
    },
    done: {
      type: 'object',
      description: 'Ends the flow.',
      properties: { output: { description: 'What the caller of a sub-flow gets.' } },
      required: ['output'],
    },
    when: described('expression', 'Whether the model may call it; paths into the state.'),
    timeoutSecs: seconds('The call is cancelled after this long.'),
    cancelOnInterruption: flag('Default false.'),
    background: flag('The conversation goes on while it runs. Default false.'),
    idempotent: flag('It may run twice. Default false.'),
    expects,
    cache: {
      type: 'object',
      properties: {
        ttlSecs: seconds('How long a result may be used again.'),
        scope: { enum: ['session', 'global'] },
        pure: flag('Also its transitions may be taken from the cache. Default false.'),
      },
    },
  },
  required: ['name', 'description'],
}

const node: JsonSchema = {
  type: 'object',
  properties: {
    role: text('Who the agent is.'),
    task: {
      description: 'What is to be achieved here: one text, or messages.',
      anyOf: [{ type: 'string' }, { type: 'array', items: ref('message') }],
    },
    input: described('schemaOrName', 'Of what the node is entered with; its texts refer to it as {{name}}.'),
    functions: list(ref('function'), 'What the model may call here.'),
    before: list(ref('action'), 'Happens before the model is told of the node.'),
    after: list(ref('action'), 'Happens when the first reply in this node has been played.'),
    context: ref('context'),
    respondImmediately: flag('Whether the model speaks first. Default true.'),
    say: text('Said on entering, in place of what the model would say.'),
    always,
    onSpoken: described('target', 'Moves on when the first reply in this node has been played.'),
    onSilence: {
      type: 'object',
      properties: {
        afterSecs: seconds('How long the user says nothing.'),
        say: text('Said then, each time.'),
        to: ref('target'),
        times: count('How often the text is said before the conversation moves. Default 1.'),
      },
      required: ['afterSecs'],
    },
    onError: described('target', 'Moves there when entering fails, or a function does.'),
    maxVisits: count('How often the node may be entered in one conversation.'),
    model: name('For this node alone.'),
    temperature: { type: 'number', minimum: 0, description: 'For this node alone.' },
    expects,
    cache: { const: 'entry', description: 'The first reply of a visit may come from a cache.' },
    position: {
      type: 'object',
      description: 'Where an editor draws it.',
      properties: { x: { type: 'number' }, y: { type: 'number' } },
      required: ['x', 'y'],
    },
  },
  required: ['task'],
}

const flowParts: Readonly<Record<string, JsonSchema>> = {
  initialNode: name('Where the conversation begins.'),
  nodes: { type: 'object', minProperties: 1, propertyNames: identifier, additionalProperties: ref('node') },
  globalFunctions: list(ref('function'), 'May be called in every node.'),
  context: ref('context'),
  initialState: { type: 'object', description: 'What the state is at the beginning.' },
  state: described('schemaOrName', 'Of the state.'),
  subFlows: {
    type: 'object',
    description: 'The flows that functions call, by id.',
    propertyNames: identifier,
    additionalProperties: ref('subFlow'),
  },
  meta: {
    type: 'object',
    properties: {
      name: name('For people.'),
      version: name('Of what the flow means: a snapshot of another version is not resumed. Default "1".'),
      description: text('For people.'),
    },
  },
}

/** The schema of flow files, version 1; `flow.schema.json` is the same. */
export const flowFileSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pc:flows:flow-file:1',
  title: 'Flow',
  description: 'A conversation as a machine of nodes. Keys that are not listed are kept.',
  type: 'object',
  properties: {
    $schema: text('Where this schema is.'),
    version: { const: 1, description: "Of the file's form." },
    id: name('Names the flow in snapshots.'),
    ...flowParts,
  },
  required: ['version', 'id', 'initialNode', 'nodes'],
  $defs: {
    subFlow: { type: 'object', properties: flowParts, required: ['initialNode', 'nodes'] },
    node,
    function: flowFunction,
    target,
    decision,
    expression,
    context,
    message,
    action,
    schemaOrName,
  },
}
