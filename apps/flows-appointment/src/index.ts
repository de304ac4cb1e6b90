import type { FlowDemo } from '@pc/flows-demo'
import { demoCalendar } from './booking-api.ts'
import { appointmentFlow } from './flow.ts'

export const demo: FlowDemo = {
  id: 'appointment',
  title: 'Appointment',
  about: 'Book at a salon whose calendar is sometimes full, and on Mondays out of order at first',
  flow: appointmentFlow(demoCalendar()),
  examples: [
    'A massage, please.',
    'On Friday at three.',
    'Then at four.',
    'My name is Anna.',
    'A haircut on Monday at ten.',
  ],
}
