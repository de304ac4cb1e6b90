import type { FlowFault } from './errors.ts'

/** The nodes that a flow has, as far as moves to them can be checked. */
export interface KnownNodes {
  readonly names: readonly string[]
  /** Whether a node is made from what it is entered with. */
  takesInput(name: string): boolean
}

/** Gathers what is wrong with a definition. */
export class Faults {
  readonly found: FlowFault[]
  /** Without it moves are not checked. */
  readonly known: KnownNodes | undefined

  constructor(known?: KnownNodes, before: readonly FlowFault[] = []) {
    this.known = known
    this.found = [...before]
  }

  add(path: string, message: string): void {
    this.found.push({ path, message })
  }

  /** For a field that may be missing. */
  optional(value: unknown, fits: (value: unknown) => boolean, path: string, message: string): void {
    if (value !== undefined && !fits(value)) this.add(path, message)
  }
}

/** The path of a field. */
export function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
