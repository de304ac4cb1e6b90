export { runTest, type Pause, type RunTestOptions, type RunTestResult } from './run-test.ts'
export { randomScenario, type RandomScenarioOptions } from './simulator/random-scenario.ts'
export type {
  Act,
  AnswerPlan,
  CallPlan,
  ClientPlan,
  ConnectionPlan,
  Cue,
  EchoAct,
  EndingPlan,
  Fault,
  PolicyPlan,
  Scenario,
  SpeakAct,
  SpeechPlan,
  TimedAct,
  ToolName,
} from './simulator/scenario.ts'
export { shrinkScenario } from './simulator/shrink-scenario.ts'
export { simulate, type SimulationOptions, type SimulationParts, type SimulationResult } from './simulator/simulate.ts'
export type { Violation } from './simulator/world.ts'
export { TestClock } from './test-clock.ts'
export { createTestRuntime } from './test-runtime.ts'
