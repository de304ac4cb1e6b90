import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { FunctionCallResultProperties } from '../frames/tool.ts'
import { PcError } from '../runtime/errors.ts'
import type { UserTurnExpectation } from '../turns/user-turn-expectation.ts'
import type { LLMContext } from './llm-context.ts'
import { describeIssue, type JsonSchema, type SchemaOutput, type StandardSchema } from './standard-schema.ts'
import { isRecord } from '../runtime/is-record.ts'

/** A processor, as far as a function needs it: `call.llm.pushFrame(new TTSSpeakFrame('One moment.'))`. */
export interface FramePusher {
  pushFrame(frame: Frame, direction?: FrameDirection): void
}

/** What a function gets beside its arguments. */
export interface ToolCallContext {
  /** Aborts when the call is cancelled: by an interruption, a timeout, or the end of the task. */
  readonly signal: AbortSignal
  readonly context: LLMContext
  readonly toolCallId: string
  /**
   * For services that must not do a thing twice, such as payments. A call that is made again because an earlier one, of
   * the same function with the same arguments, did not finish gets the key of that one, for as long as the service's
   * `idempotencyKeySecs` says; every other call its own.
   */
  readonly idempotencyKey: string
  /** The language model service: pushes frames from its place in the pipeline. */
  readonly llm: FramePusher
  /** Reports an intermediate result; only functions marked `background` may. */
  readonly progress: (result: unknown) => void
  /** The application's own objects, as the task got them. */
  readonly appResources: unknown
  readonly functionName: string
  /**
   * Gives the result instead of returning it, also after the handler has returned. A handler that takes it and returns
   * nothing leaves the call open until it is used.
   */
  readonly resultCallback: (result: unknown, properties?: FunctionCallResultProperties) => void
}

/**
 * A function that the model may call. What it returns, as JSON, is what the model reads; nothing reads `{ ok: true }`.
 * `null` is no result: the model is not run on it.
 */
export type ToolHandler<Args = Readonly<Record<string, unknown>>> = (args: Args, call: ToolCallContext) => unknown

/** How a call behaves; the language model service has the defaults. */
export interface FunctionCallOptions {
  /**
   * What an interruption does to the call: `true` aborts it, `false` lets it go on, `detach` lets it go on in the
   * background, so that its result comes as a message of its own. Default true, and false for a background function.
   */
  readonly cancelOnInterruption?: boolean | 'detach' | undefined
  /** The call is cancelled after this long, seconds; `Infinity`: never. Default: that of the service. */
  readonly timeoutSecs?: number | undefined
  /** The conversation goes on while it runs, and hears of its results by messages of their own. Default false. */
  readonly background?: boolean | undefined
  /** While it runs the model is offered `cancel_<name>`. Default false. */
  readonly cancellableByLlm?: boolean | undefined
}

/** What both ways to define a function share. */
export interface FunctionTraits extends FunctionCallOptions {
  /** What the user will say while the model may call it, such as the digits of a phone number: turns end accordingly. */
  readonly expects?: UserTurnExpectation | undefined
}

/** The fields of a {@link FunctionSchema}. */
export interface FunctionDefinition extends FunctionTraits {
  /** 1 to 64 letters, digits, `_` or `-`. */
  readonly name: string
  readonly description: string
  /** JSON Schema by argument. Default: no arguments. */
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  /** The arguments that must be given. Default: none. */
  readonly required?: readonly string[] | undefined
  /** What `properties` refer to by `$ref: '#/$defs/...'`. */
  readonly $defs?: Readonly<Record<string, JsonSchema>> | undefined
  readonly handler?: ToolHandler | undefined
  /** Checks and converts arguments before the handler gets them. */
  readonly parameters?: StandardSchema | undefined
}

/** Arguments that hold, or what is wrong with them, one line per fault. */
export type CheckedArguments =
  | { readonly ok: true; readonly args: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly issues: readonly string[] }

/**
 * A function as the model sees it, and what runs when it is called.
 *
 * @throws PcError `invalid-tool` when the name or the schema cannot be sent to a model.
 */
export class FunctionSchema implements FunctionDefinition {
  readonly name: string
  readonly description: string
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
  readonly $defs: Readonly<Record<string, JsonSchema>> | undefined
  readonly handler: ToolHandler | undefined
  readonly parameters: StandardSchema | undefined
  readonly cancelOnInterruption: boolean | 'detach' | undefined
  readonly timeoutSecs: number | undefined
  readonly background: boolean | undefined
  readonly cancellableByLlm: boolean | undefined
  readonly expects: UserTurnExpectation | undefined

  constructor(definition: FunctionDefinition) {
    this.name = definition.name
    this.description = definition.description
    this.properties = definition.properties ?? {}
    this.required = definition.required ?? []
    this.$defs = definition.$defs
    this.handler = definition.handler
    this.parameters = definition.parameters
    this.cancelOnInterruption = definition.cancelOnInterruption
    this.timeoutSecs = definition.timeoutSecs
    this.background = definition.background
    this.cancellableByLlm = definition.cancellableByLlm
    this.expects = definition.expects
    verify(this)
  }

  /** The schema of all arguments: an object. */
  get parametersSchema(): JsonSchema {
    return {
      type: 'object',
      properties: this.properties,
      required: this.required,
      ...(this.$defs !== undefined && { $defs: this.$defs }),
    }
  }

  /** Checks the arguments of a call: by the Standard Schema, or else by presence, type and enum of each property. */
  async checkArguments(args: Readonly<Record<string, unknown>>): Promise<CheckedArguments> {
    if (this.parameters === undefined) {
      const issues = plainIssues(this, args)
      return issues.length > 0 ? { ok: false, issues } : { ok: true, args }
    }
    const result = await this.parameters['~standard'].validate(args)
    if (result.issues !== undefined) return { ok: false, issues: result.issues.map(describeIssue) }
    return isRecord(result.value)
      ? { ok: true, args: result.value }
      : { ok: false, issues: ['The arguments are not an object.'] }
  }
}

/** What {@link defineFunction} takes. */
export interface TypedFunctionDefinition<S extends StandardSchema> extends FunctionTraits {
  /** 1 to 64 letters, digits, `_` or `-`. */
  readonly name: string
  readonly description: string
  /** An object schema that can give its JSON Schema, as zod 4 can. Default: no arguments. */
  readonly parameters?: S | undefined
  readonly handler: ToolHandler<SchemaOutput<S>>
}

/**
 * A function whose arguments are typed, and checked, by a schema.
 *
 * ```ts
 * const weather = defineFunction({
 *   name: 'get_weather',
 *   description: 'The weather at a place',
 *   parameters: z.object({ city: z.string() }),
 *   handler: async ({ city }, { signal }) => forecast(city, signal),
 * })
 * ```
 *
 * @throws PcError `invalid-tool` when the schema is not an object schema or cannot give its JSON Schema.
 */
export function defineFunction<S extends StandardSchema = StandardSchema<unknown, Readonly<Record<string, never>>>>(
  definition: TypedFunctionDefinition<S>,
): FunctionSchema {
  const { parameters, handler, ...rest } = definition
  return new FunctionSchema({
    ...rest,
    ...(parameters !== undefined && { ...objectSchema(rest.name, parameters), parameters }),
    // The service gives it arguments that `parameters` has let through.
    handler: handler as ToolHandler,
  })
}

/** The parts of a schema's JSON Schema that a {@link FunctionDefinition} wants. */
function objectSchema(
  name: string,
  schema: StandardSchema,
): Pick<FunctionDefinition, 'properties' | 'required' | '$defs'> {
  const { vendor, jsonSchema } = schema['~standard']
  if (jsonSchema === undefined) {
    throw invalid(name, `its ${vendor} schema cannot give a JSON Schema; use a version that can, or a FunctionSchema`)
  }
  let json: Record<string, unknown>
  try {
    json = jsonSchema.input({ target: 'draft-2020-12' })
  } catch (cause) {
    throw invalid(name, 'its schema has a part that JSON Schema cannot express', cause)
  }
  const { type, properties = {}, required = [], $defs } = json
  if (type !== 'object' || !isSchemaMap(properties) || !isStrings(required)) {
    throw invalid(name, 'its parameters are not an object schema')
  }
  return { properties, required, ...(isSchemaMap($defs) && { $defs }) }
}

function verify(schema: FunctionSchema): void {
  const { name, description, properties, required } = schema
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
    throw invalid(String(name), 'its name must be 1 to 64 letters, digits, "_" or "-"')
  }
  if (typeof description !== 'string') throw invalid(name, 'it has no description')
  if (!isSchemaMap(properties)) throw invalid(name, 'properties must map each argument to a JSON Schema')
  if (!isStrings(required)) throw invalid(name, 'required must be a list of argument names')
  const unknown = required.find((key) => !(key in properties))
  if (unknown !== undefined) throw invalid(name, `"${unknown}" is required but not among its properties`)
}

function plainIssues(schema: FunctionSchema, args: Readonly<Record<string, unknown>>): string[] {
  const issues = schema.required.filter((key) => args[key] === undefined).map((key) => `${key}: required`)
  for (const [key, value] of Object.entries(args)) {
    const property = schema.properties[key]
    if (property === undefined || value === undefined) continue
    const { type, enum: allowed } = property
    const types = typeof type === 'string' ? [type] : isStrings(type) ? type : []
    if (types.length > 0 && !types.some((name) => hasType(value, name))) {
      issues.push(`${key}: expected ${types.join(' or ')}`)
    } else if (Array.isArray(allowed) && !allowed.includes(value)) {
      issues.push(`${key}: expected one of ${allowed.map((item) => JSON.stringify(item)).join(', ')}`)
    }
  }
  return issues
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'null':
      return value === null
    default:
      return typeof value === type
  }
}

function isSchemaMap(value: unknown): value is Record<string, JsonSchema> {
  return isRecord(value) && Object.values(value).every(isRecord)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function invalid(name: string, fault: string, cause?: unknown): PcError {
  return new PcError(`The function "${name}" cannot be offered to a model: ${fault}.`, {
    code: 'invalid-tool',
    kind: 'config',
    cause,
  })
}
