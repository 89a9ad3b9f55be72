/** Processes that print more than anyone reads, and logs on a disk that is full. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ProcessConfig } from '../../src/config/config.ts';
import { program, startUserProcesses, type Started } from '../fixtures/user-processes.ts';
import { hasSmallDisks, smallDisk } from '../fixtures/small-disk.ts';

async function started(processes: Record<string, ProcessConfig>): Promise<Started> {
  const all = await startUserProcesses(processes);
  onTestFinished(() => all.stop());
  return all;
}

const logOf = (all: Started, name: string): Buffer => readFileSync(join(all.logFolder, `${name}.log`));

test('lines come together from halves, and a line of 100 MB costs neither memory nor the next line', async () => {
  const source = `
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    (async () => {
      process.stdout.write('rea');
      await wait();
      process.stdout.write('dy\\n{"type":"point",');
      await wait();
      const piece = Buffer.alloc(1e6, 'x');
      for (let i = 0; i < 100; i++) {
        if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      process.stdout.write('\\n');
      setInterval(() => console.log('{"type":"point","name":"done"}'), 20);
    })()`;
  const all = await started({ worker: program(source) });
  const before = process.memoryUsage().rss;
  await all.all[0]!.untilAt('done', AbortSignal.timeout(20_000));
  expect(process.memoryUsage().rss - before).toBeLessThan(90e6);
  expect(statSync(all.all[0]!.logFile).size).toBeLessThan(65 * 1024 * 1024);
  const tail = all.all[0]!.tail();
  expect(tail.length).toBeLessThan(20 * 501);
  expect(tail).toContain('done');
});

test('a process that prints without end is neither held up nor kept whole, and its begin and end are in the log', async () => {
  const source = `
    console.log('ready and begun');
    const piece = Buffer.alloc(64 * 1024, 'y\\n');
    let bytes = 0;
    (function go() {
      while (bytes < 200e6) {
        bytes += piece.length;
        if (!process.stdout.write(piece)) return process.stdout.once('drain', go);
      }
      console.error('all is said');
      setInterval(() => console.log('{"type":"point","name":"said"}'), 20);
    })()`;
  const all = await started({ worker: program(source) });
  await all.all[0]!.untilAt('said', AbortSignal.timeout(20_000));
  const log = logOf(all, 'worker-0');
  expect(log.length).toBeLessThan(65 * 1024 * 1024);
  const text = log.toString('latin1');
  expect(text.startsWith('ready and begun\ny\ny\n')).toBe(true);
  expect(text).toContain('all is said');
  const [, leftOut] = /\n\u00e2\u0080\u00a6 (\d+) bytes are left out here/.exec(text)!;
  expect(Number(leftOut)).toBeGreaterThan(130e6);
  expect(text.match(/bytes are left out here/g)).toHaveLength(1);
});

test.runIf(hasSmallDisks)(
  'a full disk ends the log, and neither the process nor what its errors say',
  async () => {
    using disk = smallDisk('256k');
    const source = `
    console.log('ready');
    process.stdout.write('z'.repeat(1e6) + '\\n', () => {
      setInterval(() => console.log('{"type":"point","name":"after"}'), 20);
    })`;
    const logFolder = join(disk.path, 'processes');
    const all = await startUserProcesses({ worker: program(source) }, { logFolder });
    try {
      await all.all[0]!.untilAt('after', AbortSignal.timeout(20_000));
      expect(all.notes).toEqual([expect.stringMatching(/worker-0.log is not written any more: ENOSPC/)]);
      expect(all.all[0]!.tail()).toContain('after');
    } finally {
      await all.stop();
    }
  },
);
