import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** The `redis-server` of this machine. */
export const redisProgram: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find((path) => existsSync(path))

/** A real server that keeps nothing on the disk. */
export interface RedisServer {
  readonly port: number
  stop(): Promise<void>
}

/** Starts a server on a free loopback port; resolves when it takes connections. */
export async function startRedis(program: string): Promise<RedisServer> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort()
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    if (await becameReady(child)) return { port, stop: () => stop(child) }
  }
  throw new Error('redis-server found no free port in five attempts.')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.')
  return address.port
}

/** False when it ended first, as it does when somebody else took the port. */
async function becameReady(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) throw new Error('The output is piped.')
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes('Ready to accept connections')) continue
    child.stdout.resume()
    return true
  }
  return false
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
