import { expect, test } from 'vitest';
import { digestOf } from '../../../src/workload/digest.ts';
import { RunMessages } from '../../../src/audit/run-evidence/run-messages.ts';
import { manifestSchema } from '../../../src/run-folder/manifest.ts';
import type { StatePlace } from '../../../src/workload/state-rule.ts';
import { Workload } from '../../../src/workload/workload.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

/** There is only one state to draw. */
const manifest = { ...runManifest(6), states: [{ name: 'failed', weight: 1 }] };

const places: [StatePlace, field: string][] = [
  [{}, '"state":"failed",'],
  [{ stateField: 'status.code' }, '"status":{"code":"failed"},'],
  [{ stateHeader: 'x-state' }, ''],
];

test.each(places)('the expected message comes from the manifest: %o', (place, field) => {
  const planned = manifestSchema.parse({ ...manifest, ...place });
  expect(planned).toEqual({ ...manifest, ...place });
  const { key, payload } = new Workload(planned).message(0, 4);
  expect(payload).toContain(`{"id":"p0-4",${field}"customer":`);
  const expected = new RunMessages(planned).expected(4, 0)!;
  expect([expected.key.toString(), expected.payload.toString()]).toEqual([key, payload]);
  const origin = { run: 'r', producer: 'p0', session: 0, sequence: 4 };
  expect(expected.digest).toBe(digestOf(Buffer.from(key), Buffer.from(payload), origin));
});
