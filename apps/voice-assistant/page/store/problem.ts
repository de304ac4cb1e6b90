/** What can go wrong, as far as the page can tell it apart. */
type ProblemKind =
  | 'no-microphone'
  | 'mic-denied'
  | 'mic-busy'
  | 'mic-failed'
  | 'insecure-origin'
  | 'server-unreachable'
  | 'server-gone'
  | 'server-closing'
  | 'origin-refused'
  | 'not-ready'
  | 'no-sound'
  | 'key-refused'
  | 'agent-fault'

/** A problem in plain words: what failed and why, and the way out. */
export interface Problem {
  kind: ProblemKind
  title: string
  wayOut: string
  /** Ends the call. */
  fatal: boolean
  /** Opening the microphone once more may mend it. */
  retryMic?: true
}

const typing = 'Typing works all the same.'

const microphoneProblems: Record<string, Problem> = {
  'no-microphone': {
    kind: 'no-microphone',
    title: 'This computer has no microphone.',
    wayOut: `Plug one in and try again. ${typing}`,
    fatal: false,
    retryMic: true,
  },
  'mic-denied': {
    kind: 'mic-denied',
    title: 'The browser keeps the microphone from this page.',
    wayOut: `Allow it in the site settings beside the address, then try again. ${typing}`,
    fatal: false,
    retryMic: true,
  },
  'mic-busy': {
    kind: 'mic-busy',
    title: 'Another program holds the microphone.',
    wayOut: `Close it or pick another microphone, then try again. ${typing}`,
    fatal: false,
    retryMic: true,
  },
  'insecure-origin': {
    kind: 'insecure-origin',
    title: 'No microphone over plain http from another computer.',
    wayOut:
      'Browsers give it only to secure pages: start the server with `pnpm dev --https` and open its https address. ' +
      typing,
    fatal: false,
  },
}

/** The problem behind a device error of the Pipecat client (`DeviceError.type`). */
export function microphoneProblem(type: string, message: string): Problem {
  const kinds: Record<string, string> = {
    'not-found': 'no-microphone',
    constraints: 'no-microphone',
    permissions: 'mic-denied',
    'in-use': 'mic-busy',
    'undefined-mediadevices': 'insecure-origin',
  }
  return (
    microphoneProblems[kinds[type] ?? ''] ?? {
      kind: 'mic-failed',
      title: `The microphone did not open: ${sentence(message)}`,
      wayOut: typing,
      fatal: false,
      retryMic: true,
    }
  )
}

/** The problem of a page opened over plain http from another host than this computer. */
export function insecureOriginProblem(): Problem {
  return microphoneProblem('undefined-mediadevices', '')
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/u.test(trimmed) ? trimmed : `${trimmed}.`
}

const unreachable: Problem = {
  kind: 'server-unreachable',
  title: 'The server does not answer.',
  wayOut: 'See whether `pnpm dev` still runs in its terminal, then start the call again.',
  fatal: true,
}

const originRefused: Problem = {
  kind: 'origin-refused',
  title: 'The server refuses calls from this address.',
  wayOut: 'Open the page under the address that the server prints at its start.',
  fatal: true,
}

/** The problem of a call that could not be started. */
export function startProblem(message: string, status?: number): Problem {
  if (status === 403) return originRefused
  if (status !== undefined) {
    return {
      kind: 'server-unreachable',
      title: `The server did not start the call: ${sentence(message)}`,
      wayOut: `It answered with status ${status}. Its terminal says more.`,
      fatal: true,
    }
  }
  return unreachable
}

/** The problem of an agent that never got ready. */
export function notReadyProblem(waitedSecs: number): Problem {
  return {
    kind: 'not-ready',
    title: `The agent was not ready within ${waitedSecs} seconds.`,
    wayOut: 'The terminal of the server names what it waits for. Start the call again.',
    fatal: true,
  }
}

/** The problem of a browser that plays nothing. */
export function noSoundProblem(): Problem {
  return {
    kind: 'no-sound',
    title: 'The browser plays no sound.',
    wayOut: 'See whether this computer has speakers and the page may use them. The words appear here all the same.',
    fatal: false,
  }
}

/** The problem behind a closed connection; undefined when it was closed in order (code 1000). */
export function closeProblem(code: number): Problem | undefined {
  if (code === 1000) return undefined
  if (code === 1001 || code === 1012) {
    return {
      kind: 'server-closing',
      title: 'The server is shutting down or starting again.',
      wayOut: 'Wait a moment, then start the call again.',
      fatal: true,
    }
  }
  if (code === 4003) return originRefused
  return { ...unreachable, kind: 'server-gone', title: 'The connection to the server broke off.' }
}

/** What an RTVI `error` event says. */
export interface AgentError {
  message: string
  fatal: boolean
  /** The server's kind of error, when it names one. */
  kind?: string | undefined
  /** The service that failed, when the server names it. */
  service?: string | undefined
}

/** The variables that hold the keys of the assistant's services. */
const keyVariables: readonly (readonly [RegExp, string])[] = [
  [/openai/iu, 'OPENAI_API_KEY'],
  [/deepgram/iu, 'DEEPGRAM_API_KEY'],
]

/** The problem behind an RTVI `error` event. */
export function agentProblem({ message, fatal, kind, service = '' }: AgentError): Problem {
  if (kind === 'auth') {
    const variable =
      keyVariables.find(([name]) => name.test(service))?.[1] ?? 'the key in the environment of the server'
    return {
      kind: 'key-refused',
      title: 'The provider refused the key.',
      wayOut: `${sentence(message)} Check ${variable}, or unset it to run without, and start the server again.`,
      fatal,
    }
  }
  return {
    kind: 'agent-fault',
    title: fatal ? 'The agent stopped.' : 'The agent met a fault and goes on.',
    wayOut: sentence(message),
    fatal,
  }
}
