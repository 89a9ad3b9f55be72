import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findRun, listRuns } from '../../src/run-folder/find-run.ts';
import { RunFolder, type Manifest } from '../../src/run-folder/run-folder.ts';
import { checkSeal, seal } from '../../src/run-folder/seal.ts';

const manifest: Manifest = {
  schema: 1,
  id: 'a',
  seed: 1,
  topic: 't',
  topicId: 'id',
  topicCreated: true,
  group: 'g',
  bootstrapServers: '127.0.0.1:1',
  producers: { p0: 10 },
  batchSize: 10,
  payloadBytes: 200,
  states: [{ name: 'failed', weight: 1 }],
  base: { '0': 0 },
  createdAt: 1,
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodrop-runs-'));
});

test('a manifest is written once, and a second run of that id is refused and changes nothing', () => {
  const folder = new RunFolder(dir, 'a');
  folder.create();
  expect(folder.readManifest()).toBeUndefined();
  folder.writeManifest(manifest);
  const before = readFileSync(folder.manifest);
  expect(() => folder.writeManifest({ ...manifest, seed: 2 })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
  expect(() => folder.refuseIfUsed()).toThrow(/exists already/);
  expect(readFileSync(folder.manifest)).toEqual(before);
  expect(readdirSync(folder.path)).toEqual(['run.json', 'run.json.sha256']);
  expect(folder.readManifest()).toEqual(manifest);
});

test('the latest run is the one that began last, and the error for an unknown run names others', () => {
  for (const [index, id] of ['b', 'a', 'c'].entries()) {
    const folder = new RunFolder(dir, id);
    folder.create();
    folder.writeManifest({ ...manifest, id });
    utimesSync(folder.manifest, 1000 + index, 1000 + index);
  }
  mkdirSync(join(dir, 'runs', '.hidden'));
  writeFileSync(join(dir, 'runs', 'file'), '');
  expect(listRuns(dir).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  expect(findRun(dir, undefined).id).toBe('c');
  expect(findRun(dir, 'a').id).toBe('a');
  expect(() => findRun(dir, 'x')).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('b, a, c') }),
  );
  expect(() => findRun(join(dir, 'nowhere'), undefined)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a symbolic link to the folder of a run is listed as a run, and any other link is not', () => {
  const elsewhere = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-runs-')), 'far');
  elsewhere.create();
  elsewhere.writeManifest({ ...manifest, id: 'far' });
  new RunFolder(dir, 'near').create();
  const runs = join(dir, 'runs');
  symlinkSync(elsewhere.path, join(runs, 'far'));
  symlinkSync(join(dir, 'nothing'), join(runs, 'broken'));
  symlinkSync(join(runs, 'circle'), join(runs, 'circle'));
  symlinkSync(elsewhere.manifest, join(runs, 'file'));
  expect(listRuns(dir).map(({ id }) => id)).toEqual(expect.arrayContaining(['far', 'near']));
  expect(listRuns(dir)).toHaveLength(2);
  expect(findRun(dir, 'far').readManifest()!.id).toBe('far');
});

test('a seal is intact until a byte of its file changes', async () => {
  const path = join(dir, 'evidence.bin');
  writeFileSync(path, 'as it was');
  expect(await checkSeal(path)).toBe('none');
  await seal(path);
  expect(await checkSeal(path)).toBe('intact');
  writeFileSync(path, 'as it wos');
  expect(await checkSeal(path)).toBe('broken');
});
