import { LLMContext } from '../context/llm-context.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { LLMService } from '../services/llm-service.ts'
import { STTService } from '../services/stt-service.ts'
import { TTSService } from '../services/tts-service.ts'

/** A probe that takes longer has failed, milliseconds. */
const LIMIT_MS = 10_000

/** Whether a service works, tried with the smallest request of its kind. Rejects or gives false when it does not. */
export async function probeService(service: FrameProcessor, signal: AbortSignal): Promise<boolean> {
  const { clock } = service.runtime
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const timer = clock.setTimeout(abort, LIMIT_MS, { background: true })
  const late = new Promise<boolean>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(false), { once: true })
  })
  try {
    return await Promise.race([request(service, controller.signal), late])
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
    controller.abort()
  }
}

async function request(service: FrameProcessor, signal: AbortSignal): Promise<boolean> {
  if (service instanceof LLMService) {
    const context = new LLMContext([{ role: 'user', content: 'Say yes.' }])
    await service.runInference(context, { maxTokens: 16, signal })
    return true
  }
  if (service instanceof TTSService) {
    const { runtime, setup, settings } = service
    const sampleRate = setup.params.audioOutSampleRate
    for await (const _ of service.synthesize('Yes.', { signal, contextId: runtime.newId(), sampleRate, settings })) {
      return true
    }
    return false
  }
  return service instanceof STTService ? connects(service, signal) : true
}

/** An unusable recogniser connects when it is told that it may. */
function connects(service: STTService, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const removers = [service.on('connected', () => settle(true)), service.on('connectionError', () => settle(false))]
    const giveUp = (): void => settle(false)
    const settle = (works: boolean): void => {
      for (const remove of removers) remove()
      signal.removeEventListener('abort', giveUp)
      if (!works) service.setUsable(false)
      resolve(works)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    service.setUsable(true)
  })
}
