import type { FlowHost } from './flow-host.ts'

/** A host that does some things in its own way, and the rest as `host` does. */
export function wrapHost(host: FlowHost, own: Partial<FlowHost>): FlowHost {
  return {
    runtime: host.runtime,
    attach: (listener) => host.attach(listener),
    configure: (update) => host.configure(update),
    setTools: (tools) => host.setTools(tools),
    append: (messages) => host.append(messages),
    run: () => host.run(),
    hold: () => host.hold(),
    ...(host.reply !== undefined && { reply: (text: string) => host.reply?.(text) }),
    speak: (text, options) => host.speak(text, options),
    settled: () => host.settled(),
    infer: (prompt, history, signal) => host.infer(prompt, history, signal),
    messages: () => host.messages(),
    ...(host.isReplying !== undefined && { isReplying: () => host.isReplying?.() === true }),
    end: () => host.end(),
    ...own,
  }
}
