export { consoleInspector } from './console-inspector.ts'
export { type FlowMessage, rtviInspector, type RtviInspector, type RtviInspectorOptions } from './rtvi-inspector.ts'
export { type StatelyEvent, statelyInspector, type StatelyInspectorOptions } from './stately-inspector.ts'
