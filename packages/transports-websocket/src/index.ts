export {
  type AcceptVerification,
  acceptWebSockets,
  type AcceptWebSocketsOptions,
  type WebSocketAcceptor,
} from './accept-websockets.ts'
export { ProtobufFrameSerializer, type ProtobufFrameSerializerOptions } from './protobuf-serializer.ts'
export { WebSocketServerParams, type WebSocketServerParamsFields } from './websocket-params.ts'
export { WebSocketServerTransport, type WebSocketServerTransportOptions } from './websocket-server-transport.ts'
// The names of the Pipecat API.
export { WebSocketServerParams as FastAPIWebsocketParams } from './websocket-params.ts'
export { WebSocketServerTransport as FastAPIWebsocketTransport } from './websocket-server-transport.ts'
