import type { Word } from './words.ts'

const opener =
  /^(?:(?:ok|okay|oh|well|so|um|uh|er|hey|hi|hello|yes|no|and|but|please|sorry|excuse me|actually|by the way|one (?:more )?question)\b[\s,.!]*)+/
const leadIn =
  /^(?:(?:can|could|would|will) (?:you|i)(?: please)? (?:tell me|let me know|say|ask(?: you)?)|(?:please )?tell me|let me know|do you know|(?:may|might) i (?:ask|know)|(?:i(?:'d| would) like|i(?: just)? want(?:ed)?) to (?:know|ask)|i(?:'m| am| was| wonder| just)*(?: wondering)?|any idea)(?: (?:you|please))*(?= (?:if|whether|when|what|until|till|how|where|who|which)\b)/
const suggestion = /^(?:what|how) (?:about|if)\b/
const asking =
  /^(?:(?:until |till |at |on |for |from |by )?(?:what|when|which|whose)|what's|when's|why|who|who's|how|how's|where|where's|is|isn't|are|aren't|was|wasn't|were|weren't|am|does|doesn't|did|didn't|has|hasn't)\b|^(?:do|don't|have|haven't) (?:you|they|we|i|the|your|people)\b|^will (?:it|they|there|the)\b/
const indirect =
  /^(?:if|whether) (?!(?:i|we|you|one|it'?s?|it is|it would be) ?(?:can|could|may|might|would|possible|ok|okay)\b)/

/**
 * Whether an utterance asks to be told something. `Can I ...?` and `could you ...?` ask to have something done, and
 * `what about ...?` makes a proposal: they are none. @internal
 */
export function isInquiry(text: string): boolean {
  return clausesOf(text).some((clause) => {
    if (suggestion.test(clause)) return false
    const inner = clause.replace(leadIn, '').trim()
    return asking.test(inner) || (inner !== clause && indirect.test(inner))
  })
}

const place = "(?:you|they|it|we|(?:the|your|this) \\w+)(?:'re| guys| all| folks)?"
const adverb = '(?: (?:are|is|still|already|usually|normally|ever|even|also|always|not|actually|going to|gonna|be))*'
const hours = new RegExp(
  `\\b${place}${adverb} (?:open|opens|opening|close|closes|closed|closing|shut|shuts)\\b` +
    '(?! (?:my|the|a|an|this|that|your|our|his|her|their|it|me|us|new|another|account|file)\\b)' +
    '|\\b(?:opening|closing|business|office|store) (?:hour|hours|time|times)\\b|\\b(?:your|the) hours\\b',
)
const closing = /^(?:close|closes|closed|closing|shut|shuts)$/

/** Whether an utterance asks when a place is open or closed; `how do I open an account` does not. @internal */
export function asksOpeningHours(text: string): boolean {
  return isInquiry(text) && clausesOf(text).some((clause) => hours.test(clause))
}

/** The same words, in which what speaks of closing speaks of being open: both ask for the same hours. @internal */
export function withOpening(words: readonly Word[]): Word[] {
  return words.map((word) => (closing.test(word.lower) ? { ...word, stem: 'open' } : word))
}

function clausesOf(text: string): string[] {
  const plain = text.toLowerCase().replaceAll('\u2019', "'")
  return plain
    .split(/[.!?;,]+/)
    .map((clause) => clause.replace(/\s+/g, ' ').trim().replace(opener, '').trim())
    .filter((clause) => clause !== '')
}
