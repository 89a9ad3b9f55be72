/** Processes that misbehave: what they print and leave behind is bounded, and nothing of them outlives its end. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProcessConfig } from '../../src/config/config.ts';
import {
  alive,
  newFolder,
  program,
  shell,
  startUserProcesses,
  type Started,
} from '../fixtures/user-processes.ts';

async function started(processes: Record<string, ProcessConfig>): Promise<Started> {
  const all = await startUserProcesses(processes);
  onTestFinished(() => all.stop());
  return all;
}

const logOf = (all: Started, name: string): Buffer => readFileSync(join(all.logFolder, `${name}.log`));

test('binary output goes to the log byte for byte, and does not hide the line that is waited for', async () => {
  const source = `
    process.stdout.write(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    process.stdout.write('\\nready\\n');
    setInterval(() => {}, 1000)`;
  const all = await started({ worker: program(source) });
  const log = logOf(all, 'worker-0');
  expect(log.subarray(0, 256)).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
  expect(all.all[0]!.tail()).toMatch(/ready$/);
  expect(all.all[0]!.tail()).not.toMatch(/[\u0000-\u0009\u001b]/);
});

test('lines come together from halves, and behind a line of 5 MB the next is heard', async () => {
  const source = `
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    (async () => {
      process.stdout.write('rea');
      await wait();
      process.stdout.write('dy\\n' + 'x'.repeat(5e6) + '\\n{"type":"point",');
      await wait();
      process.stdout.write('"name":"half"}\\n');
      setInterval(() => console.log('{"type":"point","name":"half"}'), 20);
    })()`;
  const all = await started({ worker: program(source) });
  await all.all[0]!.untilAt('half', AbortSignal.timeout(20_000));
  expect(logOf(all, 'worker-0').length).toBeGreaterThan(5e6);
});

test('a process that prints nothing, and is ready when it has started, has an empty log', async () => {
  const all = await started({ worker: { command: ['sleep', '60'] } });
  expect(logOf(all, 'worker-0')).toEqual(Buffer.alloc(0));
  expect(all.all[0]!.tail()).toBe('');
});

test('a command that starts a daemon and exits is no process that stays, and its daemon is ended', async () => {
  const starting = startUserProcesses({ worker: shell('sleep 61 & echo $!; exit 0') });
  const error = (await starting.catch((reason: unknown) => reason)) as Error & { hint: string };
  expect(error.message).toMatch(/^worker ended with exit code 0 before it was ready/);
  expect(await alive([Number(error.hint)])).toEqual([]);
});

/** Prints the id of a process that has left the group and the session, and has another parent. */
const daemon = `sh -c 'setsid sleep 62 >/dev/null 2>&1 & echo $!'`;

test.runIf(process.platform === 'linux')(
  'a daemon that has left the group of its process is suspended, killed and stopped with it',
  async () => {
    const all = await started({ worker: shell(`${daemon}; echo ready; sleep 62`) });
    const [worker] = all.all;
    const pidOf = async (): Promise<number> =>
      await vi.waitFor(() => {
        const pid = worker!.pids!().find(
          (each) => commandOf(each) === 'sleep 62' && groupOf(each) !== worker!.pid,
        );
        return pid ?? Promise.reject(new Error('there is no daemon yet'));
      });
    const first = await pidOf();
    worker!.suspend();
    await vi.waitFor(() => expect(stateOf(first)).toBe('T'));
    await worker!.kill();
    expect(await alive([first])).toEqual([]);
    await worker!.start();
    const second = await pidOf();
    expect(await worker!.stop()).toBe('was ended by SIGTERM after SIGTERM');
    expect(await alive([second])).toEqual([]);
  },
);

const statOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
const stateOf = (pid: number): string => statOf(pid)[0]!;
const groupOf = (pid: number): number => Number(statOf(pid)[2]);
const commandOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'nothing outlives nodrop when it dies of %s: neither forks nor what ignores signals',
  async (signal) => {
    const folder = newFolder();
    const fixture = new URL('../fixtures/user-processes.ts', import.meta.url).href;
    const escape = process.platform === 'linux' ? daemon : ':';
    const command = `trap "" TERM HUP INT; sleep 63 & echo $$ $! $(${escape}); echo ready; while :; do sleep 1; done`;
    const script = `
      const { startUserProcesses } = await import(${JSON.stringify(fixture)});
      const all = await startUserProcesses({ worker: ${JSON.stringify(shell(command))} });
      console.log(JSON.stringify([all.all[0].logFile, ...all.all[0].pids()]));
      setInterval(() => {}, 1000);`;
    const nodrop = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: nodrop.stdout }), 'line')) as [string];
    const [logFile, ...pids] = JSON.parse(line) as [string, ...number[]];
    const printed = readFileSync(logFile, 'utf8').split('\n')[0]!.split(' ').map(Number);
    expect(await alive([...pids, ...printed])).toHaveLength(pids.length + printed.length);
    nodrop.kill(signal);
    await vi.waitFor(async () => expect(await alive([...pids, ...printed])).toEqual([]), 10_000);
  },
);

test('nodrop does not wait for an output that a stranger keeps open', async () => {
  const all = await started({
    // The stranger has left the group, and its environment has no mark.
    worker: shell(`env -i setsid sleep 3 & echo ready; exec sleep 60`),
  });
  const begunAt = performance.now();
  await all.stop();
  expect(performance.now() - begunAt).toBeLessThan(3_000);
});
