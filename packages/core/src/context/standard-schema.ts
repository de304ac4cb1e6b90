/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * What any schema library gives that follows Standard Schema (https://standardschema.dev); zod 4 is what the examples
 * use. `jsonSchema` is its Standard JSON Schema extension.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

/** The outcome of a validation. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong, and where. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The type that a schema's validation returns. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** `path: message`, for people and for models that are to try again. */
export function describeIssue({ message, path }: SchemaIssue): string {
  if (path === undefined || path.length === 0) return message
  return `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')}: ${message}`
}
