export type { ChooseServices, DemoServices } from './demo-services.ts'
export { flowBot, type FlowBotOptions } from './flow-bot.ts'
export type { DemoTeam, FlowDemo } from './flow-demo.ts'
