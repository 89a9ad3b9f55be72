import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';

import { runCommand } from '../../src/system/run-program.ts';
import { spawnSupervised } from '../../src/system/supervise.ts';

const timeoutMs = 10_000;
const shell = (script: string) => spawnSupervised('sh', ['-c', script], { output: 'pipe' });

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('spawnSupervised gives the output and the exit code of a command', async () => {
  const child = await shell('echo out; echo err >&2; exit 7');
  expect(await text(child.output!)).toBe('out\nerr\n');
  expect(await child.exited).toBe(7);
});

test('standard error comes apart if it is asked for', async () => {
  const child = await spawnSupervised('sh', ['-c', 'echo out; echo err >&2; exit 7'], {
    output: 'pipe',
    errors: 'pipe',
  });
  expect(await Promise.all([text(child.output!), text(child.errors!)])).toEqual(['out\n', 'err\n']);
  expect(await child.exited).toBe(7);
});

test('arguments reach the command unchanged', async () => {
  const { lines } = await runCommand('printf', ['%s\n', 'a b', '$HOME', `"'`, ''], { timeoutMs });
  expect(lines).toEqual(['a b', '$HOME', `"'`, '']);
});

test('a missing command has exit code 127', async () => {
  expect((await runCommand('no-such-command', [], { timeoutMs })).code).toBe(127);
});

test('end() lets a command finish on SIGTERM, and kills one that does not finish', async () => {
  const polite = await shell('trap "exit 3" TERM; echo ready; while :; do sleep 0.01; done');
  await once(polite.output!, 'data');
  expect(await polite.end(timeoutMs)).toBe(3);

  const stubborn = await shell('trap "" TERM; echo ready; while :; do sleep 0.01; done');
  await once(stubborn.output!, 'data');
  expect(await stubborn.end(50)).toBe(137);
  expect(isRunning(stubborn.pid)).toBe(false);
});

test('a deadline and an abort end a command', async () => {
  await expect(runCommand('sleep', ['60'], { timeoutMs: 50 })).rejects.toThrow(
    'sleep did not end within 0.05 s.',
  );
  const controller = new AbortController();
  const running = runCommand('sh', ['-c', 'echo ready; sleep 60'], {
    timeoutMs,
    signal: controller.signal,
    onLine: () => controller.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
});

test.each(['SIGKILL', 'SIGTERM'] as const)('a command dies when its parent dies of %s', async (signal) => {
  const module = fileURLToPath(new URL('../../src/system/supervise.ts', import.meta.url));
  const script = `
    const { spawnSupervised } = await import(${JSON.stringify(module)});
    const child = await spawnSupervised('sh', ['-c', 'trap "" TERM; while :; do sleep 0.01; done'], { output: 'pipe' });
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  expect(isRunning(pid)).toBe(true);
  parent.kill(signal);
  await vi.waitUntil(() => !isRunning(pid), { timeout: 5000, interval: 10 });
});
