/** Each command in each trouble: its exit code, and what it says. `test/full` has the troubles that are like these. */
import { test } from 'vitest';
import { runInTrouble, testTroubles, troubles } from '../fixtures/exit-codes.ts';

testTroubles(troubles.filter(({ isLikeOthers }) => isLikeOthers !== true));

// The system writes what still fits, and Node takes that for all.
test.concurrent.for(['faults', '--help'])(
  'a file cut short by a full disk is told: %s',
  async (line, { expect }) => {
    const shell = 'ulimit -f 1; COMMAND >DIR.out';
    const { code, stderr } = await runInTrouble({ line, code: 0 }, { name: 'cut short', shell });
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: expect.stringMatching(/^nodrop: the output could not be written: EFBIG/),
    });
  },
);
