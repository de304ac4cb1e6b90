import type { PageClock } from '@pc/ui'
// Vite makes the default export, an address, of a worklet.
// oxlint-disable-next-line import/default
import workletUrl from './player-worklet.ts?worker&url'
import { playerName, playerRateHz } from './player-protocol.ts'
import type { PlayerCommand, PlayerReport } from './player-protocol.ts'
import { PlayoutQueue } from './playout-queue.ts'
import type { Played, PlayoutEvent } from './playout-queue.ts'

/** What the page learns from the player. Times are on the page's clock. */
export interface PlayerListener {
  /** The first sample of an utterance left for the speakers. */
  onStarted(contextId: string, atMs: number): void
  /** An utterance was played as far as it had arrived. */
  onFinished(played: Played): void
  /** Loudness of the last 85 ms, root mean square. */
  onLevel(rms: number, atMs: number): void
  /** There is something to play, and the browser does not play: no device, or no leave. */
  onStuck(): void
}

/** Plays utterances and knows to the sample what was played. */
export interface Player {
  push(contextId: string, samples: Int16Array, start: number | undefined): void
  /** Falls silent at once and says what was played of every utterance dropped. */
  flush(): Promise<Played[]>
  close(): Promise<void>
}

/** The queue and where it runs: beside the sound in a worklet, or on the page's own thread. */
interface Engine {
  node: AudioNode
  push(contextId: string, samples: Int16Array, start: number | undefined): void
  flush(): Promise<Played[]>
  stop(): void
}

type Tell = (event: PlayoutEvent, atSecs: number) => void

const stuckAfterMs = 1500
const scriptBlock = 1024

/** Silences within one block of 128 samples. */
async function workletEngine(context: AudioContext, tell: Tell): Promise<Engine> {
  await context.audioWorklet.addModule(workletUrl)
  const node = new AudioWorkletNode(context, playerName, { numberOfInputs: 0, outputChannelCount: [1] })
  const flushes = new Map<number, (played: Played[]) => void>()
  let flushId = 0
  node.port.onmessage = ({ data }: MessageEvent<PlayerReport>) => {
    if (data.type !== 'flushed') {
      tell(data, data.atSecs)
      return
    }
    flushes.get(data.id)?.(data.played)
    flushes.delete(data.id)
  }
  const command = (what: PlayerCommand, transfer: Transferable[] = []): void => {
    node.port.postMessage(what, transfer)
  }
  return {
    node,
    push: (contextId, samples, start) => command({ type: 'push', contextId, samples, start }, [samples.buffer]),
    flush: () =>
      new Promise((resolve) => {
        flushId += 1
        flushes.set(flushId, resolve)
        command({ type: 'flush', id: flushId })
      }),
    stop: () => {
      for (const resolve of flushes.values()) resolve([])
    },
  }
}

/** Browsers keep worklets from pages over plain http; this old node is all they have. Silences within 43 ms. */
function scriptEngine(context: AudioContext, tell: Tell): Engine {
  const queue = new PlayoutQueue()
  const node = context.createScriptProcessor(scriptBlock, 0, 1)
  node.onaudioprocess = ({ outputBuffer, playbackTime }) => {
    for (const event of queue.render(outputBuffer.getChannelData(0))) tell(event, playbackTime)
  }
  return {
    node,
    push: (contextId, samples, start) => queue.push(contextId, samples, start),
    flush: () => Promise.resolve(queue.flush()),
    stop: () => {
      node.onaudioprocess = null
    },
  }
}

/** Opens the speakers. Browsers start them only after the user has touched the page; until then the audio waits. */
export async function openPlayer(listener: PlayerListener, clock: PageClock): Promise<Player> {
  const context = new AudioContext({ sampleRate: playerRateHz, latencyHint: 'interactive' })
  const tell: Tell = (event, atSecs) => {
    const atMs = clock.nowMs() + (atSecs - context.currentTime) * 1000
    if (event.type === 'started') listener.onStarted(event.contextId, atMs)
    else if (event.type === 'finished') listener.onFinished({ contextId: event.contextId, samples: event.samples })
    else listener.onLevel(event.rms, atMs)
  }
  const worklet: AudioWorklet | undefined = context.audioWorklet
  const engine = worklet === undefined ? scriptEngine(context, tell) : await workletEngine(context, tell)
  engine.node.connect(context.destination)
  // Left unanswered until the user has touched the page, so nobody waits for it.
  void context.resume()
  let watching: (() => void) | undefined

  return {
    push: (contextId, samples, start) => {
      engine.push(contextId, samples, start)
      if (context.state === 'running') return
      watching ??= clock.after(stuckAfterMs, () => {
        if (context.state === 'suspended') listener.onStuck()
      })
    },
    flush: engine.flush,
    close: async () => {
      watching?.()
      engine.stop()
      engine.node.disconnect()
      if (context.state !== 'closed') await context.close()
    },
  }
}
