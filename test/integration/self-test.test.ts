/** The live self-test distinguishes caught defects from missed ones. `test/full/live-self-test.test.ts` has more. */
import { afterEach, expect, test, vi } from 'vitest';
import { liveSelfTestCommand } from '../../src/cli/commands/live-self-test-command.ts';
import { Terminal } from '../../src/cli/output/terminal.ts';
import type { LiveDefect } from '../../src/self-test/live/live-defect.ts';
import { detect, runsIn, vanished } from '../fixtures/detect.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

/** Each pipeline starts several processes, one after the other. */
const timeoutMs = 180_000;

class Listening extends Terminal {
  readonly lines: string[] = [];
  override print(line: string): void {
    this.lines.push(line);
  }
  override printDocument(text: string): void {
    this.lines.push(text);
  }
}

async function commandWith(
  defect: LiveDefect,
  json = false,
): Promise<{ code: number; lines: string[]; dir: string }> {
  const dir = newDir();
  const terminal = new Listening({ color: false, quiet: true });
  const values = { dir, seed: 7, timeout: 60_000, json } as Parameters<typeof liveSelfTestCommand>[0];
  const code = await liveSelfTestCommand(
    values,
    { signal: new AbortController().signal, terminal },
    async (_, observer) => {
      const [detection] = await detect(dir, [defect]);
      observer.detected(detection!);
      return [detection!];
    },
  );
  return { code, lines: terminal.lines, dir };
}

test(
  'the exit code is 0 only if all defects were caught; for a missed one the text shows why, and its run folder',
  async () => {
    // A user may have set these variables for other runs.
    vi.stubEnv('NODROP_SABOTAGE', 'misroute:17');
    vi.stubEnv('NODROP_RATE', '1');
    const { code, lines, dir } = await commandWith(vanished, true);
    expect(code).toBe(0);
    expect(runsIn(dir)).toEqual([]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      schema: 1,
      live: true,
      seed: 7,
      planted: 1,
      caught: 1,
      detections: [
        { defect: vanished.name, hop: 'store', found: true, blamedRightly: true, twinSilent: true },
      ],
    });
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
