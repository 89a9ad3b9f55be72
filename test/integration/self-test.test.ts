/** The live self-test distinguishes caught defects from missed ones. `test/full/live-self-test.test.ts` has more. */
import { afterEach, expect, test, vi } from 'vitest';
import { commandWith, vanished } from '../fixtures/detect.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';

afterEach(() => vi.unstubAllEnvs());

/** Each pipeline starts several processes, one after the other. */
const timeoutMs = 180_000;

test(
  'the exit code of a missed defect is 1, and the text shows why and where its evidence is',
  async () => {
    // A user may have set these variables for other runs.
    vi.stubEnv('NODROP_SABOTAGE', 'misroute:17');
    vi.stubEnv('NODROP_RATE', '1');
    const missed = await commandWith({ ...vanished, expected: { kind: 'phantom', blame: 'store' } });
    expect(missed.code).toBe(1);
    const text = missed.lines.join('\n');
    expect(text).toMatch(/^a row that vanished after it was written +store +NO +NO +yes$/m);
    expect(text).toContain('  expected: phantom (store); found: 1 lost (store)');
    expect(text).toMatch(/^ +(Evidence: )?\S*runs\/self-test-7-0-\w{4}$/m);
    expect(text).toMatch(/^phantom( +·){4} +0\/1 +·$/m);
    expect(missed.lines.at(-1)).toBe('To repeat this: nodrop self-test --seed 7');
  },
  timeoutMs,
);

test('self-test refuses a --store that all its runs would share', async () => {
  const { code, stderr } = await nodropInProcess(['self-test', '--store=sqlite:all.db']);
  expect(code).toBe(64);
  expect(stderr).toContain('a store of its own');
});
