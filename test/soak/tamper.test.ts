/**
 * A run that passed, tampered with at random: 100 000 times, or as often as `NODROP_SOAK_TAMPERINGS` says.
 * `NODROP_SOAK_SEED` repeats the changes of that seed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { evidenceMutation, ledgers } from '../tamper/evidence-mutations.ts';
import { storeMutation } from '../tamper/store-mutations.ts';
import {
  complaintsOfBoth,
  complaintsOfHarm,
  complaintsOfPostgres,
  complaintsOfStore,
  passedPostgresRun,
  passedRun,
  type PassedRun,
} from '../tamper/tampered-run.ts';

const tamperings = Number(process.env['NODROP_SOAK_TAMPERINGS'] ?? 100_000);
const seed = Number(process.env['NODROP_SOAK_SEED'] ?? Date.now() % 1_000_000);
/** Time limits for one tampering on a busy machine, and for shrinking a failure. */
const tamperingMsMax = 400;
const shrinkingMs = 600_000;

const share = (part: number): { numRuns: number; seed: number } => ({
  numRuns: Math.ceil(tamperings * part),
  seed,
});
const limit = (part: number): { timeout: number } => ({
  timeout: shrinkingMs + tamperings * part * tamperingMsMax,
});

let passed: PassedRun;
let other: PassedRun;

afterAll(() => void vi.unstubAllEnvs());

beforeAll(async () => {
  passed = await passedRun({ seed: seed + 1 });
  other = await passedRun({ id: 'other', counts: [40, 20], seed: seed + 2 });
});

test(`the audit judges random changes of the store rightly, from seed ${seed}`, limit(0.5), async () => {
  const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(mutations, async (some) => {
    expect(await complaintsOfStore(passed, some)).toEqual([]);
  });
  await fc.assert(property, share(0.5));
});

test(`the audit judges random damage to evidence files rightly, from seed ${seed}`, limit(0.3), async () => {
  const property = fc.asyncProperty(evidenceMutation, async (mutation) => {
    expect(await complaintsOfHarm(passed, other, mutation)).toEqual([]);
  });
  await fc.assert(property, share(0.3));
});

test(
  `the audit judges random changes of the store rightly without some evidence, from seed ${seed}`,
  limit(0.2),
  async () => {
    const missing = fc.constantFrom('journal-1.bin', 'log.scan', ...ledgers);
    const property = fc.asyncProperty(storeMutation, missing, async (mutation, file) => {
      expect(await complaintsOfBoth(passed, [mutation], file)).toEqual([]);
    });
    await fc.assert(property, share(0.2));
  },
);

test(
  `the audit judges random changes of a PostgreSQL store rightly, from seed ${seed}`,
  limit(0.05),
  async () => {
    const { location, password } = inject('postgres');
    vi.stubEnv('PGPASSWORD', password);
    const stored = await passedPostgresRun(`${location}?schema=tampered`, password);
    const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(mutations, async (some) => {
      expect(await complaintsOfPostgres(stored, some)).toEqual([]);
    });
    try {
      await fc.assert(property, share(0.05));
    } finally {
      await stored.store.close();
    }
  },
);
