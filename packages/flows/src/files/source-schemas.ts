import type { JsonSchema } from '@pc/core'

const text: JsonSchema = { type: 'string' }
const name: JsonSchema = { type: 'string', minLength: 1 }
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const object = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
})

const message = object({ role: { enum: ['system', 'developer', 'user', 'assistant'] }, content: text }, [
  'role',
  'content',
])
const action = { ...object({ type: name, handler: name, text }, ['type']), additionalProperties: true }
const point = object({ x: { type: 'number' }, y: { type: 'number' } }, ['x', 'y'])
const strategy = object(
  {
    strategy: { enum: ['APPEND', 'RESET', 'RESET_WITH_SUMMARY', 'append', 'reset', 'reset_with_summary'] },
    summary_prompt: text,
  },
  ['strategy'],
)

const editorFunction = object(
  {
    name,
    description: text,
    properties: { type: 'object', additionalProperties: { type: 'object' } },
    required: list(text),
    next_node_id: text,
    decision: object(
      {
        action: name,
        conditions: list(
          object(
            {
              operator: { enum: ['<', '<=', '==', '>=', '>', '!=', 'not', 'in', 'not in'] },
              value: text,
              next_node_id: name,
            },
            ['operator', 'value', 'next_node_id'],
          ),
        ),
        default_next_node_id: name,
        decision_node_position: point,
      },
      ['action', 'conditions', 'default_next_node_id'],
    ),
  },
  ['name', 'description'],
)

/** The file of the visual editor of Pipecat Flows (https://flows.pipecat.ai/schema/flow.json). */
export const editorFileSchema: JsonSchema = object(
  {
    $schema: text,
    $id: text,
    meta: object({ name, version: text, description: text }, ['name']),
    context: { type: 'object' },
    global_functions: list(editorFunction),
    nodes: {
      ...list(
        object(
          {
            id: name,
            type: { enum: ['initial', 'node', 'llm_task', 'end'] },
            position: point,
            data: object({
              label: name,
              role_message: text,
              role_messages: list(message),
              task_messages: list(message),
              functions: list(editorFunction),
              pre_actions: list(action),
              post_actions: list(action),
              context_strategy: strategy,
              respond_immediately: { type: 'boolean' },
            }),
          },
          ['id', 'type', 'position', 'data'],
        ),
      ),
      minItems: 1,
    },
    edges: list(object({ id: name, source: name, target: name, label: text }, ['id', 'source', 'target'])),
  },
  ['meta', 'nodes'],
)

const declared = {
  name,
  description: text,
  handler: text,
  transition_to: name,
  timeout_secs: { type: 'number', exclusiveMinimum: 0 },
  cancel_on_interruption: { type: 'boolean' },
}

const staticFunction: JsonSchema = {
  anyOf: [
    object(
      {
        type: { const: 'function' },
        function: object({ ...declared, parameters: { type: 'object' } }, ['name', 'description']),
      },
      ['type', 'function'],
    ),
    object({ ...declared, parameters: { type: 'object' }, properties: { type: 'object' }, required: list(text) }, [
      'name',
      'description',
    ]),
  ],
}

/** The static flow of Pipecat Flows 0.0.22. */
export const staticFileSchema: JsonSchema = object(
  {
    initial_node: name,
    nodes: {
      type: 'object',
      minProperties: 1,
      additionalProperties: object(
        {
          role_message: text,
          role_messages: list(message),
          task_messages: list(message),
          functions: list(staticFunction),
          pre_actions: list(action),
          post_actions: list(action),
          context_strategy: strategy,
          respond_immediately: { type: 'boolean' },
        },
        ['task_messages'],
      ),
    },
    global_functions: list(staticFunction),
  },
  ['initial_node', 'nodes'],
)
