import { writeFile } from 'node:fs/promises'

/** What {@link tinyModel} is made of. */
export interface TinyModelOptions {
  /** Rows that it wants. Default 80, as Smart Turn does. */
  readonly bands?: number
  /** Whether its output is squeezed into 0 to 1. Default true. */
  readonly sigmoid?: boolean
}

/**
 * An ONNX model in the shape of Smart Turn, in 200 bytes: its output is the logistic function of the mean of all
 * features. Written by hand; field numbers are those of onnx.proto, operators those of operator set 13.
 */
export function tinyModel({ bands = 80, sigmoid = true }: TinyModelOptions = {}): Uint8Array {
  const mean = node('ReduceMean', 'input_features', 'mean', [attribute('axes', [1, 2]), attribute('keepdims', 0)])
  const last = node(sigmoid ? 'Sigmoid' : 'Identity', 'mean', 'logits')
  const graph = message(
    bytesField(1, mean),
    bytesField(1, last),
    bytesField(2, text('tiny')),
    bytesField(11, tensorInfo('input_features', ['batch', bands, 800])),
    bytesField(12, tensorInfo('logits', ['batch'])),
  )
  return message(numberField(1, 8), bytesField(7, graph), bytesField(8, numberField(2, 13)))
}

/** Writes a {@link tinyModel} and returns its path. */
export async function writeTinyModel(path: string, options?: TinyModelOptions): Promise<string> {
  await writeFile(path, tinyModel(options))
  return path
}

function node(operator: string, input: string, output: string, attributes: readonly Uint8Array[] = []): Uint8Array {
  const fields = [bytesField(1, text(input)), bytesField(2, text(output)), bytesField(4, text(operator))]
  return message(...fields, ...attributes.map((one) => bytesField(5, one)))
}

function attribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === 'number') return message(bytesField(1, text(name)), numberField(3, value), numberField(20, 2))
  return message(bytesField(1, text(name)), ...value.map((one) => numberField(8, one)), numberField(20, 7))
}

function tensorInfo(name: string, dims: readonly (string | number)[]): Uint8Array {
  const shape = dims.map((dim) =>
    bytesField(1, typeof dim === 'number' ? numberField(1, dim) : bytesField(2, text(dim))),
  )
  const tensor = message(numberField(1, 1), bytesField(2, message(...shape)))
  return message(bytesField(1, text(name)), bytesField(2, bytesField(1, tensor)))
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const message = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const numberField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(field * 8), ...varint(value)])

const bytesField = (field: number, value: Uint8Array): Uint8Array =>
  Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length), ...value])

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
