/** Checks of the rule `latest`: what the store must have of the messages of one key. */
import { deadLetterCategory } from '../evidence.ts';
import type { Opinion } from './charge.ts';
import type { Standing } from './latest.ts';
import { lost, lostFromLog, unreached } from './loss-checks.ts';
import type { Proof } from './proof.ts';
import { blamed, isExpectedInStore, ownRows, type Subject } from './subject.ts';

/** Takes the place of the check for lost messages. */
export function missingOfKey(subject: Subject, standing: Standing, proof: Proof): Opinion {
  const { role, isTombstone } = standing;
  if (role === 'expected') {
    return isTombstone ? notRemoved(subject, standing, proof) : missingNewest(subject, standing, proof);
  }
  const gone = lostFromLog(subject, proof);
  const isCompacted = gone !== undefined && 'doubt' in gone && gone.doubt === 'compacted';
  // That a later record of the key stands in the partition is what is expected.
  if (role === 'superseded') return isCompacted ? undefined : gone;
  const isLost = gone !== undefined && 'kind' in gone;
  if (role === 'unordered') return isLost ? gone : ifExpected(subject, proof, { doubt: 'unordered' });
  return (
    gone ?? (subject.rows.length > 0 ? undefined : ifExpected(subject, proof, unreached(subject, proof)))
  );
}

const ifExpected = (subject: Subject, proof: Proof, opinion: Opinion): Opinion =>
  isExpectedInStore(subject, proof) ? opinion : undefined;

function missingNewest(subject: Subject, { hasStaleRow }: Standing, proof: Proof): Opinion {
  const opinion = lost(subject, proof);
  if (opinion === undefined || 'doubt' in opinion) return opinion;
  // The consumer cannot have what the broker has lost.
  if (!hasStaleRow || opinion.blame === 'broker') return opinion;
  return { ...opinion, kind: 'stale', detail: 'the store has the row of an older one of its key' };
}

/** The newest is a tombstone: the store must have no row of its key. */
function notRemoved(subject: Subject, { hasStaleRow }: Standing, proof: Proof): Opinion {
  const own = ownRows(subject, proof).filter(({ category }) => category !== deadLetterCategory);
  if (!isExpectedInStore(subject, proof) || (!hasStaleRow && own.length === 0))
    return lostFromLog(subject, proof);
  const other = subject.committed.length > 0 ? 'consumer' : 'unknown';
  // A row of the tombstone itself shows how the consumer treats tombstones.
  const blame =
    own.length > 0 ? other : blamed(subject, proof, { store: subject.written.length > 0, else: other });
  return { kind: 'stale', blame, detail: 'a tombstone, and the store has a row of its key' };
}

/** Two messages of a key have rows. */
export const sharedKey = ({ standing }: Subject): Opinion =>
  standing?.isShared === true && !(standing.role === 'expected' && standing.isTombstone)
    ? { kind: 'duplicated', blame: 'consumer', detail: 'another message of its key has a row, too' }
    : undefined;
