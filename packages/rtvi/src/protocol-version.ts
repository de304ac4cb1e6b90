import { RTVI_VERSION } from './messages.ts'

/** What was agreed with a client. */
export interface Handshake {
  /** Which shape `bot-output` takes. */
  readonly major: 1 | 2
  /** What `bot-ready` says: a client of protocol 1 gets its own version back, as it chooses its code path by it. */
  readonly version: string
  /** What is wrong with the client's version; the session goes on all the same. */
  readonly complaint: string | undefined
}

/** Agrees on a version with what a client sent in `client-ready`. */
export function agreeOnVersion(version: unknown): Handshake {
  const major = typeof version === 'string' ? /^(\d+)\.\d+\.\d+$/.exec(version)?.[1] : undefined
  if (typeof version === 'string' && major === '1') return { major: 1, version, complaint: undefined }
  if (major === '2') return { major: 2, version: RTVI_VERSION, complaint: undefined }
  return { major: 2, version: RTVI_VERSION, complaint: complaintOf(version, major) }
}

function complaintOf(version: unknown, major: string | undefined): string {
  if (version === undefined || version === null) {
    return `The client gave no RTVI version; this server speaks ${RTVI_VERSION} and goes on.`
  }
  if (major === undefined) {
    return `The client's RTVI version must be three numbers such as ${RTVI_VERSION}; this server goes on with ${RTVI_VERSION}.`
  }
  return `RTVI ${major}.x is not supported; this server speaks ${RTVI_VERSION} and goes on.`
}
