import { playerName } from './player-protocol.ts'
import type { PlayerCommand, PlayerReport } from './player-protocol.ts'
import { PlayoutQueue } from './playout-queue.ts'

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #queue = new PlayoutQueue()

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<PlayerCommand>) => {
      if (data.type === 'push') this.#queue.push(data.contextId, data.samples, data.start)
      else this.#report({ type: 'flushed', id: data.id, played: this.#queue.flush() })
    }
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]?.[0]
    if (output === undefined) return true
    for (const event of this.#queue.render(output)) this.#report({ ...event, atSecs: currentTime })
    return true
  }

  #report(report: PlayerReport): void {
    this.port.postMessage(report)
  }
}

registerProcessor(playerName, PlayerProcessor)
