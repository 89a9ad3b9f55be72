/** Each command in each trouble: its exit code and stderr. `test/full` has further troubles, and slow commands in each. */
import { test } from 'vitest';
import { isInFull, runInTrouble, testTroubles } from '../fixtures/exit-codes.ts';

testTroubles((trouble, command) => !isInFull(trouble, command));

// The system writes as much as fits, and Node treats that as a complete write.
test.concurrent.for(['faults', '--help'])(
  'nodrop %s reports that a full disk has cut its output short',
  async (line, { expect }) => {
    const shell = 'ulimit -f 1; COMMAND >DIR.out';
    const { code, stderr } = await runInTrouble({ line, code: 0 }, { name: 'cut short', shell });
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: expect.stringMatching(/^nodrop: the output could not be written: EFBIG/),
    });
  },
);
