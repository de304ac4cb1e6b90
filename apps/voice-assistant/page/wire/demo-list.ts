import type { FlowDrawing } from '@pc/ui'
import { drawingOf } from './flow-message.ts'
import { fieldsOf, listOf, stringOf } from './guards.ts'

/** A conversation that the server offers. */
export interface Demo {
  id: string
  title: string
  about: string
  /** Things to say. */
  examples: string[]
  /** Its flow, of a team the first; none for a bot without one. */
  graph: { flow: string; drawing: FlowDrawing } | undefined
}

/** The demo of a server that lists none. */
export const assistant: Demo = {
  id: 'assistant',
  title: 'Voice assistant',
  about: 'Luna, the host of a small restaurant',
  examples: ['Hello'],
  graph: undefined,
}

function demoOf(value: unknown): Demo | undefined {
  const fields = fieldsOf(value)
  const id = stringOf(fields?.['id'])
  const title = stringOf(fields?.['title'])
  if (id === undefined || title === undefined) return undefined
  const drawing = drawingOf(fields?.['graph'])
  const flow = stringOf(fieldsOf(fields?.['graph'])?.['id']) ?? id
  return {
    id,
    title,
    about: stringOf(fields?.['about']) ?? '',
    examples: listOf(fields?.['examples'], stringOf),
    graph: drawing && { flow, drawing },
  }
}

/** Reads `demos.json`, the list of demos; a server that has none has the assistant. */
export function demoListOf(value: unknown): Demo[] {
  const demos = listOf(fieldsOf(value)?.['demos'], demoOf)
  return demos.length === 0 ? [assistant] : demos
}
