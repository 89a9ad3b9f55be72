/** Runs whose disk becomes full: each ends, names the file, and says what is left. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { hasSmallDisks, smallDisk } from '../fixtures/small-disk.ts';
import { newDir, nodrop, program } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `r${randomUUID().slice(0, 8)}`;

describe.skipIf(!hasSmallDisks)('on a disk that becomes full', () => {
  const elsewhere = (): string => `--store=sqlite:${join(newDir(), 'store.sqlite')}`;
  test.concurrent.for([
    { size: '28k', code: 2, file: /\.(json|bin|sha256|new)/, isTopicLeft: true },
    { size: '64k', code: 2, file: /log\.scan\.new/, isTopicLeft: true },
    { size: '120k', code: 0, file: /report\.html/, isTopicLeft: false },
  ])(
    'of $size, a run ends with exit code $code and names the file',
    async ({ size, code, file, isTopicLeft }, { expect }) => {
      using disk = smallDisk(size);
      const run = newRun();
      const place = [`--run=${run}`, `--dir=${disk.path}`, elsewhere(), '--timeout=5s'];
      const ended = await nodrop(['run', '--messages=1000', at, ...place]);
      // The summary is wrapped, so line breaks are replaced.
      const said = `${ended.stdout}${ended.stderr}`.replaceAll(/\s+/g, ' ');
      expect([ended.code, said]).toEqual([code, expect.stringContaining('ENOSPC: no space left on device')]);
      expect(said).toMatch(new RegExp(`write '${disk.path}/runs/${run}/[^']*${file.source}`));
      expect(said).not.toMatch(/ at \S+ \(|a bug in nodrop/);
      expect(said.includes(`--delete --topic nodrop-${run}`)).toBe(isTopicLeft);
      expect(existsSync(join(disk.path, 'runs', run, 'report.html'))).toBe(false);
    },
  );

  test('without room for the manifest, produce fails and names the topic that it has created', async () => {
    using disk = smallDisk('4k');
    const run = newRun();
    const { code, stderr } = await nodrop(['produce', `--run=${run}`, `--dir=${disk.path}`, at]);
    const manifest = join(disk.path, 'runs', run, 'run.json');
    expect([code, stderr]).toEqual([
      69,
      expect.stringContaining(`no space left on device, write '${manifest}'`),
    ]);
    expect(stderr).toContain(`--delete --topic nodrop-${run}`);
  });

  test('that holds the broker too, a run is inconclusive and names the result that was not written', async () => {
    using disk = smallDisk('12m');
    const run = newRun();
    const place = [`--run=${run}`, `--dir=${disk.path}`, elsewhere(), '--timeout=8s'];
    const { code, stdout, stderr } = await nodrop([
      'run',
      '--messages=60000',
      '--payload-bytes=1000',
      ...place,
    ]);
    expect([code, stdout]).toEqual([2, expect.stringContaining('INCONCLUSIVE')]);
    expect(stderr).toContain(
      `The result was not written: ENOSPC: no space left on device, write '${join(disk.path, 'runs', run, 'result.json')}'.`,
    );
    expect(stderr).toContain(`To remove the run: nodrop clean --all --dir ${disk.path}`);
  });
});

test.skipIf(!hasSmallDisks)('producer and consumer finish if their logs cannot be written', async () => {
  using disk = smallDisk('4k');
  const log = join(disk.path, 'log');
  writeFileSync(log, '');
  disk.fill();
  const dir = newDir();
  const run = newRun();
  const folder = join(dir, 'runs', run);
  mkdirSync(folder, { recursive: true });
  for (const name of ['producer.log', 'consumer.log']) symlinkSync(log, join(folder, name));
  // With it, both stages write a line to their logs. The defect has no effect, since nothing is replayed.
  const talkative = { NODROP_SABOTAGE: 'replay:5' };
  const ended = await nodrop(['run', `--run=${run}`, `--dir=${dir}`, '--messages=50', at], talkative);
  expect(ended).toMatchObject({ code: 2, stdout: expect.stringContaining('Nothing was found wrong') });
});

test('with stdout and stderr on a full device, each command still ends with exit code 0', async () => {
  const [dir, run] = [newDir(), newRun()];
  const place = [`--run=${run}`, `--dir=${dir}`];
  for (const args of [
    ['produce', '--messages=50', at, ...place],
    ['consume', '--until-drained', '--json', at, ...place],
    ['verify', run, '--json', at, `--dir=${dir}`],
    ['run', '--messages=50', '--json', at, `--run=${newRun()}`, `--dir=${dir}`],
  ]) {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', full, full] });
    closeSync(full);
    expect([args[0], (await once(child, 'exit'))[0]]).toEqual([args[0], 0]);
  }
});
