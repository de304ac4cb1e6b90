import type { Conversation } from './conversation.ts'
import { spokenList } from './questions.ts'

const maxTold = 12

/**
 * A summary of a transcript (lines such as `USER: I have a cough`), where the instructions ask for one: what the user
 * said, in their words. `undefined` where no summary is asked for, or there is no transcript. @internal
 */
export function summaryOf({ task, turns, spoken }: Conversation): string | undefined {
  const [only] = turns
  if (only === undefined || turns.length > 1 || spoken.length > 0 || !/\bsummar(?:y|ies|i[sz]e)/i.test(task))
    return undefined
  const said = [...only.user.matchAll(/^\W*user:\s*(\S.*)$/gim)].map(([, text = '']) => `"${text.trim()}"`)
  return said.length === 0 ? undefined : `The user said ${spokenList(said.slice(-maxTold), 'and')}.`
}
