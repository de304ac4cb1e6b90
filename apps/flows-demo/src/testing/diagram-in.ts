import { readFileSync } from 'node:fs'

/** The Mermaid diagrams that a README shows, in order. */
export function diagramIn(readme: URL): readonly string[] {
  const text = readFileSync(readme, 'utf8')
  return [...text.matchAll(/^```mermaid\n(.*?)^```$/gms)].map(([, diagram = '']) => diagram)
}
