/** Files of frames on a full disk, and while they grow. The tests of ledger and journal cover the rest. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { FrameWriter, nothingRead, readFrames, type FrameState } from '../../src/run-folder/frames.ts';

const frames = pathToFileURL(join(import.meta.dirname, '../../src/run-folder/frames.ts')).href;

test('a frame that does not fit on the disk leaves no bytes, and a shorter one may follow', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-frames-')), 'file.bin');
  const script = `
    import { FrameWriter } from '${frames}';
    const writer = new FrameWriter('${path}');
    let refused = '';
    try {
      for (;;) writer.append(Buffer.alloc(92, 1));
    } catch (error) {
      refused = error.code;
    }
    writer.append(Buffer.from([2]));
    writer.close();
    process.stdout.write(refused + ' ' + writer.bytes);
  `;
  // A limit on the file size stands for a full disk: 512 bytes, which is a little more than five frames.
  const limited = 'ulimit -f 1; exec "$@"';
  const args = ['-c', limited, 'sh', process.execPath, '--input-type=module', '-e', script];
  expect(execFileSync('sh', args, { encoding: 'utf8' })).toBe('EFBIG 509');
  const state: FrameState = nothingRead();
  const bodies = [...readFrames(path, state)];
  expect(bodies.map((body) => body.length)).toEqual([92, 92, 92, 92, 92, 1]);
  expect(state).toEqual({ torn: false, bytes: 509 });
  expect(statSync(path).size).toBe(509);
});

test('reading a growing file continues where it ended, and then yields a frame that was cut short before', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodrop-frames-'));
  const [whole, growing] = [join(folder, 'whole.bin'), join(folder, 'growing.bin')];
  const writer = new FrameWriter(whole);
  // Some frames are longer than the read buffer.
  const lengths = [3, 70_000, 5, 200_000, 9];
  lengths.forEach((length, index) => writer.append(Buffer.alloc(length, index)));
  writer.close();
  const bytes = readFileSync(whole);
  writeFileSync(growing, '');
  const state = nothingRead();
  const found: [number, number][] = [];
  for (let at = 0; at < bytes.length; at += 7_001) {
    appendFileSync(growing, bytes.subarray(at, at + 7_001));
    for (const body of readFrames(growing, state)) found.push([body.length, body.at(-1)!]);
    expect(state.torn).toBe(state.bytes < statSync(growing).size);
  }
  expect(found).toEqual(lengths.map((length, index) => [length, index]));
  expect(state).toEqual({ torn: false, bytes: bytes.length });
});

test('frames behind damage are not read, even in a second attempt', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-frames-')), 'file.bin');
  const writer = new FrameWriter(path);
  for (const byte of [1, 2, 3]) writer.append(Buffer.from([byte]));
  writer.close();
  const bytes = readFileSync(path);
  bytes[17] = 9;
  writeFileSync(path, bytes);
  const state = nothingRead();
  expect([...readFrames(path, state)]).toEqual([Buffer.from([1])]);
  expect(state.damage).toContain('fails its checksum');
  expect([...readFrames(path, state)]).toEqual([]);
});
