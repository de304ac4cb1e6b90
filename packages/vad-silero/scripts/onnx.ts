/** A float tensor of an ONNX file. */
export interface OnnxTensor {
  readonly dims: readonly number[]
  readonly values: Float32Array
}

const FLOAT = 1

/**
 * Collects the float tensors that an ONNX model holds in its `Constant` nodes, sub-graphs included, by the name of
 * the node's output. Field numbers are those of `onnx.proto` (ONNX 1.11, opset 16); only the fields on the way to
 * the constants are read.
 *
 * @throws Error when the bytes are not well-formed protobuf.
 */
export function readConstants(model: Uint8Array): Map<string, OnnxTensor> {
  const constants = new Map<string, OnnxTensor>()
  for (const graph of messages(model, 7)) readGraph(graph, constants)
  return constants
}

function readGraph(graph: Uint8Array, constants: Map<string, OnnxTensor>): void {
  for (const node of messages(graph, 1)) {
    const [output] = messages(node, 2)
    for (const attribute of messages(node, 5)) {
      for (const subgraph of messages(attribute, 6)) readGraph(subgraph, constants)
      for (const tensor of messages(attribute, 5)) {
        const constant = readTensor(tensor)
        if (output && constant) constants.set(new TextDecoder().decode(output), constant)
      }
    }
  }
}

/** A tensor whose floats are stored raw, as this model's are; undefined for any other. */
function readTensor(tensor: Uint8Array): OnnxTensor | undefined {
  const dims: number[] = []
  let type = 0
  let raw: Uint8Array | undefined
  for (const { number, value } of fields(tensor)) {
    if (number === 1) dims.push(...(typeof value === 'number' ? [value] : packedVarints(value)))
    else if (number === 2 && typeof value === 'number') type = value
    else if (number === 9 && typeof value !== 'number') raw = value
  }
  return type === FLOAT && raw ? { dims, values: new Float32Array(raw.slice().buffer) } : undefined
}

/** The length-delimited values of one field. */
function messages(message: Uint8Array, field: number): Uint8Array[] {
  return [...fields(message)].flatMap(({ number, value }) =>
    number === field && typeof value !== 'number' ? [value] : [],
  )
}

interface Field {
  readonly number: number
  /** a number for a varint, else the bytes */
  readonly value: number | Uint8Array
}

/** Walks the fields of a protobuf message (https://protobuf.dev/programming-guides/encoding/). */
function* fields(message: Uint8Array): Generator<Field> {
  const reader = { bytes: message, position: 0 }
  while (reader.position < message.length) {
    const key = readVarint(reader)
    const number = Math.floor(key / 8)
    const wireType = key % 8
    if (wireType === 0) yield { number, value: readVarint(reader) }
    else if (wireType === 1) yield { number, value: readBytes(reader, 8) }
    else if (wireType === 2) yield { number, value: readBytes(reader, readVarint(reader)) }
    else if (wireType === 5) yield { number, value: readBytes(reader, 4) }
    else throw new Error(`protobuf wire type ${wireType} at byte ${reader.position} is not known`)
  }
}

interface Reader {
  readonly bytes: Uint8Array
  position: number
}

/** Exact up to 2^53; the negative constants of the graph, which lose bits here, are not wanted. */
function readVarint(reader: Reader): number {
  let value = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.bytes[reader.position++]
    if (byte === undefined) throw new Error('protobuf ends inside a varint')
    value += (byte % 128) * factor
    if (byte < 128) return value
  }
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const start = reader.position
  reader.position += length
  if (reader.position > reader.bytes.length) throw new Error('protobuf ends inside a field')
  return reader.bytes.subarray(start, reader.position)
}

function packedVarints(bytes: Uint8Array): number[] {
  const reader = { bytes, position: 0 }
  const values: number[] = []
  while (reader.position < bytes.length) values.push(readVarint(reader))
  return values
}
