import { endConversation, flowKit, stay, to } from '@pc/flows'
import * as z from 'zod'

/** What the practice knows of the patient who is expected. */
const patient = { name: 'Chad Bailey', birthday: '1983-01-01' }

const prescription = z.object({
  medication: z.string().describe('Name of the medication'),
  dosage: z.string().describe('Such as 200 milligrams'),
})
const named = z.object({ name: z.string() })

const f = flowKit({
  state: z.object({
    isVerified: z.boolean().default(false),
    prescriptions: z.array(prescription).default([]),
    allergies: z.array(named).default([]),
    conditions: z.array(named).default([]),
    visitReasons: z.array(named).default([]),
    isConfirmed: z.boolean().default(false),
  }),
})

const verifyBirthday = f.fn({
  name: 'verify_birthday',
  description: 'Check the date of birth that the patient gave',
  parameters: z.object({ birthday: z.iso.date().describe("The patient's date of birth, as YYYY-MM-DD") }),
  transitionTo: 'prescriptions',
  handler: ({ birthday }, { state }) => {
    if (birthday !== patient.birthday) {
      return stay({ status: 'error', message: 'This is not the date of birth that we have. Could you say it again?' })
    }
    state.isVerified = true
    return to('prescriptions', { result: { status: 'success' } })
  },
})

const recordPrescriptions = f.fn({
  name: 'record_prescriptions',
  description: 'Record what the patient takes; an empty list if nothing',
  parameters: z.object({ prescriptions: z.array(prescription) }),
  transitionTo: 'allergies',
  handler: ({ prescriptions }, { state }) => {
    state.prescriptions = prescriptions
    return { status: 'success', count: prescriptions.length }
  },
})

const recordAllergies = f.fn({
  name: 'record_allergies',
  description: 'Record what the patient is allergic to; an empty list if nothing',
  parameters: z.object({ allergies: z.array(named) }),
  transitionTo: 'conditions',
  handler: ({ allergies }, { state }) => {
    state.allergies = allergies
    return { status: 'success', count: allergies.length }
  },
})

const recordConditions = f.fn({
  name: 'record_conditions',
  description: 'Record the medical conditions of the patient; an empty list if none',
  parameters: z.object({ conditions: z.array(named) }),
  transitionTo: 'visit_reasons',
  handler: ({ conditions }, { state }) => {
    state.conditions = conditions
    return { status: 'success', count: conditions.length }
  },
})

const recordVisitReasons = f.fn({
  name: 'record_visit_reasons',
  description: 'Record why the patient comes',
  parameters: z.object({ visit_reasons: z.array(named).min(1) }),
  transitionTo: 'verify',
  handler: ({ visit_reasons }, { state }) => {
    state.visitReasons = visit_reasons
    return { status: 'success', count: visit_reasons.length }
  },
})

const reviseInformation = f.fn({
  name: 'revise_information',
  description: 'Something is wrong or missing: go through it again',
  transitionTo: 'prescriptions',
})

const confirmInformation = f.fn({
  name: 'confirm_information',
  description: 'The patient confirms that all is right',
  transitionTo: 'confirm',
  handler: (_, { state }) => {
    state.isConfirmed = true
    return { status: 'success' }
  },
})

const endIntake = f.fn({
  name: 'end_intake',
  description: 'The patient needs nothing else',
  transitionTo: 'end',
})

/** What a doctor wants to know before a visit, from a patient whose identity was checked. */
export const patientIntake = f.flow({
  id: 'patient-intake',
  initialNode: 'start',
  nodes: {
    start: f.node({
      role: `You are Jessica, an agent for Tri-County Health Services. You collect what the doctor has to know before a visit.
You are polite, give no medical advice, and say one or two short sentences at a time, without lists or symbols.`,
      task: `Introduce yourself to ${patient.name}, then ask for their date of birth, including the year. Use verify_birthday to check it.`,
      functions: [verifyBirthday],
    }),
    // From here on the date of birth is no longer among what the model reads.
    prescriptions: f.node({
      context: 'reset',
      task: 'Ask what prescriptions they take, including the dosage.',
      functions: [recordPrescriptions],
    }),
    allergies: f.node({ task: 'Ask what allergies they have.', functions: [recordAllergies] }),
    conditions: f.node({ task: 'Ask what medical conditions they have.', functions: [recordConditions] }),
    visit_reasons: f.node({ task: 'Ask what brings them to the doctor today.', functions: [recordVisitReasons] }),
    verify: (_input: undefined, state) =>
      f.node({
        context: { summary: 'Summarize what the patient has said of their health, in two sentences.' },
        task: `Tell the patient: "You take ${listed(state.prescriptions.map(({ medication, dosage }) => `${medication} ${dosage}`))}.
Your allergies: ${namesOf(state.allergies)}. Your conditions: ${namesOf(state.conditions)}. You come because of ${namesOf(state.visitReasons)}."
Ask if all of that is right.`,
        expects: 'yesNo',
        functions: [confirmInformation, reviseInformation],
      }),
    confirm: f.node({
      task: 'Tell the patient that the doctor will see them soon. Ask if they need anything else.',
      expects: 'yesNo',
      functions: [endIntake],
    }),
    end: f.node({ task: 'Thank the patient for their time. Say goodbye.', after: [endConversation()] }),
  },
})

function namesOf(list: readonly { readonly name: string }[]): string {
  return listed(list.map(({ name }) => name))
}

function listed(things: readonly string[]): string {
  return things.length === 0 ? 'none' : things.join(', ')
}
