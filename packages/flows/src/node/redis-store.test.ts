import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisProgram, type RedisServer, startRedis } from '../../test/redis-server.ts'
import { redisStore } from './redis-store.ts'

if (redisProgram === undefined) console.warn('skipped: the Redis store, for there is no redis-server in PATH')

describe.skipIf(redisProgram === undefined)('with a server (skipped without redis-server)', () => {
  let server: RedisServer
  let redis: Redis

  beforeAll(async () => {
    server = await startRedis(redisProgram ?? '')
    redis = new Redis(server.port, '127.0.0.1', { retryStrategy: null })
  })

  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })

  test('the key is the prefix and the id of the conversation', async () => {
    await redisStore({ redis }).save('call-1', '{}')
    await redisStore({ redis, prefix: 'shop:' }).save('call-1', '[]')
    expect([await redis.get('pc:flow:call-1'), await redis.get('shop:call-1')]).toEqual(['{}', '[]'])
  })

  test('the server forgets the key after ttlSecs, rounded up to whole seconds; without it never', async () => {
    await redisStore({ redis, ttlSecs: 99.2 }).save('call', '{}')
    expect(await redis.pttl('pc:flow:call')).toBeGreaterThan(90_000)
    expect(await redis.pttl('pc:flow:call')).toBeLessThanOrEqual(100_000)
    // Redis takes no 0.
    await redisStore({ redis, ttlSecs: 0.2 }).save('call', '{}')
    expect(await redis.pttl('pc:flow:call')).toBeLessThanOrEqual(1000)
    await redisStore({ redis }).save('call', '{}')
    expect(await redis.pttl('pc:flow:call')).toBe(-1)
  })

  test('a foreign value under the key is refused and stays', async () => {
    await redis.rpush('pc:flow:list', 'a')
    await expect(redisStore({ redis }).load('list')).rejects.toMatchObject({
      name: 'FlowError',
      code: 'snapshot-damaged',
    })
    expect(await redis.lrange('pc:flow:list', 0, -1)).toEqual(['a'])
  })

  test('a server that has no room refuses a save, and the error quotes nothing of the conversation', async () => {
    await redis.config('SET', 'maxmemory', '1')
    try {
      const saved = redisStore({ redis }).save('the-caller', '{"name":"Zoë"}')
      const error: unknown = await saved.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'FlowError', code: 'snapshot-store-failed', retryable: true })
      expect(inspect(error, { depth: 9 })).toMatch(/did not save.*maxmemory/)
      expect(inspect(error, { depth: 9 })).not.toMatch(/Zoë|the-caller/)
    } finally {
      await redis.config('SET', 'maxmemory', '0')
    }
  })

  test('a user who may only read cannot save, and the error quotes nothing of the conversation', async () => {
    await redis.acl('SETUSER', 'reader', 'on', '>pass', '~*', '+@read', '+info', '+client')
    const reader = new Redis(server.port, '127.0.0.1', { username: 'reader', password: 'pass', retryStrategy: null })
    try {
      const error: unknown = await redisStore({ redis: reader })
        .save('the-caller', 'Zoë')
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'snapshot-store-failed', kind: 'auth', retryable: false })
      expect(inspect(error, { depth: 9 })).not.toMatch(/Zoë|the-caller/)
    } finally {
      reader.disconnect()
    }
  })

  test.each(['load', 'save', 'delete'] as const)(
    'when the connection is gone, %s rejects with a typed error',
    async (method) => {
      const lost = new Redis(server.port, '127.0.0.1', { retryStrategy: null })
      lost.disconnect()
      await expect(redisStore({ redis: lost })[method]('call', '{}')).rejects.toMatchObject({
        code: 'snapshot-store-failed',
        kind: 'transient',
      })
    },
  )
})

test('a command that the server has not is quoted without its arguments', async () => {
  const unknown = async (): Promise<never> => {
    throw new Error("ERR unknown command 'SET', with args beginning with: 'pc:flow:the-caller' 'Zoë' ")
  }
  const store = redisStore({ redis: { get: unknown, set: unknown, del: unknown } })
  const error: unknown = await store.save('the-caller', 'Zoë').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ kind: 'config', message: "Redis did not save a snapshot: ERR unknown command 'SET'" })
})

test('a ttlSecs that is not above 0 is refused', () => {
  const never = async (): Promise<never> => {
    throw new Error('not called')
  }
  expect(() => redisStore({ redis: { get: never, set: never, del: never }, ttlSecs: 0 })).toThrow(/ttlSecs/)
})
