/** Judges the records that no consumer can sort: each must be a dead letter, with a reason and the same bytes. */
import type { SingleFinding } from '../../result/verdict.ts';
import type { PoisonLetter, Effect, Foreign } from '../fault.ts';

export interface LetterEvidence {
  letters: readonly PoisonLetter[];
  /** The store's next offset by partition, read before the letters: records below it were handled by then. */
  positions: ReadonlyMap<number, number>;
  /** The topic's first offset by partition. Records below it are gone, perhaps before a consumer had read them. */
  starts: ReadonlyMap<number, number>;
}

/** The effect of the published records. A record that no consumer read leaves its outcome open. */
export function effectOfPoison(sent: readonly Foreign[], evidence: LetterEvidence): Effect {
  const [open, found]: [string[], SingleFinding[]] = [[], []];
  for (const record of sent) {
    const letter = letterOf(record, evidence.letters);
    const { partition, offset } = record;
    const place = `${partition}:${offset}`;
    if (letter !== undefined) found.push(...chargesAgainst(letter, record));
    else if (offset >= (evidence.positions.get(partition) ?? 0))
      open.push(`the one at ${place} was not read`);
    else if (offset < (evidence.starts.get(partition) ?? 0))
      open.push(`the one at ${place} was removed from the topic`);
    else found.push(charge('lost', record, 'it is no dead letter'));
  }
  const right = sent.length - open.length - found.length;
  const count = `${sent.length} were acknowledged, and ${right} are dead letters with a reason and the same bytes`;
  const wrong = found.map(({ partition, offset, detail }) => `the one at ${partition}:${offset}: ${detail}`);
  const published = sent.map(({ partition, offset }) => ({ partition, offset }));
  return { tookEffect: open.length === 0, evidence: [count, ...wrong, ...open], found, published };
}

export const letterOf = (record: Foreign, letters: readonly PoisonLetter[]): PoisonLetter | undefined =>
  letters.find(({ partition, offset }) => partition === record.partition && offset === record.offset);

function chargesAgainst(letter: PoisonLetter, record: Foreign): SingleFinding[] {
  if (letter.reason === '') return [charge('corrupted', record, 'its dead letter has no reason')];
  const [was, is] = [record.payload, letter.payload];
  const isSame = was === null || is === null ? was === is : Buffer.compare(was, is) === 0;
  return isSame ? [] : [charge('corrupted', record, 'its dead letter has other bytes')];
}

const charge = (
  kind: 'lost' | 'corrupted',
  { partition, offset }: Foreign,
  detail: string,
): SingleFinding => ({ kind, blame: 'consumer', partition, offset, detail });
