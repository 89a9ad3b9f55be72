/** Payloads as the real libraries and tools write them. */
import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCategorizer } from '../../../src/pipeline/consumer/categorizer.ts';
import { lookOf } from '../../../src/pipeline/consumer/payload-look.ts';

const json = '{"id":"a1","state":"failed","customer":"customer-0464"}';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const framed = (...message: Uint8Array[]): Buffer => Buffer.concat([hex('00 00000100'), ...message]);
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

test.each([
  ['gzip', gzipSync(json), 'gzip'],
  ['zstd', zstdCompressSync(json), 'zstd'],
  ['lz4', compressionsAlgorithms.lz4.compressSync(Buffer.from(json)), 'lz4'],
  ['snappy, framed', hex('ff060000734e61507059 0011'), 'snappy'],
  ['snappy, by xerial', hex('82534e4150505900 00000001 00000001'), 'snappy'],
  ['UTF-16, little-endian with its mark', Buffer.from(`\ufeff${json}`, 'utf16le'), 'UTF-16'],
  ['UTF-16, big-endian with its mark', utf16be(`\ufeff${json}`), 'UTF-16'],
  ['UTF-16, little-endian', Buffer.from(json, 'utf16le'), 'UTF-16'],
  ['UTF-16, big-endian', utf16be(json), 'UTF-16'],
  ['XML', Buffer.from('<?xml version="1.0"?><order/>'), 'XML'],
  ['an Avro file', hex('4f626a01 04 16'), 'an Avro file'],
  ['Avro with a fingerprint', hex('c301 0011223344556677 0c'), 'Avro with a schema fingerprint'],
  ['a Java object', hex('aced0005 74 0006'), 'a serialized Java object'],
  // { 1: "a1", 2: "failed", 3: 42 }
  ['Protobuf', hex('0a026131 12066661696c6564 182a'), 'Protobuf'],
])('%s is recognized', (_, payload, look) => {
  expect(lookOf(payload)).toBe(look);
});

test('the framing of a schema registry is recognized with its schema, and JSON behind it', () => {
  expect(lookOf(framed(Buffer.from(json)))).toBe(
    'JSON behind the five bytes of a schema registry (schema 256), which --registry-framing json passes over',
  );
  // Avro: a string of two and a string of six characters.
  expect(lookOf(framed(hex('04 6131 0c 6661696c6564')))).toBe(
    'Avro or Protobuf behind the five bytes of a schema registry (schema 256)',
  );
  // Protobuf: the index of the message type, then its fields.
  expect(lookOf(framed(hex('00 0a026131 12066661696c6564')))).toBe(
    'Avro or Protobuf behind the five bytes of a schema registry (schema 256)',
  );
});

test.each([
  ['nothing', ''],
  ['words', 'no json'],
  ['cut JSON', '{"state":"fai'],
  ['CSV', 'a1,failed,42\n'],
  ['words in other letters', 'état: échoué'],
  ['five zeros', '\0\0\0\0\0'],
  ['a tab', 'a\tb'],
])('%s looks like nothing in particular', (_, text) => {
  expect(lookOf(Buffer.from(text))).toBeUndefined();
});

test('no text is taken for Protobuf, and any bytes get an answer', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !/\p{Cc}/u.test(each));
  fc.assert(
    fc.property(text, (each) => {
      expect(lookOf(Buffer.from(each))).not.toBe('Protobuf');
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(['string', 'undefined']).toContain(typeof lookOf(Buffer.from(bytes)));
    }),
  );
});

test('gzip of the system is named in the reason of the dead letter', () => {
  const zipped = execFileSync('gzip', ['-c'], { input: json });
  const categorize = createCategorizer({ states: ['failed'] });
  expect(categorize(zipped, 0, zipped.length, () => null)).toEqual({
    reason: 'its payload is not UTF-8: it looks like gzip',
  });
  const twice = Buffer.from(JSON.stringify(json));
  expect(categorize(twice, 0, twice.length, () => null)).toEqual({
    reason: 'its payload is JSON, but no object: it is a string, which holds JSON itself',
  });
});
