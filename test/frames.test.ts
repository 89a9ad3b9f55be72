/** What a full disk does to a file of frames. The rest is tested with the ledger and the journal. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readFrames, type FrameState } from '../src/frames.ts';

const frames = pathToFileURL(join(import.meta.dirname, '../src/frames.ts')).href;

test('a frame for which there is no room leaves nothing of itself, and a shorter one may follow', () => {
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
  // The size to which a file may grow stands for the room on a disk: 512 bytes, five frames and a bit.
  const limited = 'ulimit -f 1; exec "$@"';
  const args = ['-c', limited, 'sh', process.execPath, '--input-type=module', '-e', script];
  expect(execFileSync('sh', args, { encoding: 'utf8' })).toBe('EFBIG 509');
  const state: FrameState = { torn: false };
  const bodies = [...readFrames(path, state)];
  expect(bodies.map((body) => body.length)).toEqual([92, 92, 92, 92, 92, 1]);
  expect(state).toEqual({ torn: false });
  expect(statSync(path).size).toBe(509);
});
