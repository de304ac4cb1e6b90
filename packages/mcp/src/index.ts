export {
  type MCPCallFailure,
  MCPClient,
  type MCPClientEvents,
  type MCPClientOptions,
  type MCPProgress,
} from './mcp-client.ts'
export type { HttpServer, MCPServer, StdioServer, TransportFactory } from './mcp-server-options.ts'
