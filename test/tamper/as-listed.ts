/** Tampers with a run that passed in the ways of three lists. `npm test` tries a third of each list, `test/full` tries the rest. */
import { beforeAll, describe, expect, test } from 'vitest';
import { escapedInEvidence, escapedInStore } from './escaped.ts';
import { alterSchema, schemaMutations } from './sqlite-schema.ts';
import {
  complaintsOfHarm,
  complaintsOfStore,
  outcomeOf,
  passedRun,
  withCopy,
  type PassedRun,
} from './tampered-run.ts';
import { allowed, complaintsOfEvidence } from './truth.ts';

export function tamperAsListed(part: 'a third' | 'the rest'): void {
  // Neighbours in a list resemble each other, so every third entry stands for the two behind it.
  const partOf = <T>(list: readonly T[]): T[] =>
    list.filter((_, index) => (index % 3 === 0) === (part === 'a third'));

  let passed: PassedRun;
  let other: PassedRun;

  beforeAll(async () => {
    passed = await passedRun();
    other = await passedRun({ id: 'other', counts: [40, 20], seed: 2 });
  });

  describe('a tampering that an audit once judged wrongly is judged right:', () => {
    test.each(partOf(Object.entries(escapedInStore)))('%s', async (_, mutations) => {
      expect(await complaintsOfStore(passed, mutations)).toEqual([]);
    });

    test.each(partOf(Object.entries(escapedInEvidence)))('%s', async (_, mutations) => {
      expect(mutations).not.toEqual([]);
      const complaints = [];
      for (const mutation of mutations) {
        complaints.push(...(await complaintsOfHarm(passed, other, mutation)).map((told) => [mutation, told]));
      }
      expect(complaints).toEqual([]);
    });
  });

  test.each(partOf(schemaMutations))(
    'a run gets an allowed verdict after a change of its schema: $name',
    async (mutation) => {
      const outcome = await withCopy(passed, async (folder) => {
        alterSchema(folder.file('store.sqlite'), mutation);
        return await outcomeOf(folder);
      });
      expect(complaintsOfEvidence(outcome, allowed[mutation.allowed])).toEqual([]);
    },
  );
}
