import type { FlowDemo } from '@pc/flows-demo'
import { foodOrdering } from './flow.ts'

export const demo: FlowDemo = {
  id: 'food-ordering',
  title: 'Food ordering',
  about: 'Order pizza or sushi by phone: prices, a change of mind, and a question that may come at any time',
  flow: foodOrdering,
  examples: [
    'I would like a pizza.',
    'A large one.',
    'With mushrooms, please.',
    'How long does it take?',
    'No, I want to change it.',
  ],
}
