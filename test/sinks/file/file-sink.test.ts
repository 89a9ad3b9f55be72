import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openFileSink } from '../../../src/sinks/file/sink.ts';
import { openSinkAt, placesOf, readSink } from '../../fixtures/sink-rows.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'nodrop-files-'));
const line = (id: number | string): string => `${JSON.stringify({ id })}\n`;
const idsOf = async (location: string): Promise<(string | null)[]> =>
  (await readSink(openFileSink, { location: location }, 'json:id')).rows.flat();

describe('patterns', () => {
  test('files are read in the order of their names, through folders, and nothing else is read', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'day=2'));
    mkdirSync(join(folder, 'x.jsonl'));
    writeFileSync(join(folder, 'b.jsonl'), line('b'));
    writeFileSync(join(folder, 'a.jsonl'), line('a'));
    writeFileSync(join(folder, 'day=2', 'c.jsonl'), line('c'));
    writeFileSync(join(folder, '.hidden.jsonl'), line('hidden'));
    writeFileSync(join(folder, '_SUCCESS'), '');
    expect(await idsOf(`file:${folder}/**/*.jsonl`)).toEqual(['a', 'b', 'c']);
    expect(await idsOf(`file:${folder}/{a,b}.jsonl`)).toEqual(['a', 'b']);
  });

  test('a file whose name looks like a pattern is read by its name', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a[1].jsonl'), line(1));
    writeFileSync(join(folder, 'a1.jsonl'), line(2));
    expect(await idsOf(`file:${folder}/a[1].jsonl`)).toEqual(['1']);
  });

  test('a folder is refused with the pattern that would do', async () => {
    const folder = newFolder();
    await expect(openSinkAt(openFileSink, `file:${folder}`)).rejects.toMatchObject({
      code: 'usage',
      message: `${folder} is a folder without files that nodrop reads.`,
    });
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', 'rows.csv.gz'), '');
    await expect(openSinkAt(openFileSink, `file:${folder}`)).rejects.toMatchObject({
      code: 'usage',
      message: `${folder} is a folder.`,
      hint: `Name its files: --sink 'file:${folder}/**/*.csv.gz'`,
    });
  });

  test('files of several kinds, unknown kinds and no file at all are refused', async () => {
    const folder = newFolder();
    const opened = (pattern: string) => openSinkAt(openFileSink, `file:${folder}/${pattern}`);
    await expect(opened('*.jsonl')).rejects.toMatchObject({
      code: 'usage',
      message: `No file matches ${folder}/*.jsonl.`,
    });
    await expect(opened('a.jsonl')).rejects.toMatchObject({
      code: 'usage',
      message: `No file matches ${folder}/a.jsonl.`,
    });
    writeFileSync(join(folder, 'a.jsonl'), line(1));
    writeFileSync(join(folder, 'a.jsonl.gz'), gzipSync(line(1)));
    await expect(opened('*')).rejects.toMatchObject({
      code: 'usage',
      message: `${folder}/* matches files of several kinds: ${folder}/a.jsonl and ${folder}/a.jsonl.gz.`,
    });
    writeFileSync(join(folder, 'a.orc'), '');
    await expect(opened('a.orc')).rejects.toMatchObject({
      code: 'usage',
      message: `${folder}/a.orc has no ending that nodrop reads.`,
    });
    execFileSync('mkfifo', [join(folder, 'pipe.jsonl')]);
    await expect(opened('pipe.jsonl')).rejects.toMatchObject({
      code: 'usage',
      message: `${folder}/pipe.jsonl is not a regular file.`,
    });
  });

  test.each([
    ['a symbolic link', symlinkSync],
    ['a hard link', linkSync],
  ])('%s to a file that is read is refused: its rows would count twice', async (_, link) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'b.jsonl'), line(1));
    link(join(folder, 'b.jsonl'), join(folder, 'latest.jsonl'));
    await expect(openSinkAt(openFileSink, `file:${folder}/*.jsonl`)).rejects.toMatchObject({
      code: 'usage',
      message: `${folder}/b.jsonl and ${folder}/latest.jsonl are the same file: its rows would count twice.`,
    });
    expect(await idsOf(`file:${folder}/latest.jsonl`)).toEqual(['1']);
  });

  test('a link to a file that is not there is not passed over', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.jsonl'), line(1));
    symlinkSync('missing.jsonl', join(folder, 'b.jsonl'));
    await expect(openSinkAt(openFileSink, `file:${folder}/*.jsonl`)).rejects.toMatchObject({
      code: 'unavailable',
      message: `${folder}/b.jsonl is a link to a file that is not there.`,
    });
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be read is not passed over', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'closed'), { mode: 0o300 });
    writeFileSync(join(folder, 'a.jsonl'), line(1));
    await expect(openSinkAt(openFileSink, `file:${folder}/**/*.jsonl`)).rejects.toMatchObject({
      code: 'unavailable',
      message: `The folder ${folder}/closed cannot be read: permission denied.`,
    });
  });

  test('SQL does not go with files', async () => {
    for (const options of [{ query: 'select 1' }, { table: 'orders' }]) {
      await expect(openSinkAt(openFileSink, 'file:a.jsonl', options)).rejects.toMatchObject({
        code: 'usage',
      });
    }
  });
});

describe('compressed files', () => {
  const written = (content: Buffer): string => {
    const path = join(newFolder(), 'rows.jsonl.gz');
    writeFileSync(path, content);
    return path;
  };
  const many = Array.from({ length: 20_000 }, (_, id) => line(id)).join('');

  test('are read as they are, also if several are one behind the other', async () => {
    const path = written(Buffer.concat([gzipSync(many), gzipSync(line('end'))]));
    const { rows, reading } = await readSink(openFileSink, { location: `file:${path}` }, 'json:id');
    expect(rows).toHaveLength(20_001);
    expect(rows.at(-1)).toEqual(['end']);
    expect(reading.estimate).toBeGreaterThan(15_000);
    expect(reading.estimate).toBeLessThan(25_000);
  });

  test('CSV may be compressed, too', async () => {
    const path = join(newFolder(), 'rows.csv.gz');
    writeFileSync(path, gzipSync('id,n\n1,\n'));
    expect(
      (await readSink(openFileSink, { location: `file:${path}` }, 'column:id', 'column:n')).rows,
    ).toEqual([['1', null]]);
  });

  test.each([
    ['cut off', gzipSync(many).subarray(0, -9), 'the file is cut off within its compressed data.'],
    ['empty', Buffer.alloc(0), 'the file is cut off within its compressed data.'],
    ['not compressed', Buffer.from(line(1)), 'its compressed data is damaged: incorrect header check.'],
    [
      'damaged where a second part begins',
      Buffer.concat([gzipSync(line(1)), Buffer.of(0), gzipSync(line(2)).subarray(1)]),
      'byte 29 begins no compressed data.',
    ],
    [
      'followed by many zeros',
      Buffer.concat([gzipSync(line(1)), Buffer.alloc(2 ** 21)]),
      'byte 29 begins no compressed data.',
    ],
  ])('if the data is %s, that is no empty end', async (_, content, message) => {
    const path = written(content);
    await expect(idsOf(`file:${path}`)).rejects.toMatchObject({
      code: 'unavailable',
      message: `${path}: ${message}`,
    });
  });
});

describe('files that change while they are read', () => {
  /** What the reading says after `change` was made between two batches. */
  async function noSnapshotAfter(change: (folder: string) => void): Promise<[string, string | undefined]> {
    const folder = newFolder();
    for (const name of ['a', 'b']) {
      writeFileSync(
        join(folder, `${name}.jsonl`),
        Array.from({ length: 10_000 }, (_, id) => line(id)).join(''),
      );
    }
    const sink = await openSinkAt(openFileSink, `file:${folder}/*.jsonl`);
    const reading = await sink.open(placesOf(['json:id']));
    let batches = 0;
    for await (const _ of reading.batches()) if (++batches === 4) change(folder);
    expect(batches).toBeGreaterThan(4);
    return [folder, reading.noSnapshot];
  }

  test('are one snapshot if they stay as they are', async () => {
    expect((await noSnapshotAfter(() => undefined))[1]).toBeUndefined();
  });

  test.each([
    ['grows', (folder: string) => appendFileSync(join(folder, 'a.jsonl'), line(7)), 'a.jsonl changed'],
    ['is removed', (folder: string) => rmSync(join(folder, 'a.jsonl')), 'a.jsonl vanished'],
    ['is added', (folder: string) => writeFileSync(join(folder, 'c.jsonl'), ''), 'c.jsonl was added'],
    [
      'is replaced by one of the same size',
      (folder: string) => {
        writeFileSync(join(folder, 'new'), Array.from({ length: 10_000 }, (_, id) => line(id)).join(''));
        renameSync(join(folder, 'new'), join(folder, 'a.jsonl'));
      },
      'a.jsonl changed',
    ],
  ])('are no snapshot if one %s', async (_, change, message) => {
    const [folder, noSnapshot] = await noSnapshotAfter(change);
    expect(noSnapshot).toBe(`${folder}/${message} while the files were read.`);
  });

  test('if a file vanishes before its turn, its rows are missing, and that is an error', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.jsonl'), Array.from({ length: 10_000 }, (_, id) => line(id)).join(''));
    writeFileSync(join(folder, 'b.jsonl'), line(1));
    const sink = await openSinkAt(openFileSink, `file:${folder}/*.jsonl`);
    const reading = await sink.open(placesOf(['json:id']));
    const all = (async () => {
      for await (const _ of reading.batches()) rmSync(join(folder, 'b.jsonl'), { force: true });
    })();
    await expect(all).rejects.toMatchObject({
      code: 'unavailable',
      message: `${folder}/b.jsonl: the file vanished before it was read.`,
    });
  });

  test('if a Parquet file becomes shorter, that is an error', async () => {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const path = join(newFolder(), 'a.parquet');
    const data = Array.from({ length: 10_000 }, (_, id) => `order-${id}`);
    writeFileSync(
      path,
      Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'id', data }], rowGroupSize: 5000 })),
    );
    const sink = await openSinkAt(openFileSink, `file:${path}`);
    const reading = await sink.open(placesOf(['column:id']));
    const all = (async () => {
      for await (const _ of reading.batches()) truncateSync(path, 100);
    })();
    await expect(all).rejects.toMatchObject({
      code: 'unavailable',
      message: `${path}: the file is damaged: it became shorter while it was read.`,
    });
  });
});

test('a reading that is stopped ends with interrupted', async () => {
  const path = join(newFolder(), 'a.jsonl');
  writeFileSync(path, Array.from({ length: 10_000 }, (_, id) => line(id)).join(''));
  const stop = new AbortController();
  const sink = await openSinkAt(openFileSink, `file:${path}`, { signal: stop.signal });
  const reading = await sink.open(placesOf(['json:id']));
  const all = (async () => {
    for await (const _ of reading.batches()) stop.abort();
  })();
  await expect(all).rejects.toMatchObject({ code: 'interrupted' });
});
