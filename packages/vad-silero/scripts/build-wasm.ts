/**
 * Writes `src/engine.generated.ts` from the generator in `scripts/engine`. Run after a change there or in
 * `src/memory-layout.ts`: `pnpm --filter @pc/vad-silero build-wasm`.
 */
import { writeFileSync } from 'node:fs'

import { engineModule } from './engine/assemble.ts'

writeFileSync(new URL('../src/engine.generated.ts', import.meta.url), await engineModule())
