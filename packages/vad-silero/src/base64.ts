// As in the host, so that programs without the DOM library can check these sources.
declare function atob(data: string): string

/** Bytes of a base64 string; works in browsers and Node alike. */
export function bytesFromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
