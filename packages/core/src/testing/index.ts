export { runTest, type Pause, type RunTestOptions, type RunTestResult } from './run-test.ts'
export { TestClock } from './test-clock.ts'
export { createTestRuntime } from './test-runtime.ts'
