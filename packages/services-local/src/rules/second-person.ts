const people =
  '(?:(?:the |a |an |this |our )?(?:user|customer|caller|guest|client|patient|visitor|traveler|traveller|player|student|candidate)|the (?:person|human))'

const replacements: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\b${people}(?:'s|s')`, 'gi'), 'your'],
  [new RegExp(`\\b${people} (?:wants|wishes)\\b`, 'gi'), 'you want'],
  [new RegExp(`\\b${people} (?:needs)\\b`, 'gi'), 'you need'],
  [new RegExp(`\\b${people} (?:has)\\b`, 'gi'), 'you have'],
  [new RegExp(`\\b${people} (?:is)\\b`, 'gi'), 'you are'],
  [new RegExp(`\\b${people} (?:was)\\b`, 'gi'), 'you were'],
  [new RegExp(`\\b${people} (?:does)\\b`, 'gi'), 'you do'],
  [new RegExp(`\\b${people} (\\w+[^s\\W])s\\b`, 'gi'), 'you $1'],
  [new RegExp(`\\b${people}\\b`, 'gi'), 'you'],
  [/\b(?:their|his or her|his\/her) own\b/gi, 'your own'],
  [/\b(?:their|theirs|his or her|his\/her)\b/gi, 'your'],
  [/\bthemselves\b/gi, 'yourself'],
  [/\bthey're\b/gi, "you're"],
  [/\bthey'd\b/gi, "you'd"],
  [/\bthey've\b/gi, "you've"],
  [/\b(?:they|them|he or she|him or her)\b/gi, 'you'],
]

/** Turns what is said about the user into what is said to the user: `their name` becomes `your name`. */
export function toSecondPerson(text: string): string {
  return replacements.reduce((result, [pattern, by]) => result.replace(pattern, by), text.replaceAll('’', "'"))
}

/** Verbs after which `you` is the object: `what brings you here`. */
const acting = /^(?:brings|makes|helps|bothers|interests|worries|leads|keeps|causes|troubles)$/i

/** Turns an indirect question into one that can be asked: `if they want a receipt` becomes `Do you want a receipt?` */
export function directQuestion(indirect: string): string {
  const text = toSecondPerson(indirect.trim().replace(/[.?!]+$/, ''))
  const rest = text.replace(/^(?:if|whether(?: or not)?)\s+/i, '')
  if (rest !== text) return asked(rest)
  const question =
    /^(what|which|who|whom|when|where|why|how(?: \w+)?(?: \w+)?)\s+(.*?)\b(you(?:'d|'re|'ve| would| are| were| will| can| have| want| need| like| prefer)?)(?=\s|$)\s*(.*)$/i.exec(
      text,
    )
  if (question === null) return sentence(text, '?')
  const [, word = '', between = '', subject = '', after = ''] = question
  if (/^(?:what|who)$/i.test(word) && acting.test(between.trim())) return sentence(text, '?')
  const { lead, tail } = inverted(subject, after)
  return sentence([word, between.trim(), lead, tail].filter((part) => part !== '').join(' '), '?')
}

/** Words as a sentence: a capital first, one mark at the end. */
export function sentence(text: string, mark: '.' | '?' | '!'): string {
  const trimmed = text.replace(/\s+/g, ' ').trim()
  if (trimmed === '') return ''
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.?!]["”']?$/.test(capital) ? capital : `${capital}${mark}`
}

function asked(statement: string): string {
  const subject = /^(you(?:'d|'re| would| are| were| will| can| have got)?)\s+(.*)$/i.exec(statement)
  if (subject !== null) {
    const { lead, tail } = inverted(subject[1] ?? '', subject[2] ?? '')
    return sentence(`${lead} ${tail}`, '?')
  }
  const copula = /^(.+?)\s+(is|are|was|were|can|will|should)\s+(.*)$/i.exec(statement)
  if (copula !== null) return sentence(`${copula[2]} ${copula[1]} ${copula[3]}`, '?')
  const third =
    /^(it|this|that|he|she|everything|everybody|the \w+)\s+(?!has\b)(\w+?)(?:(?<=o|sh|ch|x|ss)es|(?<!s)s)\b(.*)$/i.exec(
      statement,
    )
  if (third !== null) return sentence(`does ${third[1]} ${third[2]}${third[3]}`, '?')
  return sentence(statement, '?')
}

function inverted(subject: string, after: string): { lead: string; tail: string } {
  const [, verb = ''] = /^you(?:'d|\s+(\w+))?$/i.exec(subject) ?? []
  if (/^you'd$/i.test(subject)) return { lead: 'would you', tail: after }
  if (/^you're$/i.test(subject)) return { lead: 'are you', tail: after }
  if (/^you've$/i.test(subject)) return { lead: 'have you', tail: after }
  if (/^(would|are|were|will|can)$/i.test(verb)) return { lead: `${verb.toLowerCase()} you`, tail: after }
  return { lead: 'do you', tail: [verb, after].filter((part) => part !== '').join(' ') }
}
