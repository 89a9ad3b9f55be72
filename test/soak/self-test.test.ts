/** The live self-test on secured clusters of each kind. */
import { expect, test } from 'vitest';
import { securityKinds } from '../../src/kafka/broker/security-kind.ts';
import { liveDefects } from '../../src/self-test/live/live-defects.ts';
import { escapedFrom, selfTestMsMax } from '../fixtures/live-self-test.ts';

test.each(securityKinds)(
  'the live self-test on a cluster secured with %s catches every defect',
  async (kind) => expect(await escapedFrom([`--security=${kind}`], liveDefects)).toEqual([]),
  selfTestMsMax,
);
