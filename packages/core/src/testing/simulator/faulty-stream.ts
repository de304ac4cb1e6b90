import { PcError } from '../../runtime/errors.ts'
import type { Fault } from './scenario.ts'

/** Never settles. */
export const never: Promise<never> = new Promise<never>(() => {})

/** Does what a fault does once its time has come. `end`: the stream is to return now. */
export async function misbehave(fault: Fault): Promise<'end' | 'garbage'> {
  switch (fault.kind) {
    case 'neverBegins':
    case 'stalls':
      return never
    case 'throws':
      throw new Error('the simulated provider broke')
    case 'throwsTransient':
      throw new PcError('the simulated provider is busy', { code: 'simulated-busy', kind: 'transient' })
    case 'throwsPermanent':
      throw new PcError('the simulated provider wants another key', { code: 'simulated-auth', kind: 'auth' })
    case 'garbage':
      return 'garbage'
    case 'closes':
    case 'empty':
      return 'end'
  }
}
