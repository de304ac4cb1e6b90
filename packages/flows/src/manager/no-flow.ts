import type { FlowDefinition } from '../definition/flow-definition.ts'

/** The flow of conversations whose nodes the application gives one by one. */
export const NO_FLOW: FlowDefinition = {
  id: 'dynamic',
  version: '1',
  initialNode: '',
  nodes: {},
  globalFunctions: [],
  context: 'append',
  initialState: {},
  subFlows: {},
}
