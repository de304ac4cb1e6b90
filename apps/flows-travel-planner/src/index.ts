import type { FlowDemo } from '@pc/flows-demo'
import { travelPlanner } from './flow.ts'

export const demo: FlowDemo = {
  id: 'travel-planner',
  title: 'Travel planner',
  about: 'A trip to the beach or to the mountains, read back until it is right, and booked',
  flow: travelPlanner,
  examples: [
    'To the beach, please.',
    'Mexico sounds good.',
    'In July, for seven nights.',
    'Swimming and dancing.',
    'No, change the dates.',
  ],
}
