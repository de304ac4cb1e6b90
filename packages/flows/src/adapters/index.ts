export * from '@pc/core/adapters'
export { toFlowFunction, toFlowFunctions } from './flow-function.ts'
export type { ProviderDict } from './provider-function.ts'
