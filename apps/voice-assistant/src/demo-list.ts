import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlowDemo } from '@pc/flows-demo'
import { flowGraph } from '@pc/flows'
import { flowDemos } from './demos.ts'

const assistant = {
  id: 'assistant',
  title: 'Voice assistant',
  about: 'Luna, the host of a small restaurant: bookings, hours, stories. One prompt with tools, no flow',
  examples: ['Hello'],
}

/** Tells the page in a folder which conversations there are, and draws their flows for it. */
export async function writeDemoList(folder: string, flows: readonly FlowDemo[] = flowDemos): Promise<void> {
  const demos = [assistant, ...flows.map(listed)]
  await writeFile(join(folder, 'demos.json'), JSON.stringify({ demos }))
}

function listed({ id, title, about, examples, flow, team }: FlowDemo): object {
  const first = flow ?? team.flows[0]
  return { id, title, about, examples, ...(first && { graph: flowGraph(first) }) }
}
