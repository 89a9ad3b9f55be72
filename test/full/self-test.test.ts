/** The whole live self-test, on both stores and with transactions: every defect is caught, and every twin is silent. */
import { expect, inject, test } from 'vitest';
import { inTransactions } from '../../src/self-test/live/live-defect.ts';
import { liveDefects } from '../../src/self-test/live/live-defects.ts';
import { escapedFrom, selfTestMsMax } from '../fixtures/live-self-test.ts';

const { location, password } = inject('postgres');

test(
  'the live self-test on sqlite catches every defect',
  async () => expect(await escapedFrom([], liveDefects)).toEqual([]),
  selfTestMsMax,
);

test(
  'the live self-test on postgres catches every defect',
  async () =>
    expect(await escapedFrom([`--store=${location}`], liveDefects, { PGPASSWORD: password })).toEqual([]),
  selfTestMsMax,
);

test(
  'the live self-test with transactions on a secured cluster catches every defect',
  async () =>
    expect(
      await escapedFrom(['--transactional', '--security=sasl-scram'], inTransactions(liveDefects)),
    ).toEqual([]),
  selfTestMsMax,
);
