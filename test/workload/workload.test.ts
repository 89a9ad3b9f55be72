import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  messageId,
  readMessageId,
  parseProducerName,
  payloadBytesMin,
  problemOfStateField,
  producerName,
  Workload,
} from '../../src/workload/workload.ts';
import type { StatePlace } from '../../src/workload/state-rule.ts';

const states = [
  { name: 'failed', weight: 1 },
  { name: 'completed', weight: 8 },
  { name: 'in-progress', weight: 1 },
];
/** Places of a state: the default one, at a path, in a header. */
const places: StatePlace[] = [
  {},
  { stateField: 'state' },
  { stateField: 'status.code' },
  { stateField: 'état."x\\".🙂.__proto__' },
  { stateHeader: 'x-state' },
];
const coordinates = [fc.nat(2 ** 31), fc.nat(64), fc.nat(2 ** 31)] as const;

test('a message depends only on seed, producer and sequence', () => {
  fc.assert(
    fc.property(
      ...coordinates,
      fc.integer({ min: 250, max: 2000 }),
      (seed, producer, sequence, payloadBytes) => {
        const message = new Workload({ seed, states, payloadBytes }).message(producer, sequence);
        const other = new Workload({ seed, states, payloadBytes });
        other.message(producer, sequence + 1);
        expect(other.message(producer, sequence)).toEqual(message);
        expect(other.stateOf(producer, sequence)).toBe(message.state);
      },
    ),
  );
});

test('a payload is JSON of exactly the requested size, with the id and the state of its message', () => {
  fc.assert(
    fc.property(...coordinates, fc.nat(500), (seed, producer, sequence, more) => {
      const payloadBytes = payloadBytesMin(states, producer + 1, sequence + 1) + more;
      const { id, key, state, payload } = new Workload({ seed, states, payloadBytes }).message(
        producer,
        sequence,
      );
      expect(Buffer.byteLength(payload)).toBe(payloadBytes);
      const parsed = JSON.parse(payload) as Record<string, unknown>;
      expect(parsed).toMatchObject({ id, state: states[state]!.name, customer: key });
    }),
  );
});

test('the message of a seed is the same as in all earlier versions', () => {
  const message = {
    id: 'p0-126',
    key: 'customer-0464',
    state: 1,
    payload:
      '{"id":"p0-126","state":"completed","customer":"customer-0464","order":"29dd911b","amountCents":42932,' +
      `"currency":"EUR","items":5,"note":"${'.'.repeat(62)}"}`,
  };
  expect(new Workload({ seed: 7, states, payloadBytes: 200 }).message(0, 126)).toEqual(message);
  expect(payloadBytesMin(states, 1, 1000)).toBe(140);
});

test('the state is at the requested place, and the rest of the message does not change', () => {
  const at = (place: StatePlace) =>
    new Workload({ seed: 7, states, payloadBytes: 300, ...place }).message(0, 126);
  const { note, ...usual } = JSON.parse(at({}).payload) as Record<string, unknown>;
  const { state: _, ...rest } = usual;
  const fieldsAt = (place: StatePlace): unknown => {
    const { payload, ...message } = at(place);
    expect(message).toEqual({ id: 'p0-126', key: 'customer-0464', state: 1 });
    expect([payload.length, Buffer.byteLength(payload)]).toEqual([300, 300]);
    const fields = JSON.parse(payload) as Record<string, unknown>;
    expect(fields['note']).toMatch(/^\.+$/);
    delete fields['note'];
    return fields;
  };
  expect(note).toMatch(/^\.+$/);
  expect(at({ stateField: 'state' })).toEqual(at({}));
  expect(at({ stateField: 'status.code' }).payload).toContain('"p0-126","status":{"code":"completed"},"cust');
  expect(fieldsAt({ stateField: 'a.b.c' })).toEqual({ ...rest, a: { b: { c: 'completed' } } });
  expect(fieldsAt({ stateField: 'é"\\.🙂' })).toEqual({ ...rest, 'é"\\': { '🙂': 'completed' } });
  expect(fieldsAt({ stateHeader: 'x-state' })).toEqual(rest);
});

test('a path of the state that collides with another field, or has an array index, is refused', () => {
  for (const path of ['state', 'state.id', 'status.code', 'a.id']) {
    expect(problemOfStateField(path)).toBeUndefined();
  }
  for (const path of ['0', 'items.0.state', 'a.1']) expect(problemOfStateField(path)).toContain('arrays');
  for (const path of ['id', 'customer.state', 'note']) expect(problemOfStateField(path)).toContain('already');
});

test.each(places)(
  'with one byte less than the smallest payload size, some message does not fit: %o',
  (place) => {
    const bytesMin = payloadBytesMin(states, 1, 1000, place);
    const enough = new Workload({ seed: 1, states, payloadBytes: bytesMin, ...place });
    for (let sequence = 0; sequence < 1000; sequence++) enough.message(0, sequence);
    const tooSmall = new Workload({ seed: 1, states, payloadBytes: bytesMin - 1, ...place });
    const fits = (sequence: number): boolean => {
      try {
        tooSmall.message(0, sequence);
        return true;
      } catch {
        return false;
      }
    };
    expect(Array.from({ length: 1000 }, (_, sequence) => sequence).some((sequence) => !fits(sequence))).toBe(
      true,
    );
  },
);

test('the states of messages are drawn about in proportion to their weights', () => {
  const workload = new Workload({ seed: 7, states, payloadBytes: 200 });
  const counts = [0, 0, 0];
  for (let sequence = 0; sequence < 10_000; sequence++) counts[workload.stateOf(0, sequence)]! += 1;
  expect(counts[1]! / 10_000).toBeCloseTo(0.8, 1);
  expect(Math.min(...counts)).toBeGreaterThan(800);
});

test('seeds, producers and sequences give different messages', () => {
  const at = (seed: number, producer: number, sequence: number): string =>
    new Workload({ seed, states, payloadBytes: 200 }).message(producer, sequence).payload;
  expect(new Set([at(1, 0, 0), at(2, 0, 0), at(1, 1, 0), at(1, 0, 1)]).size).toBe(4);
});

/** The id that is read from between other bytes. */
function idIn(text: string): { producer: number; sequence: number } | undefined {
  const into = { producer: 0, sequence: 0 };
  const bytes = Buffer.from(`1${text}1-1`);
  return readMessageId(bytes, 1, bytes.length - 3, into) ? into : undefined;
}

test('ids and producer names are read back, and other texts are refused', () => {
  fc.assert(
    fc.property(fc.nat(99_999), fc.nat(2 ** 31), (producer, sequence) => {
      expect(idIn(messageId(producer, sequence))).toEqual({ producer, sequence });
    }),
  );
  fc.assert(
    fc.property(fc.nat(65_535), (producer) => parseProducerName(producerName(producer)) === producer),
  );
  for (const text of ['', 'p0', 'p0-', 'p0-01', 'p00-1', 'P0-1', 'p0-1 ', 'p0--1', 'x0-1', 'p100000-1']) {
    expect(idIn(text)).toBeUndefined();
  }
  for (const text of [undefined, '', 'p', 'p01', 'p65536', 'q1'])
    expect(parseProducerName(text)).toBeUndefined();
});
