/** The models used when none is named. */
export const DEFAULT_MODELS: { readonly chat: string; readonly speech: string; readonly transcription: string } = {
  chat: 'gpt-6-luna',
  // The vendor has named no successor on this endpoint yet; it is warned of below.
  speech: 'gpt-4o-mini-tts',
  transcription: 'gpt-transcribe',
}

/** When models are shut down, by the beginning of their names; the longest match counts. */
const SHUTDOWNS: Readonly<Record<string, string>> = {
  'gpt-3.5-turbo': '2026-10-23',
  'gpt-4-turbo': '2026-10-23',
  'gpt-4.1': '2027-01-14',
  'gpt-4.1-nano': '2026-10-23',
  'gpt-4o': '2027-01-14',
  'gpt-4o-mini-transcribe': '2027-02-26',
  'gpt-4o-mini-tts': '2027-01-06',
  'gpt-4o-transcribe': '2027-02-26',
  'gpt-5-mini': '2026-12-11',
  'gpt-5-nano': '2026-12-11',
  'gpt-5.1': '2027-04-01',
  'gpt-5.4-nano': '2027-04-01',
  o3: '2026-12-11',
  'o4-mini': '2026-10-23',
  'tts-1': '2027-01-06',
  'whisper-1': '2027-02-26',
}

/** Shut down under exactly this name: longer names are other models. */
const EXACT_SHUTDOWNS: Readonly<Record<string, string>> = { 'gpt-4': '2026-10-23', 'gpt-5': '2026-12-11' }

/** The date, ISO 8601, from which the vendor no longer serves a model, as announced by November 2026. */
export function shutdownDate(model: string): string | undefined {
  const prefix = Object.keys(SHUTDOWNS)
    .filter((name) => model === name || model.startsWith(`${name}-`))
    .sort((a, b) => b.length - a.length)[0]
  return EXACT_SHUTDOWNS[model] ?? (prefix === undefined ? undefined : SHUTDOWNS[prefix])
}

/** A warning about a model that is or will be shut down. */
export function shutdownWarning(model: string, nowMs: number): string | undefined {
  const date = shutdownDate(model)
  if (date === undefined) return undefined
  const passed = nowMs >= Date.parse(date)
  return `OpenAI ${passed ? 'has shut' : 'shuts'} down ${model} on ${date}; choose another model.`
}

/**
 * How much a model thinks before it answers, when nothing was chosen: as little as it can, for a voice cannot wait.
 * `undefined` for models that do not take the parameter.
 */
export function quickestReasoning(model: string): 'none' | 'minimal' | undefined {
  if (/^gpt-5(-mini|-nano)?(-\d{4}|$)/.test(model)) return 'minimal'
  return /^gpt-(5\.\d|[6-9])/.test(model) && !model.includes('-chat') ? 'none' : undefined
}
