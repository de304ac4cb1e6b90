export * from './definition/index.ts'
export {
  type FlowEdge,
  type FlowEdgeKind,
  flowGraph,
  type FlowGraph,
  type FlowGraphFunction,
  type FlowGraphNode,
} from './machine/flow-graph.ts'
export {
  FlowManager,
  type FlowManagerEvents,
  type FlowManagerOptions,
  type FlowManagerParts,
  type InitializeOptions,
  type SetFlowOptions,
} from './manager/flow-manager.ts'
export type { FlowMiddleware } from './manager/call-runner.ts'
export type { FlowCall, FlowHost, FlowHostListener, FlowTool, NodeUpdate } from './manager/flow-host.ts'
export type { CallEnd, FlowEvent, FlowInspection, FlowInspector, TransitionCause } from './manager/inspection.ts'
export type { FlowContextAggregator, FlowModel } from './manager/pipeline-host.ts'
export { type FlowSnapshot, parseSnapshot, type SavedCall, type SavedRun } from './snapshot/flow-snapshot.ts'
export type { FlowStore, TimeToLive } from './snapshot/flow-store.ts'
export { memoryStore, type MemoryStoreOptions } from './snapshot/memory-store.ts'
export type { MigrateSnapshot } from './snapshot/resume.ts'
export { signedStore, type SignedStoreOptions } from './snapshot/signed-store.ts'
