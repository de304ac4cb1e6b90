const { process }: { process?: { env?: Record<string, string | undefined> } } = globalThis as never

/** Off in production: extra checks that help while writing processors. */
export const isDevelopment: boolean = process?.env?.['NODE_ENV'] !== 'production'
