/** Settings that may lose acknowledged messages, with faults that make them do so. */
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { commandOf } from '../fixtures/example-command.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const dir = newDir();

async function run(args: readonly string[]): Promise<{ code: number | null; result: Result }> {
  const { code, stdout, stderr } = await nodrop(['run', ...args, '--json', '--quiet', `--dir=${dir}`]);
  expect(stdout, stderr).not.toBe('');
  const result = JSON.parse(stdout) as Result;
  expect(
    result.faults.every(({ tookEffect }) => tookEffect),
    stdout,
  ).toBe(true);
  return { code, result };
}

test('with acks=1 a dying leader loses acked messages that no follower had, with the cause acks=1', async () => {
  const args = commandOf('acks-1');
  const { code, result } = await run(args);
  expect(code, JSON.stringify(result)).toBe(1);
  expect(result.findings.length).toBeGreaterThan(0);
  for (const { kind, blame, cause } of result.findings) {
    expect(['lost', 'offset-conflict']).toContain(kind);
    expect({ blame, cause }).toEqual({ blame: 'broker', cause: 'acks=1' });
  }

  const again = await nodrop(['verify', result.run.id, '--json', `--dir=${dir}`, '--allow=acks=1,retention']);
  expect(again.code).toBe(0);
  const allowed = JSON.parse(again.stdout) as Result;
  expect(allowed).toMatchObject({ verdict: 'pass', allowed: ['acks=1', 'retention'] });
  expect(allowed.findings.every((finding) => finding.allowed === true)).toBe(true);

  const other = await nodrop(['verify', result.run.id, '--json', `--dir=${dir}`, '--allow=retention']);
  expect(other.code).toBe(1);
});

test('with acks=all the same faults lose nothing', async () => {
  const args = commandOf('acks-1').filter((arg) => arg !== '-X' && arg !== 'acks=1');
  const { code, result } = await run(args);
  expect(result).toMatchObject({ verdict: 'pass', findings: [] });
  expect(code).toBe(0);
});

test('lost messages and offset conflicts after an unclean election have the cause unclean-election', async () => {
  const { code, result } = await run(commandOf('unclean-election'));
  expect(code, JSON.stringify(result)).toBe(1);
  for (const { kind, blame, cause } of result.findings) {
    expect(['lost', 'offset-conflict']).toContain(kind);
    expect({ blame, cause }).toEqual({ blame: 'broker', cause: 'unclean-election' });
  }
});
