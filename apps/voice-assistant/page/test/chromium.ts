import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A Chromium on this machine, or undefined. */
export const chromiumPath: string | undefined = paths.find((path) => existsSync(path))

/** Starts Chromium with a microphone that beeps; permission is given unless `denied`. */
export function startChromium(microphone: 'given' | 'denied' | 'none'): Promise<Browser> {
  const devices =
    microphone === 'none'
      ? []
      : ['--use-fake-device-for-media-stream', ...(microphone === 'given' ? ['--use-fake-ui-for-media-stream'] : [])]
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    // pc.test is this machine under a name that browsers do not trust over plain http.
    args: ['--no-sandbox', '--host-resolver-rules=MAP pc.test 127.0.0.1', ...devices],
  })
}
