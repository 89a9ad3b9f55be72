/** Tells what a payload looks like that is no JSON, in a few words for the reason of a dead letter. */
import { isUtf8 } from 'node:buffer';
import { isProtobuf } from './is-protobuf.ts';

/** A schema registry's serializers write this byte and the schema's id (int32) before the message. */
export const registryMagic = 0;
export const registryBytes = 5;

/** The bytes with which formats begin. */
const beginnings: readonly (readonly [hex: string, look: string])[] = [
  ['1f8b08', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['04224d18', 'lz4'],
  ['ff060000734e61507059', 'snappy'],
  ['82534e4150505900', 'snappy'],
  ['4f626a01', 'an Avro file'],
  ['c301', 'Avro with a schema fingerprint'],
  ['aced0005', 'a serialized Java object'],
  ['fffe', 'UTF-16'],
  ['feff', 'UTF-16'],
];

/** Undefined if it looks like nothing in particular. The words follow "it looks like". */
export function lookOf(payload: Buffer): string | undefined {
  const hex = payload.toString('hex', 0, 10);
  const known = beginnings.find(([beginning]) => hex.startsWith(beginning));
  if (known !== undefined) return known[1];
  if (isUtf16Json(payload)) return 'UTF-16';
  if (isFramed(payload)) return framedLook(payload);
  if (/^\s*<[?!A-Za-z]/.test(payload.toString('latin1', 0, 100))) return 'XML';
  return isBinary(payload) && isProtobuf(payload) ? 'Protobuf' : undefined;
}

/** Schema ids begin at 1. */
const isFramed = (payload: Buffer): boolean =>
  payload.length > registryBytes && payload[0] === registryMagic && payload.readInt32BE(1) > 0;

function framedLook(payload: Buffer): string {
  const id = payload.readInt32BE(1);
  const message = payload.subarray(registryBytes);
  const isJson = isUtf8(message) && /^\s*\{/.test(message.toString('latin1', 0, 100));
  return isJson
    ? `JSON behind the five bytes of a schema registry (schema ${id}), which --registry-framing json passes over`
    : `Avro or Protobuf behind the five bytes of a schema registry (schema ${id})`;
}

/** `{` as two bytes, and then another character of ASCII. */
function isUtf16Json(payload: Buffer): boolean {
  if (payload.length < 4 || payload.length % 2 !== 0) return false;
  const [first, second, third, fourth] = payload;
  const isLittle = first === 0x7b && second === 0 && third !== 0 && fourth === 0;
  const isBig = first === 0 && second === 0x7b && third === 0 && fourth !== 0;
  return isLittle || isBig;
}

/** Bytes that no text has. */
const isBinary = (payload: Buffer): boolean =>
  !isUtf8(payload) || /[\0-\x08\x0e-\x1f]/.test(payload.toString('latin1'));
