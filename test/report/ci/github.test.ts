import fc from 'fast-check';
import { expect, test } from 'vitest';
import { githubLines } from '../../../src/report/ci/github.ts';
import type { Result } from '../../../src/result/result.ts';
import { anyResult, driven, lost, passed } from '../results.ts';

const lines = (changes: Partial<Result> = {}): string[] => githubLines({ ...passed, ...changes });

test('a pass is a single notice with the sentence of the verdict', () => {
  expect(lines()).toEqual([
    '::notice title=nodrop demo%3A PASS::1 000 of 1 000 acknowledged messages are stored once, in the right category, byte for byte.',
  ]);
});

test('a finding is an error, an allowed finding is a notice, and the verdict comes last', () => {
  const findings = [
    lost,
    { ...lost, blame: 'broker' as const, cause: 'acks=1' as const, allowed: true as const, count: 2 },
  ];
  expect(lines({ verdict: 'fail', findings })).toEqual([
    '::error title=nodrop demo%3A 12 lost (store)::12 lost (store)%0A  p0-126 (completed) at 1:59: not in the store%0A  p0-127 (failed)%0A  and 10 more',
    '::notice title=nodrop demo%3A 2 lost (broker)::2 lost (broker), cause acks=1, allowed%0A  p0-126 (completed) at 1:59: not in the store%0A  p0-127 (failed)',
    '::notice title=nodrop demo%3A FAIL::12 lost (store), 2 lost (broker).',
  ]);
});

test('unchecked evidence is a warning unless the run passed, and a missed threshold is an error', () => {
  const notChecked = ['100 % of the log is gone: all.'];
  expect(lines({ verdict: 'inconclusive', notChecked }).slice(0, -1)).toEqual([
    '::warning title=nodrop demo%3A not checked::100 %25 of the log is gone: all.',
  ]);
  expect(lines({ notChecked })).toHaveLength(1);
  const thresholds = [{ threshold: 'stored.p99<30ms', value: 41.27, met: false }];
  expect(lines({ thresholds })[0]).toBe(
    '::error title=nodrop demo%3A threshold missed::stored.p99<30ms: 41.3 ms',
  );
});

/** Parses a line like GitHub's runner. */
function parse(line: string): { level: string; title: string; message: string } {
  const [, level = '', title = '', message = ''] = /^::(\w+) title=([^:,]*)::(.*)$/s.exec(line) ?? [];
  const unescape = (text: string): string =>
    ['%0D', '%0A', '%3A', '%2C', '%25'].reduce(
      (result, code) => result.replaceAll(code, decodeURIComponent(code)),
      text,
    );
  return { level, title: unescape(title), message: unescape(message) };
}

test('each annotation is one line and GitHub shows them all, with any texts in the result', () => {
  fc.assert(
    fc.property(anyResult, (result) => {
      const all = githubLines(result);
      expect(all.filter((line) => /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line))).toEqual([]);
      const parsed = all.map(parse);
      expect(parsed.every(({ title, message }) => title.startsWith('nodrop ') && message !== '')).toBe(true);
      for (const level of ['error', 'warning', 'notice']) {
        expect(parsed.filter((one) => one.level === level).length).toBeLessThanOrEqual(10);
      }
      expect(parsed.at(-1)).toMatchObject({ level: 'notice' });
      expect(parsed.at(-1)!.title.endsWith(`: ${result.verdict.toUpperCase()}`)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("the annotations of a run of a user's pipeline name the hops, and what was read", () => {
  const [enriched, table, last] = githubLines(driven);
  expect(enriched).toMatch(/^::error title=nodrop demo%3A 2 lost at enriched \(consumer\)::/);
  expect(table).toContain('demo-19: not in table');
  expect(last).toMatch(
    /%0Anodrop made the messages and read source, letters, enriched, table; commits are what groups report$/,
  );
});
