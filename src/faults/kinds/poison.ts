/** A fault that publishes records that no consumer can sort, among the run's own. */
import type { Effect, Fault, Foreign, Pipeline } from '../fault.ts';
import { effectOfPoison, letterOf } from './poison-outcome.ts';

const hugeBytes = 900_000;

/** Payloads that are malformed, cut short, not an object, not text, empty, null, huge, or of unknown states. */
const payloads: readonly (Uint8Array | null)[] = [
  Buffer.from('{"state":'),
  Buffer.from('not JSON at all'),
  Buffer.from('["failed"]'),
  Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  Buffer.alloc(0),
  null,
  Buffer.alloc(hugeBytes, 'x'),
  Buffer.from('{"state":"nodrop-poison"}'),
  Buffer.from('{"state":{"deep":true}}'),
  Buffer.from('{"other":"failed"}'),
];

export const poison: Fault = {
  name: 'poison',
  does: 'publishes records that cannot be sorted: malformed, empty, null, huge, of unknown states',
  expected: 'each becomes a dead letter, with a reason and the same bytes; otherwise the run fails',
  example: 'poison@4s',
  lastsMs: undefined,
  ownPart: { part: 'store' },
  lastsToEnd: true,
  problem: () => undefined,
  begin: async (pipeline) => {
    const sent = await pipeline.publish(payloads);
    return { target: 'the topic', end: () => effectOn(pipeline, sent) };
  },
};

async function effectOn(pipeline: Pipeline, sent: readonly Foreign[]): Promise<Effect> {
  const positions = await pipeline.positions();
  const letters = await pipeline.deadLetters();
  // This needs a broker, and the brokers may be down.
  const isMissing = sent.some((record) => letterOf(record, letters) === undefined);
  const starts = isMissing ? await pipeline.starts() : new Map<number, number>();
  return effectOfPoison(sent, { letters, positions, starts });
}
