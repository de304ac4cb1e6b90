import type { FlowNode } from './flow-node.ts'

/** Where a node's `always` may lead, as it declares it; `undefined` for a function, which has to be tried. */
export function declaredTargets(always: NonNullable<FlowNode['always']>): readonly string[] | undefined {
  if (typeof always !== 'function') return [always.node]
  return 'transitionTo' in always && Array.isArray(always.transitionTo) ? always.transitionTo : undefined
}
