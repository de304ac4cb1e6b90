import type { ReactElement } from 'react'

/** Something that a conversation knows. */
export interface KnownFact {
  readonly name: string
  readonly value: string
}

/** Props of {@link KnownFacts}. */
export interface KnownFactsProps {
  title: string
  facts: readonly KnownFact[]
  /** What to say while there are none. */
  empty: string
}

/** Names and values, as a conversation has learned them. */
export function KnownFacts({ title, facts, empty }: KnownFactsProps): ReactElement {
  return (
    <section className="known-facts" aria-label={title}>
      <h2>{title}</h2>
      {facts.length === 0 ? (
        <p>{empty}</p>
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label={`${title}, in full`}>
          <dl>
            {facts.map(({ name, value }) => (
              <div key={`${name} ${value}`}>
                <dt className="mono">{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </section>
  )
}
