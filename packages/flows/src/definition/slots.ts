import type { SchemaOutput, StandardSchema, UserTurnExpectation } from '@pc/core'
import { nodeOf, type TypedNode } from './define-node.ts'
import { FlowError, InvalidFunctionError } from './errors.ts'
import type { FlowContext, FlowManagerView, FlowState } from './flow-context.ts'
import type { FlowFunction, JsonSchemaParameters } from './flow-function.ts'
import type { FlowNode } from './flow-node.ts'
import { schemaOf, validatorOf } from './function-schema.ts'
import { type EdgesOfFunctions, type FaultOfFunctions, functionList, type FunctionSet } from './function-set.ts'
import { isOfUser } from './is-of-user.ts'
import { isRecord } from './is-record.ts'
import { type Json, pathOfNonJson } from './json.ts'
import { type FlowOutcome, stay, type To } from './outcome.ts'

/** What describes the value of a slot. */
export type SlotSchema = StandardSchema | JsonSchemaParameters

/** Something that is to be learned from the user. */
export interface Slot<Schema extends SlotSchema = SlotSchema> {
  /** Of the value: JSON that a model can be told of. */
  readonly schema: Schema
  /** What the model is to ask, such as `For which day?`. */
  readonly ask: string
  /** What is said to the user, who has to agree before the value counts. Default: it counts at once. */
  readonly readBack?: ((value: ValueOf<Schema>) => string) | undefined
  /** What the user will say: turns end accordingly. */
  readonly expects?: UserTurnExpectation | undefined
}

type ValueOf<Schema> = Schema extends StandardSchema ? SchemaOutput<Schema> : unknown

/** What a flow's state has of a slot, under `slots` and the slot's name. */
export type SlotRecord = {
  readonly value: Json
  /** Whether the value counts. */
  readonly confirmed: boolean
  /** How many messages of the user there were when the value was heard. */
  readonly heardAt?: number | undefined
}

/** What {@link slotNode} takes. */
export interface SlotNodeOptions<
  Schemas extends Readonly<Record<string, SlotSchema>>,
  Next extends To,
  Functions extends FunctionSet,
> extends Omit<FlowNode, 'task' | 'functions' | 'always' | 'onSpoken'> {
  /** What is to be achieved; what to ask for is added. */
  readonly task: string
  /** By name: letters, digits and `_`, at most 50. */
  readonly slots: { readonly [Name in keyof Schemas]: Slot<Schemas[Name]> }
  /** Where the conversation goes when all slots are filled and confirmed. */
  readonly done: Next
  /** Where the state has the slots. Default `slots`. */
  readonly stateKey?: string | undefined
  /** May be called beside those that fill the slots. */
  readonly functions?: Functions | undefined
}

/**
 * A node that learns some values from the user. For each slot the model may call `set_<slot>`, `change_<slot>` once it is
 * filled, and, where it is read back, `confirm_<slot>`, which counts only when the user has spoken since. The values are
 * kept in the flow's state, as {@link SlotRecord}s.
 *
 * ```ts
 * slotNode({
 *   task: 'Find out when the appointment is to be.',
 *   slots: { date: { schema: z.iso.date(), ask: 'For which day?', readBack: (date) => `On ${date}, is that right?` } },
 *   done: to('confirm'),
 * })
 * ```
 *
 * @throws InvalidFunctionError when a schema cannot be sent to a model.
 */
export function slotNode<
  Schemas extends Readonly<Record<string, SlotSchema>>,
  const Next extends To,
  const Functions extends FunctionSet = readonly [],
>(
  options: SlotNodeOptions<Schemas, Next, Functions>,
): TypedNode<EdgesOfFunctions<Functions> | Next, FaultOfFunctions<Functions>>
export function slotNode(options: SlotNodeOptions<Readonly<Record<string, SlotSchema>>, To, FunctionSet>): FlowNode {
  const { task, slots, done, stateKey = 'slots', functions = [], ...rest } = options
  const sheet = new SlotSheet(stateKey, slots, done)
  const names = Object.keys(slots)
  const questions = names.map((name) => `- ${name}: ${slots[name]?.ask ?? ''}`).join('\n')
  return nodeOf({
    ...rest,
    task: `${task}\n\nAsk for what is missing, one thing at a time, and record each answer:\n${questions}`,
    // What is read back comes first: of all functions that may be called, the first says what the user will say.
    functions: [
      ...names.filter((name) => slots[name]?.readBack !== undefined).map((name) => confirmFunction(sheet, name)),
      ...names.flatMap((name) => setFunctions(sheet, name)),
      acceptFunction(sheet),
      ...functionList(functions),
    ],
  })
}

/** The values that count, by the names of their slots. */
export function slotValues(state: FlowState, stateKey = 'slots'): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(recordsIn(state, stateKey)).flatMap(([name, { value, confirmed }]) =>
      confirmed ? [[name, value]] : [],
    ),
  )
}

/** The slots of one node, and how its functions read and write them. */
class SlotSheet {
  readonly slots: Readonly<Record<string, Slot>>
  readonly done: To
  readonly #key: string

  constructor(key: string, slots: Readonly<Record<string, Slot>>, done: To) {
    this.#key = key
    this.slots = slots
    this.done = done
  }

  get(state: FlowState, name: string): SlotRecord | undefined {
    return recordsIn(state, this.#key)[name]
  }

  /**
   * The drafts of calls that run at once share the slots of the state: of two that fill two slots neither takes back
   * what the other did. A draft is made when it is first read, which is before the slots change.
   */
  put({ state: draft, manager }: FlowContext, name: string, record: SlotRecord | undefined): void {
    const records: Record<string, SlotRecord> = recordsIn(manager.state, this.#key)
    if (record === undefined) delete records[name]
    else records[name] = record
    manager.state[this.#key] = records
    draft[this.#key] = records
  }

  missing(state: FlowState): { readonly slot: string; readonly ask: string }[] {
    return Object.entries(this.slots)
      .filter(([name]) => this.get(state, name)?.confirmed !== true)
      .map(([slot, { ask }]) => ({ slot, ask }))
  }

  /** On, if nothing is missing; else the model hears what is. */
  next(state: FlowState, result: { readonly [field: string]: Json }): FlowOutcome {
    const missing = this.missing(state)
    return missing.length === 0 ? { ...this.done, result } : stay({ ...result, missing })
  }
}

function setFunctions(sheet: SlotSheet, name: string): FlowFunction[] {
  const slot = sheet.slots[name]
  if (slot === undefined) return []
  const { ask, readBack, expects } = slot
  const parameters = valueParameters(name, slot)
  const isFilled = (state: FlowState): boolean => sheet.get(state, name)?.confirmed === true
  const handler = ({ value }: { readonly value: unknown }, ctx: FlowContext): FlowOutcome => {
    const { manager } = ctx
    const kept = jsonOf(name, value)
    if (readBack === undefined) {
      sheet.put(ctx, name, { value: kept, confirmed: true })
      return sheet.next(manager.state, { status: 'recorded' })
    }
    sheet.put(ctx, name, { value: kept, confirmed: false, heardAt: userMessages(manager) })
    return stay({
      status: 'unconfirmed',
      say: readBack(value),
      instruction: `Wait for the answer, and call confirm_${name} with it.`,
    })
  }
  return [
    {
      name: `set_${name}`,
      description: `Record the answer to: ${ask}`,
      parameters,
      transitionTo: [sheet.done.node],
      handler,
      expects,
      when: (state) => !isFilled(state),
    },
    {
      name: `change_${name}`,
      description: `Record another answer to: ${ask}`,
      parameters,
      transitionTo: [sheet.done.node],
      handler,
      when: isFilled,
    },
  ]
}

function confirmFunction(sheet: SlotSheet, name: string): FlowFunction {
  const handler = ({ correct }: { readonly correct: boolean }, ctx: FlowContext): FlowOutcome => {
    const { manager } = ctx
    const record = sheet.get(manager.state, name)
    const ask = sheet.slots[name]?.ask ?? ''
    if (record === undefined || record.confirmed)
      return stay({ status: 'error', error: `There is no ${name} to confirm.` })
    if (!correct) {
      sheet.put(ctx, name, undefined)
      return stay({ status: 'rejected', ask })
    }
    const heard = userMessages(manager)
    if (heard !== undefined && heard === record.heardAt) {
      return stay({ status: 'error', error: `Nobody has agreed to the ${name} yet: say it, and wait for the answer.` })
    }
    sheet.put(ctx, name, { value: record.value, confirmed: true })
    return sheet.next(manager.state, { status: 'confirmed' })
  }
  return {
    name: `confirm_${name}`,
    description: `Record whether what was read back as the ${name} is correct, as the user said`,
    parameters: {
      jsonSchema: { type: 'object', properties: { correct: { type: 'boolean' } }, required: ['correct'] },
    },
    transitionTo: [sheet.done.node],
    handler,
    expects: 'yesNo',
    when: (state) => sheet.get(state, name)?.confirmed === false,
  }
}

/** For a node that is entered again when all is known. */
function acceptFunction(sheet: SlotSheet): FlowFunction {
  return {
    name: 'keep_all',
    description: 'Nothing of what is recorded is to be changed',
    transitionTo: [sheet.done.node],
    handler: () => sheet.done,
    when: (state) => sheet.missing(state).length === 0,
  }
}

/** The schema of `{ value }`. */
function valueParameters(name: string, { schema, ask }: Slot): JsonSchemaParameters {
  const { $schema: _, $defs, ...value } = schemaOf(`set_${name}`, schema)
  const checker = validatorOf(schema)
  return {
    jsonSchema: {
      type: 'object',
      properties: { value: { description: ask, ...value } },
      required: ['value'],
      ...($defs !== undefined && { $defs }),
    },
    ...(checker !== undefined && {
      validate: async (args: unknown) => {
        const given: unknown = typeof args === 'object' && args !== null && 'value' in args ? args.value : undefined
        const result = await checker['~standard'].validate(given)
        if (result.issues === undefined) return { value: { value: result.value } }
        return { issues: result.issues.map(({ message, path = [] }) => ({ message, path: ['value', ...path] })) }
      },
    }),
  }
}

function jsonOf(name: string, value: unknown): Json {
  if (pathOfNonJson(value) === undefined) return value as Json
  throw new InvalidFunctionError(`The schema of the slot "${name}" gives what is no JSON: it could not be kept.`)
}

function userMessages(manager: FlowManagerView): number | undefined {
  try {
    return manager.getCurrentContext().filter(isOfUser).length
  } catch (error) {
    // A flow without a context cannot tell; then the model is believed.
    if (error instanceof FlowError) return undefined
    throw error
  }
}

function recordsIn(state: FlowState, key: string): Record<string, SlotRecord> {
  const records = state[key]
  return isRecords(records) ? records : {}
}

function isRecords(value: unknown): value is Record<string, SlotRecord> {
  return isRecord(value) && Object.values(value).every(isSlotRecord)
}

function isSlotRecord(value: unknown): value is SlotRecord {
  return typeof value === 'object' && value !== null && 'value' in value && 'confirmed' in value
}
