import type { IncomingMessage } from 'node:http'
import { networkInterfaces } from 'node:os'

/** Decides which pages may talk to the server. */
export interface OriginPolicy {
  /** Whether a request may be served. One without an Origin header comes from no page, and may. */
  allows(request: IncomingMessage): boolean
}

/**
 * Pages of this machine's own names may talk to the server, whatever their port, and those of `allowed` (whole
 * origins such as `https://example.com`, or `*`). The names are fixed, so that a foreign name that resolves to this
 * machine does not pass.
 */
export function originPolicy(host: string, allowed: readonly string[]): OriginPolicy {
  const anyone = allowed.includes('*')
  const origins = new Set(allowed)
  const own = new Set(['localhost', '127.0.0.1', '[::1]', host, ...lanAddresses()])
  return {
    allows({ headers: { origin } }) {
      if (anyone || origin === undefined || origins.has(origin)) return true
      const url = URL.canParse(origin) ? new URL(origin) : undefined
      return url !== undefined && own.has(url.hostname)
    },
  }
}

/** The IPv4 addresses under which other machines of the network reach this one. */
export function lanAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  )
}
