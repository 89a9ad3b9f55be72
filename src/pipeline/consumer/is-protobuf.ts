/** Protobuf has no mark by which to know it: a payload looks like it if it is fields from its first byte to its last. */

const fieldsMin = 2;
/** Real messages rarely have more fields; random bytes often would. */
const fieldNumberMax = 1_000;
const wireTypes = { varint: 0, eightBytes: 1, lengthDelimited: 2, fourBytes: 5 } as const;

/** Whether the payload is Protobuf's fields, at least two of them. */
export function isProtobuf(payload: Uint8Array): boolean {
  let at = 0;
  let fields = 0;
  while (at >= 0 && at < payload.length) {
    at = behindField(payload, at);
    fields += 1;
  }
  return at === payload.length && fields >= fieldsMin;
}

/** The position behind the field that begins here; −1 if none does. */
function behindField(payload: Uint8Array, from: number): number {
  const [tag, at] = varint(payload, from);
  const number = Math.floor(tag / 8);
  if (at < 0 || number < 1 || number > fieldNumberMax) return -1;
  const wireType = tag % 8;
  if (wireType === wireTypes.varint) return varint(payload, at)[1];
  if (wireType === wireTypes.eightBytes) return at + 8;
  if (wireType === wireTypes.fourBytes) return at + 4;
  if (wireType !== wireTypes.lengthDelimited) return -1;
  const [length, start] = varint(payload, at);
  return start < 0 ? -1 : start + length;
}

/** The value, and the position behind it; −1 if there is no whole varint. */
function varint(payload: Uint8Array, from: number): [value: number, behind: number] {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = payload[from + index];
    if (byte === undefined) return [0, -1];
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, from + index + 1];
  }
  return [0, -1];
}
