/** Runs on disks that become full while they are under way: each comes to an end that says which file, and what is left. */
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

describe.skipIf(!hasSmallDisks)('a disk that becomes full', () => {
  const elsewhere = (): string => `--store=sqlite:${join(newDir(), 'store.sqlite')}`;
  test.concurrent.for([
    { size: '28k', code: 2, file: /\.(json|bin|sha256|new)/, isTopicLeft: true },
    { size: '64k', code: 2, file: /log\.scan\.new/, isTopicLeft: true },
    { size: '120k', code: 0, file: /report\.html/, isTopicLeft: false },
  ])('of $size: exit code $code', async ({ size, code, file, isTopicLeft }, { expect }) => {
    using disk = smallDisk(size);
    const run = newRun();
    const place = [`--run=${run}`, `--dir=${disk.path}`, elsewhere(), '--timeout=5s'];
    const ended = await nodrop(['run', '--messages=1000', at, ...place]);
    // The summary is wrapped.
    const said = `${ended.stdout}${ended.stderr}`.replaceAll(/\s+/g, ' ');
    expect([ended.code, said]).toEqual([code, expect.stringContaining('ENOSPC: no space left on device')]);
    expect(said).toMatch(new RegExp(`write '${disk.path}/runs/${run}/[^']*${file.source}`));
    expect(said).not.toMatch(/ at \S+ \(|a bug in nodrop/);
    expect(said.includes(`--delete --topic nodrop-${run}`)).toBe(isTopicLeft);
    expect(existsSync(join(disk.path, 'runs', run, 'report.html'))).toBe(false);
  });

  test('without room for the manifest: the producer names the topic that it has made', async () => {
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

  test('that holds the broker, too: the run is judged, and says what came of its files', async () => {
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

test.skipIf(!hasSmallDisks)('stages whose logs cannot be written go on', async () => {
  using disk = smallDisk('4k');
  const log = join(disk.path, 'log');
  writeFileSync(log, '');
  disk.fill();
  const dir = newDir();
  const run = newRun();
  const folder = join(dir, 'runs', run);
  mkdirSync(folder, { recursive: true });
  for (const name of ['producer.log', 'consumer.log']) symlinkSync(log, join(folder, name));
  // Both say on stderr that it is set, and neither does anything about it, since nothing is replayed.
  const talkative = { NODROP_SABOTAGE: 'replay:5' };
  const ended = await nodrop(['run', `--run=${run}`, `--dir=${dir}`, '--messages=50', at], talkative);
  expect(ended).toMatchObject({ code: 2, stdout: expect.stringContaining('Nothing was found wrong') });
});

test('with nowhere to write to, each command still ends with the code of what it did', async () => {
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
