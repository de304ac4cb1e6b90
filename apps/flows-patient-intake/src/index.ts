import type { FlowDemo } from '@pc/flows-demo'
import { patientIntake } from './flow.ts'

export const demo: FlowDemo = {
  id: 'patient-intake',
  title: 'Patient intake',
  about: 'What a doctor wants to know before a visit: an identity check, lists with doses, and a summary to agree to',
  flow: patientIntake,
  examples: [
    'January first, nineteen eighty three.',
    'I take aspirin 200 milligrams.',
    'No allergies.',
    'I have asthma.',
    'Back pain and a cough.',
  ],
}
