export { diagramIn } from './diagram-in.ts'
export { typedTalk, type TypedTalk, type TypedTalkOptions } from './typed-talk.ts'
