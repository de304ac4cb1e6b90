import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A Chromium on this machine, or undefined. */
export const chromiumPath: string | undefined = paths.find((path) => existsSync(path))

/** A microphone that beeps, one that plays a WAV file once from the moment it is opened, or none. */
export type FakeMicrophone = 'given' | 'denied' | 'none' | { readonly wavFile: string }

function microphoneFlags(microphone: FakeMicrophone): string[] {
  if (microphone === 'none') return []
  const device = '--use-fake-device-for-media-stream'
  if (microphone === 'denied') return [device]
  const file = typeof microphone === 'object' ? [`--use-file-for-fake-audio-capture=${microphone.wavFile}%noloop`] : []
  return [device, '--use-fake-ui-for-media-stream', ...file]
}

/** Starts Chromium with a fake microphone; permission is given unless `denied`. */
export function startChromium(microphone: FakeMicrophone): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    // pc.test is this machine under a name that browsers do not trust over plain http.
    args: ['--no-sandbox', '--host-resolver-rules=MAP pc.test 127.0.0.1', ...microphoneFlags(microphone)],
  })
}

/** Closes all pages of a browser. */
export async function closeContexts(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) await context.close()
}
