export { fileStore, type FileStoreOptions } from './file-store.ts'
export { redisStore, type RedisClient, type RedisStoreOptions } from './redis-store.ts'
export { type FlowWatch, watchFlow, type WatchFlowOptions } from './watch-flow.ts'
