import { stringify } from 'yaml'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { definitionToFile } from './definition-to-file.ts'
import { type LoadedFlow, loadedFrom } from './load-flow.ts'
import type { FlowFileFormat } from './read-source.ts'

/** Options of {@link exportFlow}. */
export interface ExportFlowOptions {
  /**
   * `same`: a loaded flow as the file that it was, with all that we do not know. `flow`: as a file of ours, whatever it
   * was; so an editor's file becomes one with our fields. Default `same`.
   */
  readonly shape?: 'same' | 'flow' | undefined
}

/**
 * A flow as text. What was loaded is written without loss, unknown keys and drawings included; only comments and the
 * names of YAML anchors are not kept. A flow of code is written as a file of ours, its handlers by the names of their
 * functions.
 *
 * @throws FlowDefinitionError naming each part that a file cannot hold, such as a node that code makes.
 */
export function exportFlow(
  source: LoadedFlow | FlowDefinition,
  format: FlowFileFormat,
  { shape = 'same' }: ExportFlowOptions = {},
): string {
  const loaded = 'flow' in source ? source : loadedFrom(source)
  const document =
    loaded === undefined
      ? definitionToFile('flow' in source ? source.flow : source)
      : shape === 'same'
        ? loaded.document
        : loaded.file
  return format === 'json'
    ? `${JSON.stringify(document, null, 2)}\n`
    : stringify(document, { aliasDuplicateObjects: false, lineWidth: 110 })
}
