import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { isAbortError, kindOfStatus, PcError } from '@pc/core'

/** What the SDK, or the connection under it, threw as an error of ours. */
export function toPcError(thrown: unknown, server: string): PcError {
  if (PcError.is(thrown)) return thrown
  const make = (code: string, kind: PcError['kind'], what: string, status?: number): PcError =>
    new PcError(`MCP server ${server}: ${what}`, { code, kind, service: server, status, cause: thrown })
  if (isAbortError(thrown)) return make('aborted', 'aborted', 'the request was aborted.')
  if (thrown instanceof McpError) {
    switch (thrown.code) {
      case ErrorCode.ConnectionClosed:
        return make('mcp-connection-lost', 'transient', 'the connection was lost.')
      case ErrorCode.RequestTimeout:
        return make('mcp-timeout', 'timeout', 'it did not answer in time.')
      case ErrorCode.InvalidParams:
      case ErrorCode.InvalidRequest:
      case ErrorCode.MethodNotFound:
        return make('mcp-request-refused', 'invalid-request', 'it refused the request.')
      default:
        return make('mcp-request-failed', 'internal', 'the request failed.')
    }
  }
  if (thrown instanceof UnauthorizedError) return make('mcp-unauthorized', 'auth', 'it wants other credentials.', 401)
  if (thrown instanceof StreamableHTTPError && thrown.code !== undefined && thrown.code >= 400) {
    return make(`http-${thrown.code}`, kindOfStatus(thrown.code), `it answered HTTP ${thrown.code}.`, thrown.code)
  }
  if (isSystemError(thrown) && thrown.syscall.startsWith('spawn')) {
    return make('mcp-command-failed', 'config', `the program could not be started (${thrown.code}).`)
  }
  // `fetch` fails with a TypeError when there is no connection.
  if (thrown instanceof TypeError) return make('mcp-unreachable', 'transient', 'it could not be reached.')
  return make('mcp-protocol', 'protocol', 'it sent what is not the protocol.')
}

/** What a model may read about a failed call: the server's own words where it gave any. */
export function describeFailure(thrown: unknown, error: PcError): string {
  const byServer = thrown instanceof McpError && thrown.code !== ErrorCode.ConnectionClosed
  return byServer ? thrown.message : error.message
}

/** Whether an HTTP server no longer knows our session: what was asked has not been done. */
export function isSessionLost(thrown: unknown): boolean {
  return thrown instanceof StreamableHTTPError && (thrown.code === 404 || thrown.code === 400)
}

function isSystemError(value: unknown): value is Error & { readonly syscall: string; readonly code: string } {
  if (!(value instanceof Error) || !('syscall' in value) || !('code' in value)) return false
  return typeof value.syscall === 'string' && typeof value.code === 'string'
}
