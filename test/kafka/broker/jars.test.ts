import { createHash } from 'node:crypto';
import { lutimes, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { cacheFolder, removeStalePartials } from '../../../src/kafka/broker/cache-folder.ts';
import { kafkaCacheState, kafkaClasspath, verifyJars } from '../../../src/kafka/broker/jars.ts';
import { mavenFailure } from '../../../src/kafka/broker/maven.ts';
import { defaultVersion } from '../../../src/kafka/broker/versions.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

const sums = new Map(
  ['a.jar', 'b.jar'].map((name) => [name, createHash('sha256').update(name).digest('hex')]),
);

test.each([
  ['NODROP_CACHE', 'Name another folder with NODROP_CACHE.'],
  ['KAFKA_HOME', 'Move Kafka to another folder.'],
])('a %s with a colon in its path is refused, since the class path could not hold it', async (name, hint) => {
  vi.stubEnv('KAFKA_HOME', '');
  vi.stubEnv(name, join(dir, 'a:b'));
  await expect(kafkaClasspath()).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(join(dir, 'a:b')) as string,
    hint,
  });
  expect(await readdir(dir)).toEqual([]);
});

test('jars that match their pinned checksums are accepted, with their sizes', async () => {
  for (const name of sums.keys()) await writeFile(join(dir, name), name);
  expect(await verifyJars(dir, sums)).toEqual({ 'a.jar': 5, 'b.jar': 5 });
});

test('a jar with another checksum is refused with an error that names it', async () => {
  await writeFile(join(dir, 'a.jar'), 'a.jar');
  await writeFile(join(dir, 'b.jar'), 'B.jar');
  await expect(verifyJars(dir, sums)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'b.jar is not the file that nodrop pins: its SHA-256 differs.',
  });
});

test('the error for a missing jar names it', async () => {
  await expect(verifyJars(dir, sums)).rejects.toThrow('Maven did not deliver a.jar.');
});

test('an empty cache is reported as not present', async () => {
  vi.stubEnv('NODROP_CACHE', dir);
  expect(await kafkaCacheState()).toMatchObject({
    path: expect.stringContaining(dir),
    present: false,
    bytes: 0,
  });
});

describe('a cache that an earlier version of nodrop has filled', () => {
  let earlier: string;
  let names: string[];
  beforeEach(async () => {
    vi.stubEnv('NODROP_CACHE', dir);
    earlier = join(dir, `kafka-${defaultVersion}`);
    const pins = new URL(`../../../kafka/${defaultVersion}/SHA256SUMS`, import.meta.url);
    names = (await readFile(pins, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(66));
  });

  async function fill(jars: readonly string[]): Promise<void> {
    await mkdir(earlier);
    for (const name of jars) await writeFile(join(earlier, name), 'jar');
    const sizes = Object.fromEntries(jars.map((name) => [name, 3]));
    await writeFile(join(earlier, 'sizes.json'), JSON.stringify(sizes));
  }

  test('is used if it has the jars that this one pins', async () => {
    await fill(names);
    expect(await kafkaCacheState()).toEqual({ path: earlier, present: true, bytes: 3 * names.length });
    await writeFile(join(earlier, names[0]!), 'damaged');
    expect(await kafkaCacheState()).toMatchObject({ present: false });
  });

  test.each<[string, (names: readonly string[]) => string[]]>([
    ['fewer jars', (names) => names.slice(1)],
    ['as many jars, and one of them another', (names) => ['other-1.0.jar', ...names.slice(1)]],
  ])('keeps its folder if it has %s: this one fills another', async (_, change) => {
    await fill(change(names));
    const { path, present } = await kafkaCacheState();
    expect(present).toBe(false);
    expect(path).toMatch(/kafka-[\d.]+-[0-9a-f]{8}$/);
    expect(path.startsWith(`${earlier}-`)).toBe(true);
  });
});

test("a user's folder in place of the cache is not replaced", async () => {
  vi.stubEnv('NODROP_CACHE', dir);
  vi.stubEnv('KAFKA_HOME', '');
  const { path } = await kafkaCacheState();
  await mkdir(join(path, 'libs'), { recursive: true });
  await writeFile(join(path, 'mine.jar'), 'mine');
  await expect(kafkaClasspath()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('it holds what nodrop did not make (libs, mine.jar)'),
  });
  expect((await readdir(path)).toSorted()).toEqual(['libs', 'mine.jar']);
});

test('only old download folders that nodrop itself made are removed from the cache', async () => {
  const path = join(dir, 'kafka');
  const stale = `${path}.partial-00000000-0000-0000-0000-000000000000`;
  const linked = `${path}.partial-00000000-0000-0000-0000-000000000001`;
  const mixed = `${path}.partial-00000000-0000-0000-0000-000000000002`;
  const elsewhere = join(dir, 'elsewhere');
  for (const folder of [stale, mixed, elsewhere, `${path}.partial-mine`]) {
    await mkdir(folder);
    await writeFile(join(folder, 'a.jar'), 'a');
  }
  await mkdir(join(mixed, 'mine'));
  await symlink(elsewhere, linked);
  for (const old of [stale, mixed, `${path}.partial-mine`]) await utimes(old, 1, 1);
  await lutimes(linked, 1, 1);
  await removeStalePartials(path);
  expect((await readdir(dir)).toSorted()).toEqual(
    [elsewhere, linked, mixed, `${path}.partial-mine`].map((left) => basename(left)).toSorted(),
  );
  expect(await readdir(elsewhere)).toEqual(['a.jar']);
  expect(await readdir(mixed)).toEqual(['mine']);
});

test.runIf(process.platform === 'linux')(
  'the cache is in XDG_CACHE_HOME, or in ~/.cache if that is empty or relative',
  () => {
    vi.stubEnv('NODROP_CACHE', '');
    vi.stubEnv('XDG_CACHE_HOME', '/xdg');
    expect(cacheFolder()).toBe('/xdg/nodrop');
    vi.stubEnv('XDG_CACHE_HOME', 'relative');
    expect(cacheFolder()).toBe(join(homedir(), '.cache', 'nodrop'));
  },
);

test.each([
  ['Cannot access mirror (somewhere) in offline mode and the artifact a:b:jar:1', 'set to work offline'],
  ['transfer failed: host.example: Name or service not known', 'cannot be resolved'],
  ['Connect to host.example:443 failed: Connection timed out', 'cannot be reached'],
  ['PKIX path building failed: unable to find valid certification path', 'does not trust'],
  ['transfer failed, status: 401 Unauthorized', 'refused'],
  ['Could not find artifact a:b:jar:1 in somewhere', 'lacks one of the artifacts'],
  ['something new', 'run it by hand'],
])('the Maven error "%s" is explained', (line, sentence) => {
  expect(mavenFailure(['[INFO] Scanning', `[ERROR] ${line}`])).toContain(sentence);
});
