import { diagramIn, typedTalk } from '@pc/flows-demo/testing'
import { toMermaid } from '@pc/flows/export'
import { FlowCoverage, type FlowTestRun, lintFlow, runFlow, testFlow } from '@pc/flows/testing'
import { describe, expect, test } from 'vitest'
import { patientIntake } from './flow.ts'
import { demo } from './index.ts'

const birthday = { birthday: '1983-01-01' }

test('every way through the flow is walked, and nothing looks wrong', async () => {
  const { coverage } = await testFlow(patientIntake, { args: { verify_birthday: birthday } })
  coverage.assertCoverage({ nodes: 100, edges: 100, functions: 100 })
  expect(lintFlow(patientIntake)).toEqual([])
})

test('the diagram in the README is that of the flow', () => {
  expect(diagramIn(new URL('../README.md', import.meta.url))).toEqual([toMermaid(patientIntake)])
})

async function collect(run: FlowTestRun): Promise<void> {
  await run.call('record_prescriptions', { prescriptions: [{ medication: 'ibuprofen', dosage: '200 milligrams' }] })
  await run.call('record_allergies', { allergies: [] })
  await run.call('record_conditions', { conditions: [{ name: 'asthma' }, { name: 'migraine' }] })
  await run.call('record_visit_reasons', { visit_reasons: [{ name: 'cough' }] })
}

describe('the intake', () => {
  test('stays until the date of birth is the right one', async () => {
    const run = await runFlow(patientIntake)
    expect(await run.call('verify_birthday', { birthday: '1983-10-01' })).toMatchObject({ status: 'error' })
    expect(JSON.stringify(await run.call('verify_birthday', { birthday: 'in spring' }))).toMatch(/birthday/)
    expect(run.currentNode).toBe('start')
    expect(run.state).toMatchObject({ isVerified: false })
    await run.call('verify_birthday', birthday)
    expect(run.currentNode).toBe('prescriptions')
    expect(run.state).toMatchObject({ isVerified: true })
  })

  test('does not show the date of birth to the model after the check', async () => {
    const run = await runFlow(patientIntake)
    await run.call('verify_birthday', birthday)
    expect(run.messages).toEqual([{ role: 'developer', content: expect.stringContaining('prescriptions') }])
    expect(run.role).toMatch(/Jessica/)
  })

  test('keeps lists of things with their fields, and reads them back', async () => {
    const run = await runFlow(patientIntake)
    await run.call('verify_birthday', birthday)
    await collect(run)
    expect(run.state).toEqual({
      isVerified: true,
      prescriptions: [{ medication: 'ibuprofen', dosage: '200 milligrams' }],
      allergies: [],
      conditions: [{ name: 'asthma' }, { name: 'migraine' }],
      visitReasons: [{ name: 'cough' }],
      isConfirmed: false,
    })
    const [task] = run.messages.slice(-1)
    expect(task).toMatchObject({
      content: expect.stringMatching(/ibuprofen 200 milligrams\.\s.*none.*asthma, migraine.*cough/s),
    })
  })

  test('refuses a prescription without a dosage, and no reason at all', async () => {
    const run = await runFlow(patientIntake)
    await run.call('verify_birthday', birthday)
    const result = await run.call('record_prescriptions', { prescriptions: [{ medication: 'ibuprofen' }] })
    expect(JSON.stringify(result)).toMatch(/dosage/)
    expect(run.currentNode).toBe('prescriptions')
    await collect(run)
    await run.call('revise_information')
    expect(run.currentNode).toBe('prescriptions')
  })
})

describe('without a key, a patient', () => {
  const coverage = new FlowCoverage(patientIntake)

  test('is asked for the date of birth until it is right, then for all that the doctor has to know', async () => {
    await using talk = await typedTalk(demo, coverage)
    expect(talk.greeting).toBe(
      'I am Jessica, an agent for Tri-County Health Services. What is your date of birth, including the year?',
    )
    expect(await talk.say('march fifth nineteen eighty')).toMatch(/not the date of birth that we have/)
    expect(await talk.say('January first, nineteen eighty three')).toMatch(/^What prescriptions do you take/)
    expect(await talk.say('I take ibuprofen 200 milligrams and vitamin D 50 units')).toBe('What allergies do you have?')
    expect(await talk.say('I am allergic to peanuts')).toBe('What medical conditions do you have?')
    expect(await talk.say('none')).toBe('What brings you to the doctor today?')
    expect(await talk.say('a headache and a cough')).toBe(
      'You take ibuprofen 200 milligrams, vitamin D 50 units. Your allergies: peanuts. Your conditions: none. ' +
        'You come because of headache, cough. Is all of that right?',
    )
    expect(await talk.say("yes, that's correct")).toBe('The doctor will see you soon. Do you need anything else?')
    expect(await talk.say('no thanks')).toBe('Thank you for your time. Goodbye!')
    expect(talk.hasEnded).toBe(true)
    expect(talk.state).toEqual({
      isVerified: true,
      prescriptions: [
        { medication: 'ibuprofen', dosage: '200 milligrams' },
        { medication: 'vitamin D', dosage: '50 units' },
      ],
      allergies: [{ name: 'peanuts' }],
      conditions: [],
      visitReasons: [{ name: 'headache' }, { name: 'cough' }],
      isConfirmed: true,
    })
  })

  test('goes through it again when something is wrong', async () => {
    await using talk = await typedTalk(demo, coverage)
    for (const text of ['January 1st 1983', 'no', 'no', 'asthma', 'back pain']) await talk.say(text)
    expect(await talk.say('no, that is wrong')).toMatch(/^What prescriptions do you take/)
    for (const text of ['aspirin 100 milligrams', 'none', 'asthma', 'back pain', 'yes', 'no']) await talk.say(text)
    expect(talk.hasEnded).toBe(true)
    expect(talk.state).toMatchObject({
      prescriptions: [{ medication: 'aspirin', dosage: '100 milligrams' }],
      conditions: [{ name: 'asthma' }],
      isConfirmed: true,
    })
  })

  test('has gone every way by now', () => coverage.assertCoverage({ edges: 100 }))
})
