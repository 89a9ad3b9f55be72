import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcessLog } from '../../src/processes/process-log.ts';
import { newFolder } from '../fixtures/user-processes.ts';

const bytesMax = 1_000;
const marker = /\n… (\d+) bytes are left out here …\n/;

/** Writes pieces of these lengths, of numbered letters; returns all that was written, and the file. */
function written(lengths: readonly number[]): { all: string; file: string; tail: string } {
  const log = new ProcessLog(join(newFolder(), 'x.log'), () => expect.unreachable(), bytesMax);
  let all = '';
  for (const length of lengths) {
    const piece = Array.from({ length }, (_, i) => String.fromCharCode(97 + ((all.length + i) % 26))).join(
      '',
    );
    log.write(Buffer.from(piece));
    all += piece;
  }
  log.close();
  return { all, file: readFileSync(log.path, 'utf8'), tail: log.tail() };
}

test('a log up to its limit is whole; beyond it, the middle is left out and its bytes are counted', () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 3_000 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(lengths, (given) => {
      const { all, file } = written(given);
      const [found = '', leftOut = '0'] = marker.exec(file) ?? [];
      const head = file.slice(0, file.indexOf(found));
      const end = file.slice(head.length + found.length);
      expect(found === '').toBe(all.length <= bytesMax);
      expect(all.startsWith(head) && all.endsWith(end) && !marker.test(end)).toBe(true);
      expect(head.length + Number(leftOut) + end.length).toBe(all.length);
      expect(Buffer.byteLength(file)).toBeLessThanOrEqual(bytesMax + 60);
    }),
    { numRuns: 200 },
  );
});

test('the tail has the last lines, cut to a length, without control characters', () => {
  const log = new ProcessLog(join(newFolder(), 'x.log'), () => expect.unreachable());
  log.write(Buffer.from(`${Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n')}\n\u001b[2J\n`));
  const lines = log.tail().split('\n');
  log.close();
  expect(lines).toHaveLength(20);
  expect(lines.slice(-2)).toEqual(['line 99', '\ufffd[2J']);
});

test('a log that is closed takes no more, and its tail goes on', () => {
  const log = new ProcessLog(join(newFolder(), 'x.log'), () => expect.unreachable());
  log.close();
  log.write(Buffer.from('after the end\n'));
  expect(log.tail()).toBe('after the end');
  expect(readFileSync(log.path, 'utf8')).toBe('');
});
