import { TestClock } from '@pc/core/testing'
import type { AgentMap, MultiAgentOptions } from '../../src/agents/index.ts'
import { MultiAgentFlowManager } from '../../src/agents/index.ts'
import type { FlowError } from '../../src/definition/errors.ts'
import { ScriptedHost, type ScriptedHostOptions } from '../../src/testing/scripted-host.ts'
import { tell } from '../statements/talk.ts'

type Options<Agents extends AgentMap> = Omit<
  Extract<MultiAgentOptions<Agents>, { host: unknown; team: unknown }>,
  'host'
> &
  ScriptedHostOptions

/** A team on the real manager; the test plays the model and the user. */
export class TeamRun<Agents extends AgentMap> {
  readonly clock: TestClock = new TestClock()
  readonly host: ScriptedHost
  readonly manager: MultiAgentFlowManager<Agents>
  readonly errors: FlowError[] = []
  readonly changes: string[] = []

  constructor(options: Options<Agents>) {
    const { infer, charsPerSec, ...rest } = options
    this.host = new ScriptedHost(this.clock, 1, { infer, charsPerSec })
    this.manager = new MultiAgentFlowManager<Agents>({ host: this.host, ...rest })
    this.manager.on('error', (error) => void this.errors.push(error))
    this.manager.on('agentChanged', (agent, previous) => void this.changes.push(`${previous} > ${agent}`))
  }

  static async start<Agents extends AgentMap>(options: Options<Agents>): Promise<TeamRun<Agents>> {
    const run = new TeamRun<Agents>(options)
    await run.manager.initialize()
    await run.rest()
    return run
  }

  /** Who leads the conversation, and where. */
  get place(): string {
    return `${this.manager.currentAgent}/${this.manager.currentNode}`
  }

  get tools(): readonly string[] {
    return this.host.tools.map(({ function: fn }) => fn.name)
  }

  get history(): readonly string[] {
    return tell(this.host.messages())
  }

  /** The model calls a function. */
  async call(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const result = await this.host.modelCalls(name, args)
    await this.rest()
    return result
  }

  async reply(text: string): Promise<void> {
    await this.host.modelSays(text)
    await this.rest()
  }

  async user(text: string): Promise<void> {
    this.host.userSays(text)
    await this.rest()
  }

  async rest(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 12;) {
      quiet = this.host.activity === seen ? quiet + 1 : 0
      seen = this.host.activity
      await this.clock.settle()
    }
  }
}
