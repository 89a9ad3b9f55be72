/** The text of a timeline: it fits a terminal and is harmless there, with any evidence. */
import { expect, test } from 'vitest';
import { explainLines } from '../../../src/report/terminal/explain-lines.ts';
import type { Palette } from '../../../src/report/text/colours.ts';
import type { Timeline, TimelineEvent } from '../../../src/explain/timeline.ts';

const as = (text: string): string => text;
const plain: Palette = { good: as, bad: as, doubtful: as, strong: as, faint: as };

const base: Timeline = {
  run: 'demo',
  topic: 'nodrop-demo',
  asked: 'p0-17',
  id: 'p0-17',
  expected: { state: 'failed', key: 'customer-0001', payloadBytes: 200, producer: 'p0', sequence: 17 },
  timeline: [],
  asExpected: true,
  findings: [],
  audit: { verdict: 'pass', time: Date.UTC(2026, 10, 27, 14, 3, 12) },
  kcat: null,
  dumpLog: null,
  note: null,
};

const linesOf = (change: Partial<Timeline>): string[] => explainLines({ ...base, ...change }, plain);

const place = { partition: 1, offset: 42 };
const intent: TimelineEvent = { hop: 'intent', time: 1_000, id: 'p0-17', producer: 'p0', session: 0 };
const record = {
  hop: 'log',
  id: 'p0-17',
  ...place,
  copy: 1,
  session: 0,
  isAborted: false,
  isCrcBad: false,
} as const;
const row = { hop: 'row', id: 'p0-17', category: 'failed', ...place } as const;

test('each event has a line, under its day, and missing evidence is described in words', () => {
  const lines = linesOf({
    timeline: [
      intent,
      { ...record, time: 86_400_000, differs: [] },
      { hop: 'delivery', time: null, missing: 'no consumer kept a journal for this store' },
      { hop: 'row', time: null, nothing: 'no row of it' },
      { hop: 'row', time: null, more: 7 },
    ],
    asExpected: false,
  });
  expect(lines).toEqual([
    '  p0-17 of run demo, topic nodrop-demo',
    '  Expected: failed, key customer-0001, payload of 200 bytes.',
    '',
    '  1970-01-01, UTC',
    '  00:00:01.000  intent       p0, session 0, was about to send it',
    '  1970-01-02, UTC',
    '  00:00:00.000  log          1:42, as expected',
    '                delivered    not known: no consumer kept a journal for this',
    '                             store',
    '                row          no row of it',
    '                row          at least 7 more',
    '',
    '  The audit of 2026-11-27 14:03:12 UTC found nothing wrong with it, but could',
    '  not judge what looks odd.',
  ]);
});

test('the text does not say that nothing is wrong if evidence for a verdict is missing', () => {
  const timeline: TimelineEvent[] = [
    intent,
    { hop: 'log', time: null, missing: 'the topic was not scanned' },
  ];
  expect(linesOf({ timeline }).slice(-2)).toEqual([
    '  The audit of 2026-11-27 14:03:12 UTC has no finding about it, but some of its',
    '  evidence is missing: see above.',
  ]);
});

test('findings are shown with their blame, cause and detail', () => {
  const finding = { kind: 'lost', blame: 'consumer', id: 'p0-17', detail: 'not in the store' } as const;
  const lines = linesOf({ timeline: [intent], findings: [finding, { ...finding, cause: 'acks=1' }] });
  expect(lines.slice(-5)).toEqual([
    '  The audit of 2026-11-27 14:03:12 UTC found:',
    '    lost, blame: consumer',
    '      not in the store',
    '    lost, blame: consumer, cause acks=1',
    '      not in the store',
  ]);
});

test.each<[string, Partial<Timeline>]>([
  ['  Nothing is wrong with it.', { timeline: [intent] }],
  [
    '  It was planned but never sent.',
    { timeline: [{ hop: 'intent', time: null, nothing: 'it was never sent' }] },
  ],
  ['  The run did not plan it.', { expected: null, timeline: [{ ...row, time: null, differs: null }] }],
  ['  The run has no known message at this position.', { expected: null, id: '1:42', asked: '1:42' }],
  ['  p0-17 of run demo, topic nodrop-demo, asked for as 1:42', { asked: '1:42' }],
])('the text of a timeline has the line: %s', (line, change) => {
  expect(linesOf(change)).toContain(line);
});

test('a long command is split over lines with backslashes, so that a shell reads it whole', () => {
  const kcat = "kcat -C -b 127.0.0.1:41207 -t nodrop-ebbd66279 -p 0 -o 7 -c 1 -e -f '%o of %t\\n%s\\n'";
  const lines = linesOf({ kcat, timeline: [intent] });
  expect(lines.slice(-2)).toEqual([
    '    kcat -C -b 127.0.0.1:41207 -t nodrop-ebbd66279 -p 0 -o 7 -c 1 -e \\',
    "      -f '%o of %t\\n%s\\n'",
  ]);
});

test('lines fit 80 columns and hold no control characters, with any evidence', () => {
  const hostile = `\u001b[2J\u0007\u202e${'x'.repeat(500)} \n\t${'y'.repeat(90)}`;
  const timeline: TimelineEvent[] = [
    { ...record, time: NaN, id: hostile, differs: [hostile] },
    { ...record, time: 8.64e15 + 1, differs: [hostile, hostile] },
    { hop: 'written', time: 1, ...place, consumer: 1, category: hostile },
    { ...row, time: null, id: hostile, category: hostile, differs: [hostile] },
    { hop: 'dead-letter', time: 0, ...place, reason: hostile },
    { hop: 'row', time: null, missing: hostile },
  ];
  const finding = { kind: 'phantom', blame: 'store', id: hostile, detail: hostile } as const;
  for (const change of [{}, { id: hostile, asked: hostile, expected: null }]) {
    const lines = linesOf({ timeline, findings: [finding], ...change });
    for (const line of lines) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  }
});
