export { exportFlow, type ExportFlowOptions } from './export-flow.ts'
export { type ComparisonOperator, evaluate, type Expression, type Scope, valueAt } from './expression.ts'
export type {
  FileAction,
  FileDecision,
  FileFlow,
  FileFunction,
  FileMessage,
  FileNode,
  FileTarget,
  FlowFile,
} from './flow-file.ts'
export { flowFileSchema } from './flow-file-schema.ts'
export type { FlowHandler } from './build-function.ts'
export { jsonSchema } from './json-schema.ts'
export {
  type FlowFileShape,
  type FlowFileWarning,
  type LoadedFlow,
  loadFlow,
  type LoadFlowOptions,
} from './load-flow.ts'
export type { FlowFileFormat } from './read-source.ts'
export { render } from './template.ts'
export { toTypeScript, type ToTypeScriptOptions } from './to-typescript.ts'
