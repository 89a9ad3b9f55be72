/** Records that nobody can sort, in the midst of the run's own. */
import type { DeadLetter, Fault, Foreign } from './fault.ts';

const hugeBytes = 900_000;

/** Malformed, cut short, no object, no text, empty, null, huge, and of states that are none. */
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
  does: 'publishes records that nobody can sort: malformed, empty, null, huge, of unknown states',
  expected: 'each is a dead letter, with a reason and the same bytes',
  example: 'poison@4s',
  lastsMs: undefined,
  lastsToEnd: true,
  problem: () => undefined,
  begin: async (pipeline) => {
    const sent = await pipeline.publish(payloads);
    return {
      target: 'the topic',
      end: async () => {
        const letters = await pipeline.deadLetters();
        const wrong = sent.flatMap((record) => problemOf(record, letters) ?? []);
        const right = sent.length - wrong.length;
        const count = `${sent.length} were acknowledged, and ${right} are dead letters with a reason and the same bytes`;
        return { tookEffect: wrong.length === 0, evidence: [count, ...wrong] };
      },
    };
  },
};

function problemOf(record: Foreign, letters: readonly DeadLetter[]): string | undefined {
  const place = `${record.partition}:${record.offset}`;
  const letter = letters.find(
    ({ partition, offset }) => partition === record.partition && offset === record.offset,
  );
  if (letter === undefined) return `the one at ${place} is no dead letter`;
  if (letter.reason === '') return `the dead letter of ${place} has no reason`;
  const [was, is] = [record.payload, letter.payload];
  const isSame = was === null || is === null ? was === is : Buffer.compare(was, is) === 0;
  return isSame ? undefined : `the dead letter of ${place} has other bytes`;
}
