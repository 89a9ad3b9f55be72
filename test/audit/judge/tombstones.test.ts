/** Compaction of keys whose last message is a tombstone. */
import { expect, test } from 'vitest';
import { auditOf, findingsOf, message, range, sent, without, type Change } from './healthy-history.ts';

const compacted = range(0, { compacted: true });
/** `e`, a tombstone with a key of its own, and changes that send earlier messages of that key. */
const tombstone = (...earlier: Change[]): Change[] => [
  compacted,
  message('e', { key: 'own', tombstone: true }),
  sent({ id: 'e', outcome: 'acked', at: '0:5' }),
  ...earlier,
];

test('a missing message whose key ends with a tombstone is not a finding in a compacted topic', async () => {
  const audit = await auditOf(...tombstone());
  expect(audit).toMatchObject({ verdict: 'pass', findings: [] });
  expect(audit.notChecked).toEqual([expect.stringContaining('1 message not looked for further')]);
});

test('the last message of a key is the one with the highest acked offset', async () => {
  const earlier = [message('f', { key: 'own' }), sent({ id: 'f', outcome: 'acked', at: '0:3' })];
  expect(await auditOf(...tombstone(...earlier))).toMatchObject({ verdict: 'pass', findings: [] });
  const later = [message('f', { key: 'own' }), sent({ id: 'f', outcome: 'acked', at: '0:7' })];
  expect(findingsOf(await auditOf(...tombstone(...later)))).toEqual(['lost broker: e f']);
});

test('a tombstone without a key does not excuse a missing message', async () => {
  const keyless = [
    compacted,
    message('e', { tombstone: true }),
    sent({ id: 'e', outcome: 'acked', at: '0:5' }),
    without('log', 'e'),
  ];
  const audit = await auditOf(...keyless);
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(audit.notChecked.join(' ')).toContain('cannot be said whether a later record of the key is');
});
