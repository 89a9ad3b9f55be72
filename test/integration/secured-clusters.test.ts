/** Clusters that are secured by certificates and by passwords, with their files. `test/full` has the other kinds, and runs. */
import { expect, test } from 'vitest';
import { useSecured } from '../fixtures/secured-cluster.ts';

test.each(['mtls', 'sasl-scram'] as const)(
  'on a cluster secured with %s, its client may use what begins with nodrop- and the named topic, and no one else may',
  async (kind) => {
    await expect(useSecured(kind)).resolves.toBeUndefined();
  },
);
