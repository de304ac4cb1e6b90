import { InvalidFunctionError } from './errors.ts'
import type { FlowFunction } from './flow-function.ts'
import { targetList } from './typed-function.ts'

/** Functions as a list, or by name: a key is the name of its function. */
export type FunctionSet = readonly FlowFunction[] | Readonly<Record<string, FlowFunction>>

/** Where functions lead, as far as the compiler knows. */
export type EdgesOfFunctions<Functions> = Functions extends readonly (infer Fn)[]
  ? EdgeOf<Fn>
  : { [Key in keyof Functions]: EdgeOf<Functions[Key]> }[keyof Functions]

type EdgeOf<Fn> = Fn extends { readonly '~edge'?: infer Edge }
  ? '~edge' extends keyof Fn
    ? Exclude<Edge, undefined>
    : never
  : never

/** What is wrong with the names of a list, as the end of a sentence. */
export type FaultOfFunctions<Functions, Seen extends string = never> = Functions extends readonly [
  { readonly name: infer Name extends string },
  ...infer Rest,
]
  ? string extends Name
    ? FaultOfFunctions<Rest, Seen>
    : Name extends Seen
      ? `declares function '${Name}' twice`
      : Name extends ''
        ? 'lists a function without a name'
        : FaultOfFunctions<Rest, Seen | Name>
  : never

/**
 * Functions as the engine wants them: a list, each with its name.
 *
 * @throws InvalidFunctionError when one of a list has no name.
 */
export function functionList(functions: FunctionSet): readonly FlowFunction[] {
  const isList = Array.isArray(functions)
  return Object.entries(functions).map(([key, fn]) => normal(fn, isList ? fn?.name : key))
}

function normal(fn: FlowFunction, name: string): FlowFunction {
  if (name === '') {
    throw new InvalidFunctionError(
      'A function of a list has no name: give it one, or write functions: { the_name: ... }, whose keys are the names.',
    )
  }
  // Types say that it is a list; who writes JavaScript may have given one name.
  const targets: string | readonly string[] | undefined = fn?.transitionTo
  if (fn?.name === name && typeof targets !== 'string') return fn
  return { ...fn, name, ...(targets !== undefined && { transitionTo: targetList(targets) }) }
}
