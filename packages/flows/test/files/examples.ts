import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { LoadFlowOptions } from '../../src/files/index.ts'

/** What the example files refer to by name. */
export const given: LoadFlowOptions = {
  handlers: {
    get_delivery_estimate: () => ({ minutes: 30 }),
    select_pizza_order: () => ({ price: 15 }),
    select_sushi_order: () => ({ price: 16 }),
    check_availability: ({ time }: { time: string }) =>
      time === '18:00' ? { available: true } : { available: false, others: ['18:00', '21:00'] },
    record_prescriptions: () => ({ ok: true }),
    next_question: () => 3,
    skip_question: () => 'skipped',
    select_destination: ({ destination }: { destination: string }) => ({ destination }),
    record_dates: () => ({ nights: 7 }),
  },
  actions: {
    check_kitchen: () => undefined,
    connect: () => undefined,
    mute_customer: () => undefined,
    hold_music: () => undefined,
  },
  schemas: { reservationState: z.object({ time: z.string().optional() }) },
}

/** The text of an example file. */
export function example(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

export const NATIVE: readonly string[] = [
  'hello-world.json',
  'food-ordering.yaml',
  'reservation.yaml',
  'patient-intake.yaml',
  'warm-transfer.yaml',
]
export const ALL: readonly string[] = [...NATIVE, 'podcast.editor.json', 'travel-planner.static.json']
