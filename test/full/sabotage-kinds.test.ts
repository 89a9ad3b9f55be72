/** The kinds of sabotage that `test/integration/sabotage.test.ts` leaves out: each is found and blamed where it was planted. */
import { expect, test } from 'vitest';
import { madeRun } from '../fixtures/made-run.ts';

test.each<[sabotage: string, expected: string]>([
  ['delete-after-store', 'lost store 1'],
  ['dead-letter', 'wrongly-dead-lettered consumer 1'],
  ['flip-before-send', 'corrupted producer 1'],
  ['invent-record', 'phantom producer 1'],
  ['claim-rejection', 'rejected-but-written producer 1'],
  ['resend', 'duplicated producer 1'],
])('sabotage %s makes the run fail, with the right finding and blame', async (kind, expected) => {
  const { ended, result } = await madeRun(kind);
  expect(ended.code, ended.stderr).toBe(1);
  const found = result.findings.map((finding) => `${finding.kind} ${finding.blame} ${finding.count}`);
  expect([result.verdict, found]).toEqual(['fail', [expected]]);
  const ids = result.findings.flatMap(({ examples }) => examples.map(({ id }) => id));
  expect(ids).toEqual([kind === 'invent-record' ? 'p0-1000017' : 'p0-17']);
});
