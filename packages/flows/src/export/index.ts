export { toDot } from './to-dot.ts'
export { toJsonGraph, type JsonGraph } from './to-json-graph.ts'
export { toMermaid } from './to-mermaid.ts'
export { toStately, type StatelyConfig, type StatelyState, type StatelyTransition } from './to-stately.ts'
