import {
  type Frame,
  LLMSwitcher,
  ManuallySwitchServiceFrame,
  type PipelineTask,
  TTSService,
  TTSUpdateSettingsFrame,
} from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { Agent, AgentMap } from './agent.ts'

/** Gives each agent its model and its voice, and those of the beginning to those who have none. */
export class AgentDress {
  readonly #task: PipelineTask
  readonly #switcher: LLMSwitcher | undefined
  readonly #tts: TTSService | undefined
  readonly #own: LLMSwitcher['activeLlm'] | undefined
  #voice: { readonly own: string | undefined; readonly worn: string } | undefined = undefined

  /** @throws FlowError `agent-llm-missing` for an agent whose model no switcher of the pipeline has. */
  constructor(task: PipelineTask, agents: AgentMap) {
    this.#task = task
    const models = Object.values(agents).flatMap(({ llm }) => llm ?? [])
    const { processors } = task
    this.#switcher = processors
      .filter((each) => each instanceof LLMSwitcher)
      .find(({ llms }) => models.length === 0 || models.some((llm) => llms.includes(llm)))
    this.#tts = processors.find((each) => each instanceof TTSService)
    this.#own = this.#switcher?.activeLlm
    for (const [name, { llm }] of Object.entries(agents)) {
      if (llm === undefined || this.#switcher?.llms.includes(llm)) continue
      if (this.#switcher === undefined && processors.includes(llm)) continue
      const message = `The model of the agent '${name}' (${llm.name}) stands in no LLMSwitcher of the pipeline: put it there.`
      throw new FlowError(message, { code: 'agent-llm-missing', kind: 'config' })
    }
  }

  /** Changes what is to be changed for an agent, behind what was queued. */
  async wear({ llm, voice }: Agent): Promise<void> {
    await this.#task.queueFrames([...this.#toModel(llm), ...this.#toVoice(voice)])
  }

  #toModel(llm: Agent['llm']): readonly Frame[] {
    const service = llm ?? this.#own
    if (this.#switcher === undefined || service === undefined || this.#switcher.activeLlm === service) return []
    return [new ManuallySwitchServiceFrame({ service })]
  }

  #toVoice(voice: string | undefined): readonly Frame[] {
    if (voice === undefined && this.#voice === undefined) return []
    if (voice === this.#voice?.worn) return []
    const own = this.#voice === undefined ? this.#tts?.settings.voice : this.#voice.own
    this.#voice = voice === undefined ? undefined : { own, worn: voice }
    return [new TTSUpdateSettingsFrame({ voice: voice ?? own ?? null })]
  }
}
