import { arithmeticAnswer } from './arithmetic.ts'
import { dayOf, monthNames, two, weekdayNames } from './calendar.ts'
import type { Conversation } from './conversation.ts'
import { introduction } from './persona.ts'
import type { Persona } from './persona.ts'
import { personIn } from './phrases.ts'
import { spokenList, spokenName } from './questions.ts'
import { toSecondPerson } from './second-person.ts'
import { facts, jokes, stories } from './stories.ts'
import type { RuleTool } from './tool-subject.ts'
import { readUtterance } from './utterance.ts'

/** What small talk is answered from. @internal */
export interface TalkScene {
  text: string
  conversation: Conversation
  persona: Persona
  tools: readonly RuleTool[]
  now: Date
  /** Takes one of several answers, another one each time. */
  pick: (answers: readonly string[]) => string
}

/** An answer to small talk. @internal */
export interface Talk {
  text: string
  /** The whole utterance was small talk, so that no tool can have been meant. */
  exact: boolean
}

interface Topic {
  pattern: RegExp
  exact?: boolean
  answer: (scene: TalkScene, plain: string) => string | undefined
}

const opener = '(?:(?:ok|okay|oh|well|so|um|uh|hey|hi|hello|yes|no|please|and|but|great|alright|all right) )*'

const topics: readonly Topic[] = [
  topic(
    /\bwho am i (?:talking|speaking) (?:to|with)\b|^who is this$|^who's this$/,
    ({ persona }) => introduction(persona),
    true,
  ),
  topic(
    /\bdo you (?:speak|know|understand) (?:english|german|french|spanish|italian|chinese|japanese)\b/,
    answers('I only know English.'),
    true,
  ),
  topic(/^(?:i have|i've got|can i ask you) a question$|^(?:listen|guess what)$/, answers('Sure, go ahead.'), true),
  topic(
    /\b(?:what do you think|do you like|what's your opinion|what is your opinion)\b/,
    answers('I have no opinion about that, but I like to listen.'),
  ),
  topic(
    /\b(?:goodbye|good bye|bye|bye bye|see you|see you later|talk to you later|have a (?:nice|good|great) (?:day|evening|one|night)|good night|farewell|that's all|that is all)\b/,
    answers('Goodbye! It was nice talking to you.', 'Goodbye, and have a good day.'),
  ),
  topic(
    /^(?:hi|hello|hey|hallo|howdy|greetings|hi there|hello there|hey there|good (?:morning|afternoon|evening|day))(?: (?:there|again|everyone|everybody|assistant|bot|computer))?$/,
    greet,
    true,
  ),
  topic(
    /\b(?:how are you|hell are you today|how're you|how do you do|how is it going|how's it going|how are things|what's up)\b/,
    answers('I am doing well, thank you. How can I help you?', 'Very well, thank you. What can I do for you?'),
    true,
  ),
  topic(/^(?:nice|pleased|good|great) to (?:meet|see|talk to) you\b/, answers('Nice to meet you, too.'), true),
  topic(
    /\b(?:who are you|what are you|what's your name|what is your name|your name please|introduce yourself|tell me about yourself|may i have your name)\b/,
    ({ persona }) => introduction(persona),
    true,
  ),
  topic(
    /\bare you (?:a |an )?(?:human|robot|real|machine|person|bot|ai|computer|chatbot)\b/,
    answers('I am a small program that follows rules, and it all runs on this machine.'),
    true,
  ),
  topic(
    /\b(?:how old are you|where are you from|where do you live|when were you born|who made you|who built you)\b/,
    answers('I am only a small program on this machine, so I have no age and no home town.'),
    true,
  ),
  topic(
    /^(?:(?:can|could|would) you )?(?:please )?(?:repeat|say) (?:that|it|this)?\b.*$|^(?:pardon|come again|sorry what|what did you say|what was that|excuse me|i didn't (?:hear|get|catch|understand).*|say again|once more|again please)$/,
    repeat,
    true,
  ),
  topic(
    /\b(?:what did i (?:just )?say|what was my question)\b/,
    ({ conversation }) => quote(conversation.turns.at(-2)?.user),
    true,
  ),
  topic(
    /\b(?:what can you do|what do you do|how can you help|what can i (?:ask|say|do)|what are your (?:abilities|functions|skills)|what else can you)\b|^(?:help|help me|i need help|can you help me|please help)$/,
    abilities,
    true,
  ),
  topic(
    /^(?:no thanks|no thank you|no that's all|no that is all|nothing|nothing else|no nothing else)$/,
    answers('All right.'),
  ),
  topic(
    /\b(?:thank you|thanks|thank you very much|cheers|much appreciated)\b(?! (?:but|and) )/,
    answers('You are welcome.', 'My pleasure.', 'Gladly.'),
  ),
  topic(/\b(?:my name is|call me|my name's)\b/, nameGiven),
  topic(/\b(?:what's my name|what is my name|who am i|do you (?:know|remember) my name)\b/, nameAsked, true),
  topic(/\b(?:another|one more|next) (?:joke|one)\b|\bjoke\b|\bmake me laugh\b|\bsomething funny\b/, ({ pick }) =>
    pick(jokes),
  ),
  topic(/\bstory\b|\bstories\b|\bfairy tale\b/, ({ pick }) => pick(stories)),
  topic(/\b(?:fun fact|a fact|something interesting|interesting fact)\b/, ({ pick }) => pick(facts)),
  topic(/\bcount (?:from one |from 1 )?(?:up )?(?:to|till|until)\b/, count),
  topic(/\b(?:flip|toss) a coin\b|\bheads or tails\b/, ({ pick }) => pick(['Heads.', 'Tails.'])),
  topic(
    /\b(?:roll|throw) (?:a |the )?(?:die|dice)\b/,
    ({ pick }) => `It is a ${pick(['four', 'two', 'six', 'one', 'five', 'three'])}.`,
  ),
  topic(/\bspell\b/, spell),
  topic(
    /\b(?:what time(?! (?:do|does|did|are|will|can|could|would|should|shall|must)\b(?! you have(?: it)?$))|what's the time|what is the time|tell me the time|current time|the time please|time is it)\b/,
    timeOfDay,
  ),
  topic(
    /\b(?:(?:what|which) (?:day|date)(?! (?:do|does|did|are|will|can|could|would|should|shall|must)\b)|what's the day|what's the date|what is the date|today's date|what is today|what's today|what month|what year|current date)\b/,
    dateToday,
  ),
  topic(/\bweather\b|\bforecast\b/, answers('I cannot look out of the window, and I have no weather service here.')),
  topic(
    /^(?:yes|yes please|yeah|yep|sure|ok|okay|all right|alright|fine|of course)$/,
    answers('Good. What would you like to talk about?', 'All right. What can I do for you?'),
  ),
  topic(/^(?:no|nope|nah|not really|maybe|i don't know|not sure)$/, answers('All right.', 'That is fine.')),
  topic(/\b(?:i'm sorry|i am sorry|sorry|my bad|my mistake)\b/, answers('No problem at all.', 'Never mind.')),
  topic(
    /^(?:wow|nice|cool|great|awesome|wonderful|amazing|perfect|excellent|very good|good|not bad|funny|that's (?:nice|cool|great|funny|good|interesting)|haha|interesting|well done|good job)$/,
    answers('I am glad to hear that.', 'Thank you.'),
    true,
  ),
  topic(
    /\bi love you\b|\byou're (?:great|nice|cool|funny|smart|awesome|the best)\b|\byou are (?:great|nice|cool|funny|smart|awesome|the best)\b/,
    answers('That is kind of you.'),
    true,
  ),
  topic(
    /\b(?:you're|you are) (?:stupid|dumb|bad|useless|terrible|wrong)\b/,
    answers('I am sorry. I only follow simple rules, but I am trying.'),
    true,
  ),
  topic(
    /^(?:stop|stop it|be quiet|quiet|shut up|enough|that's enough|wait|hold on|one moment|just a (?:moment|second|minute)|silence)(?: please)?$/,
    answers('All right.', 'Sure.'),
    true,
  ),
  topic(/\b(?:never mind|nevermind|forget it|forget about it|cancel that|cancel)\b/, answers('All right, never mind.')),
  topic(
    /^(?:are you (?:there|still there|listening)|can you hear me|do you hear me|hello can you hear me|is anybody there|testing|test|mic check|testing one two three)$/,
    answers('Yes, I can hear you well.'),
    true,
  ),
  topic(/\bfavou?rite (?:color|colour)\b/, answers('Blue, like a clear sky.')),
  topic(/\bfavou?rite\b/, answers('I like all of them. What is yours?')),
  topic(/\bsing\b/, answers('La, la, la. That is as well as I can sing.')),
  topic(/\bmeaning of life\b/, answers('Some say it is forty two.')),
  topic(
    /^(?:i'm|i am|we're|i feel|i'm feeling) (?:doing |feeling )?(?:fine|good|great|well|okay|ok|happy|very well|not bad)\b/,
    answers('I am glad to hear that. What can I do for you?'),
  ),
  topic(
    /^(?:i'm|i am|i feel|i'm feeling) (?:bad|sad|tired|bored|sick|not well|not good|lonely|stressed)\b/,
    answers('I am sorry to hear that. I hope it gets better soon.'),
  ),
]

/** Answers greetings, thanks, jokes, the time and the like; `undefined` when it is none of these. @internal */
export function smallTalk(scene: TalkScene): Talk | undefined {
  const spoken = plainOf(scene.text)
  const bare = spoken.replace(new RegExp(`^${opener}`), '').trim()
  for (const plain of new Set([spoken, bare])) {
    for (const { pattern, exact, answer } of topics) {
      if (!pattern.test(plain)) continue
      const text = answer(scene, plain)
      if (text !== undefined) return { text, exact: exact === true }
    }
  }
  const sum = arithmeticAnswer(scene.text)
  return sum === undefined ? undefined : { text: sum, exact: false }
}

/** Whether an utterance gives up what was under way. @internal */
export function isCancelling(text: string): boolean {
  return /\b(?:never mind|nevermind|forget (?:it|about it)|cancel(?: that| it)?$|stop(?: it)?$|i changed my mind|start over|leave it$)/.test(
    plainOf(text),
  )
}

function topic(pattern: RegExp, answer: Topic['answer'], exact: boolean = false): Topic {
  return { pattern, answer, exact }
}

function answers(...list: readonly string[]): Topic['answer'] {
  return ({ pick }) => pick(list)
}

function plainOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[^\p{L}\p{N}' ]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function greet({ conversation, persona, pick }: TalkScene): string {
  if (conversation.spoken.length > 0) return pick(['Hello! What can I do for you?', 'Hello again! How can I help?'])
  return persona.name === undefined ? 'Hello! How can I help you?' : `Hello, I am ${persona.name}. How can I help you?`
}

function repeat({ conversation }: TalkScene): string {
  const last = conversation.spoken.at(-1)
  return last === undefined ? 'I have not said anything yet.' : last
}

function quote(said: string | undefined): string {
  return said === undefined ? 'That was the first thing you said.' : `You said: ${said}`
}

function abilities({ tools, pick }: TalkScene): string {
  if (tools.length === 0)
    return pick(['I can chat a little, tell the time, tell jokes and stories, and do simple sums.'])
  return `I can ${spokenList(tools.map(abilityOf), 'and')}. I can also chat a little and tell stories.`
}

/** What a tool does, to go on after `I can` or `Would you like to`. @internal */
export function abilityOf(tool: RuleTool): string {
  const [first = ''] = (tool.description ?? '').split(/[.;(\n]|, (?:and|when|if|after)\b/)
  const wanted = /^(?:(?:the|a|an|this) )?\w+ (?:wants?|would like) (?:to )?(.+)$/i.exec(first)
  const said = (wanted?.[1] ?? first)
    .trim()
    .replace(/^(?:to|used to|call this to|use this to|use this function to)\s+/i, '')
  if (said === '' || said.split(/\s+/).length > 9) return spokenName(tool.name)
  return toSecondPerson(said.charAt(0).toLowerCase() + said.slice(1)).replace(
    /^(\w+[^s\W])s (?=(?:a|an|the|your|all|current)\b)/,
    '$1 ',
  )
}

function nameGiven({ text, now }: TalkScene): string | undefined {
  const name = personIn(readUtterance(text, now))
  return name === undefined ? undefined : `Nice to meet you, ${name}.`
}

function nameAsked({ conversation, now }: TalkScene): string {
  const names = conversation.turns.map((turn) => personIn(readUtterance(turn.user, now)))
  const name = names.findLast((found) => found !== undefined)
  return name === undefined ? 'You have not told me your name yet.' : `Your name is ${name}.`
}

function count({ text, now }: TalkScene): string {
  const last = Math.min(readUtterance(text, now).numbers.at(-1)?.value ?? 10, 100)
  return `${Array.from({ length: Math.max(1, Math.floor(last)) }, (_, index) => index + 1).join(', ')}.`
}

function spell(_scene: TalkScene, plain: string): string | undefined {
  const word = /\bspell (?:the word )?(\p{L}+)/u.exec(plain)?.[1]
  return word === undefined ? undefined : `${Array.from(word.toUpperCase()).join(', ')}.`
}

function timeOfDay({ now }: TalkScene): string {
  const hour = now.getHours()
  return `It is ${hour % 12 || 12}:${two(now.getMinutes())} ${hour < 12 ? 'AM' : 'PM'}.`
}

function dateToday({ now }: TalkScene): string {
  const { year, month, day } = dayOf(now)
  return `Today is ${weekdayNames[now.getDay()] ?? ''}, ${monthNames[month - 1] ?? ''} ${day}, ${year}.`
}
