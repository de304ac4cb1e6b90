import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js'

/**
 * The result of a call as a model is to read it: the structured content where the server gives it, otherwise the text.
 * What is no text is described; what the server calls an error becomes `{ error }`.
 */
export function toolResult({ content, structuredContent, isError }: CallToolResult): unknown {
  const text = content.map(blockText).join('\n')
  if (isError) return { error: text === '' ? 'The tool failed and said nothing about it.' : text }
  return structuredContent ?? text
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'resource':
      return 'text' in block.resource
        ? block.resource.text
        : described('file', block.resource.mimeType, block.resource.uri)
    case 'resource_link':
      return described('link', block.mimeType, block.uri)
    case 'image':
    case 'audio':
      return described(block.type, block.mimeType)
  }
}

function described(...parts: readonly (string | undefined)[]): string {
  return `[${parts.filter((part) => part !== undefined).join(' ')}]`
}
