import { isRecord } from '../definition/is-record.ts'
import type { StandardSchema } from '@pc/core'
import type { ActionHandler } from '../definition/action.ts'
import { FlowDefinitionError, type FlowFault } from '../definition/errors.ts'
import type { FlowDefinition, FlowWarning } from '../definition/flow-definition.ts'
import { lintFlow } from '../machine/lint-flow.ts'
import { buildFlow, type GivenParts } from './build-flow.ts'
import type { FlowHandler } from './build-function.ts'
import { checkFlowFile } from './check-flow-file.ts'
import { checkJson, type JsonReport } from './check-json.ts'
import { nearestName } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, ownEntry, pathText, type PlacedFault, recordOf } from './file-path.ts'
import type { FileFlow, FlowFile } from './flow-file.ts'
import { flowFileSchema } from './flow-file-schema.ts'
import { fromEditor } from './from-editor.ts'
import { fromStatic } from './from-static.ts'
import { Origins } from './origins.ts'
import { type FlowFileFormat, type FlowSource, readSource } from './read-source.ts'
import { editorFileSchema, staticFileSchema } from './source-schemas.ts'
import type { FileWarning, TranslatedFile } from './translated-file.ts'

/** Options of {@link loadFlow}. Names that a file refers to are looked up here and nowhere else. */
export interface LoadFlowOptions {
  /** What functions run, by the name in the file: `(args, ctx) => outcome`. Default: none. */
  readonly handlers?: Readonly<Record<string, FlowHandler>> | undefined
  /** What actions run, by the name in the file, or by their type. Default: none. */
  readonly actions?: Readonly<Record<string, ActionHandler>> | undefined
  /** Schemas that the file names in place of a JSON Schema. Default: none. */
  readonly schemas?: Readonly<Record<string, StandardSchema>> | undefined
  /** How a text is written. Default: JSON if it begins with a brace, else YAML. */
  readonly format?: FlowFileFormat | undefined
  /** Names the flow in snapshots. Default: what the file says, or for a static file `flow`. */
  readonly id?: string | undefined
}

/** Which kind of file it was: ours, that of the visual editor, or the static one of Pipecat Flows 0.0.22. */
export type FlowFileShape = 'flow' | 'editor' | 'static'

/** Something that holds but looks wrong. */
export interface FlowFileWarning extends FlowFault {
  readonly code: FlowWarning['code'] | FileWarning['code']
}

/** A flow from a file. */
export interface LoadedFlow {
  readonly flow: FlowDefinition
  readonly shape: FlowFileShape
  /** What was read, as it was, unknown keys included: what `exportFlow` writes. */
  readonly document: JsonRecord
  /** The same as a file of ours. */
  readonly file: FlowFile
  readonly warnings: readonly FlowFileWarning[]
}

const documents = new WeakMap<FlowDefinition, LoadedFlow>()

/** @internal What a flow was loaded from. */
export function loadedFrom(flow: FlowDefinition): LoadedFlow | undefined {
  return documents.get(flow)
}

/**
 * A flow from a text in JSON or YAML, or from an object. Nothing in a file is run: conditions are a tree of operators,
 * handlers are names.
 *
 * ```ts
 * const { flow, warnings } = loadFlow(await readFile('pizza.yaml', 'utf8'), { handlers: { choose_size } })
 * ```
 *
 * @throws FlowDefinitionError with all faults at once, each with its path, its line and column where a text was given,
 * and how to mend it. Files over 2,000,000 characters, over 50,000 values or nested over 64 deep are refused, and so
 * are cycles, repeated keys, YAML tags, and the keys `__proto__`, `constructor` and `prototype`.
 */
export function loadFlow(input: string | object, options: LoadFlowOptions = {}): LoadedFlow {
  const source = readSource(input, options.format)
  if (source.faults.length > 0) throw refused(source, source.faults)
  const document = source.value
  if (!isRecord(document)) {
    throw refused(source, [{ path: [], message: 'is no flow; a file holds an object with "nodes"' }])
  }
  const shape = shapeOf(document)
  const translated = translate(document, shape, options)
  const { origins } = translated
  const given = givenBy(options)
  const report = checkFlowFile(translated.file, {
    handlers: new Set(given.handlers.keys()),
    actions: new Set(given.actions.keys()),
    schemas: new Map([...given.schemas].map(([name, schema]) => [name, jsonSchemaOf(schema)])),
  })
  const form = formOf(document, shape, translated)
  const inDocument = <F extends PlacedFault>(fault: F): F => ({ ...fault, path: origins.sourceOf(fault.path) })
  const faults = [...form.faults, ...translated.faults, ...report.faults.map(inDocument)]
  const { file } = translated
  if (faults.length > 0 || !isFlowFile(file)) throw refused(source, faults)
  const flow = build(source, file, given, origins)
  const warnings = [
    ...typingErrors(form),
    ...translated.warnings,
    ...report.warnings.map(inDocument),
    ...lint(flow, file).map(inDocument),
  ].map((warning) => ({ code: warning.code, ...placed(source, warning) }))
  const loaded: LoadedFlow = { flow, shape, document, file, warnings }
  documents.set(flow, loaded)
  return loaded
}

function build(source: FlowSource, file: FlowFile, given: GivenParts, origins: Origins): FlowDefinition {
  try {
    return buildFlow(file.id, file, given)
  } catch (error) {
    if (!(error instanceof FlowDefinitionError)) throw error
    const faults = error.faults.map(({ path, message }) => ({
      path: origins.sourceOf(pathInFile(file, path)),
      message,
    }))
    throw refused(source, faults)
  }
}

/** The warnings of a definition and its sub-flows, with the paths of their file. */
function lint(flow: FlowDefinition, file: FileFlow, place: FilePath = []): (PlacedFault & Pick<FlowWarning, 'code'>)[] {
  const own = lintFlow(flow).map(({ code, path, message }) => ({
    code,
    path: [...place, ...pathInFile(file, path)],
    message,
  }))
  return [
    ...own,
    ...Object.entries(file.subFlows ?? {}).flatMap(([id, sub]) => {
      const inner = flow.subFlows[id]
      return inner === undefined ? [] : lint(inner, sub, [...place, 'subFlows', id])
    }),
  ]
}

/** A path of a definition, in which functions stand under their names, in the file, where they are a list. */
function pathInFile(file: unknown, path: string): FilePath {
  const found: (string | number)[] = []
  let at: unknown = file
  for (const part of path.split('.')) {
    const list: readonly unknown[] | undefined = Array.isArray(at) ? at : undefined
    const named = list?.findIndex((item) => recordOf(item)['name'] === part) ?? -1
    const key = list === undefined ? part : named >= 0 ? named : Number(part)
    found.push(key)
    at = list === undefined ? ownEntry(recordOf(at), part) : list[Number(key)]
  }
  return found
}

function shapeOf(document: JsonRecord): FlowFileShape {
  if (Array.isArray(document['nodes'])) return 'editor'
  return 'initial_node' in document ? 'static' : 'flow'
}

function translate(document: JsonRecord, shape: FlowFileShape, { handlers, id }: LoadFlowOptions): TranslatedFile {
  if (shape === 'static') return fromStatic(document, id ?? 'flow')
  const translated =
    shape === 'editor'
      ? fromEditor(document, new Set(Object.keys(handlers ?? {})))
      : { file: document, origins: new Origins(), faults: [], warnings: [] }
  return id === undefined ? translated : { ...translated, file: { ...translated.file, id } }
}

/** The faults of form: of what was read, and if that is good, of its translation. */
function formOf(document: JsonRecord, shape: FlowFileShape, { file, origins }: TranslatedFile): JsonReport {
  if (shape === 'flow') return checkJson(flowFileSchema, file)
  const form = checkJson(shape === 'editor' ? editorFileSchema : staticFileSchema, document)
  if (form.faults.length > 0) return form
  const { faults } = checkJson(flowFileSchema, file)
  return { ...form, faults: faults.map(({ path, message }) => ({ path: origins.sourceOf(path), message })) }
}

/** Whether a file has the form that its schema demands. */
function isFlowFile(file: JsonRecord): file is FlowFile & JsonRecord {
  return checkJson(flowFileSchema, file).faults.length === 0
}

/** Keys that nothing reads and that look like one that something does. */
function typingErrors({ unknown }: JsonReport): FileWarning[] {
  return unknown.flatMap(({ path, key, known }) => {
    const meant = nearestName(key, known)
    if (meant === undefined) return []
    const message = `"${key}" is kept, but nothing reads it. Did you mean "${meant}"?`
    return [{ code: 'unknown-key' as const, path: [...path, key], message }]
  })
}

function givenBy({ handlers = {}, actions = {}, schemas = {} }: LoadFlowOptions): GivenParts {
  return {
    handlers: new Map(Object.entries(handlers)),
    actions: new Map(Object.entries(actions)),
    schemas: new Map(Object.entries(schemas)),
  }
}

function jsonSchemaOf(schema: StandardSchema): JsonRecord | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // Whether it can be offered to a model is checked where it is used.
    return undefined
  }
}

function refused(source: FlowSource, faults: readonly PlacedFault[]): FlowDefinitionError {
  return new FlowDefinitionError(
    'The flow cannot be loaded',
    faults.map((fault) => placed(source, fault)),
  )
}

function placed(
  { locate }: FlowSource,
  fault: PlacedFault & { readonly line?: number; readonly column?: number },
): FlowFault {
  const { path, message } = fault
  const place = fault.line === undefined ? locate(path) : { line: fault.line, column: fault.column }
  return { path: pathText(path), message, ...place }
}
