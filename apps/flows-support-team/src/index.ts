import { MultiAgentFlowManager } from '@pc/flows/agents'
import type { FlowDemo } from '@pc/flows-demo'
import { flows, team } from './flow.ts'

export const demo: FlowDemo = {
  id: 'support-team',
  title: 'Support team',
  about: 'Four agents who hand the caller to each other, and know what was said before',
  team: { flows, manage: (options) => new MultiAgentFlowManager({ ...options, team }) },
  examples: [
    'My name is Peter.',
    'My internet does not work.',
    'Yes, it works now.',
    'I want to buy a new plan.',
    'I want a refund.',
  ],
}
