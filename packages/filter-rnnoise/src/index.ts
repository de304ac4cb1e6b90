export { RNNoiseFilter, type RNNoiseFilterOptions } from './rnnoise-filter.ts'
