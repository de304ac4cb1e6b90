import type { FlowDefinition, FlowManager, FlowManagerOptions } from '@pc/flows'

/** Several agents that hand the caller to each other. */
export interface DemoTeam {
  /** Their flows, first the one that begins; the page draws the one that converses. */
  readonly flows: readonly FlowDefinition[]
  /** Makes the manager that leads the conversation. */
  manage(options: FlowManagerOptions): FlowManager
}

interface AnyDemo {
  /** Names it in addresses, such as `food-ordering`. */
  readonly id: string
  /** As the picker shows it, such as `Food ordering`. */
  readonly title: string
  /** What it is, in one line. */
  readonly about: string
  /** Things that a caller may say. */
  readonly examples: readonly string[]
}

/** A conversation that the demo page offers: one flow, or a team. */
export type FlowDemo = AnyDemo &
  (
    | { readonly flow: FlowDefinition; readonly team?: undefined }
    | { readonly team: DemoTeam; readonly flow?: undefined }
  )
