import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { ChevronDown, ChevronRight } from 'lucide-react'

/** The engine behind one stage of the pipeline. */
export interface Engine {
  stage: 'vad' | 'stt' | 'llm' | 'tts'
  name: string
  /** Where it runs or what it cannot do, in a few words. */
  note?: string
}

/** An environment variable that swaps an engine. */
export interface EngineKey {
  env: string
  set: boolean
  /** What the key changes, in a few words. */
  changes: string
}

/** Props of {@link EnginesLine}. */
export interface EnginesLineProps {
  engines: readonly Engine[]
  keys: readonly EngineKey[]
}

const stageNames: Record<Engine['stage'], string> = {
  vad: 'Turn end',
  stt: 'Recogniser',
  llm: 'Model',
  tts: 'Voice',
}

/** The pipeline in a line: which engine does each stage, and what a key would change. */
export function EnginesLine({ engines, keys }: EnginesLineProps): ReactElement {
  const details = useRef<HTMLDetailsElement>(null)
  // The panel floats over the page: a press elsewhere or Escape closes it.
  useEffect(() => {
    const onPress = (event: Event): void => {
      if (event.target instanceof Node && details.current?.contains(event.target) === true) return
      if (details.current !== null) details.current.open = false
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || details.current?.open !== true) return
      details.current.open = false
      details.current.querySelector('summary')?.focus()
    }
    document.addEventListener('pointerdown', onPress)
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('pointerdown', onPress)
      document.removeEventListener('keydown', onKey)
    }
  }, [])

  if (engines.length === 0) {
    return (
      <section className="engines-line" aria-label="Engines">
        <p className="none">The engines of each stage are named here once the call has started.</p>
      </section>
    )
  }
  const unset = keys.filter((key) => !key.set)
  const first = unset[0]
  return (
    <section className="engines-line" aria-label="Engines">
      <ol className="chain">
        {engines.map((engine, index) => (
          <li key={engine.stage} title={engine.note === undefined ? engine.name : `${engine.name}: ${engine.note}`}>
            {index > 0 && <ChevronRight className="icon" aria-hidden="true" />}
            <span className="part">{stageNames[engine.stage]}</span>
            <b>{engine.name}</b>
          </li>
        ))}
      </ol>
      <details ref={details}>
        <summary>
          <span className="gist">
            {first === undefined ? (
              'Engines and keys'
            ) : (
              <>
                With <span className="mono">{first.env}</span>: {first.changes}
              </>
            )}
          </span>
          {unset.length > 1 && <span className="more">and {unset.length - 1} more</span>}
          <ChevronDown className="icon" aria-hidden="true" />
        </summary>
        <div className="panel" role="group" aria-label="Engines and keys" tabIndex={0}>
          <dl>
            {engines.map((engine) => (
              <div key={engine.stage}>
                <dt>{stageNames[engine.stage]}</dt>
                <dd>
                  <b>{engine.name}</b>
                  {engine.note !== undefined && <span>{engine.note}</span>}
                </dd>
              </div>
            ))}
          </dl>
          {keys.length > 0 && (
            <>
              <h3>Keys of the server</h3>
              <dl>
                {keys.map((key) => (
                  <div key={key.env}>
                    <dt className="mono">{key.env}</dt>
                    <dd>
                      <b>{key.set ? 'Set' : 'Not set'}</b>
                      <span>{key.changes}</span>
                    </dd>
                  </div>
                ))}
              </dl>
            </>
          )}
        </div>
      </details>
    </section>
  )
}
