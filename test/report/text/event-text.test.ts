/** How the events of a timeline look: wrong ones stand out, and unknown ones are not shown as wrong. */
import { describe, expect, test } from 'vitest';
import { eventText, type Look } from '../../../src/report/text/event-text.ts';
import { gap, type Timeline, type TimelineEvent } from '../../../src/explain/timeline.ts';
import type { SingleFinding } from '../../../src/result/verdict.ts';

const place = { partition: 1, offset: 42 };
const steps: TimelineEvent[] = [
  { hop: 'intent', time: 1, id: 'p0-17', producer: 'p0', session: 0 },
  {
    hop: 'log',
    time: 2,
    id: 'p0-17',
    ...place,
    copy: 1,
    session: 0,
    isAborted: false,
    isCrcBad: false,
    differs: [],
  },
  { hop: 'delivery', time: 3, ...place, consumer: 1, epoch: 1, count: 1 },
  { hop: 'written', time: 4, ...place, consumer: 1, category: 'failed' },
];
const noRow = gap.nothing('row', 'no row of it');

const timelineOf = (timeline: TimelineEvent[], change: Partial<Timeline> = {}): Timeline => ({
  run: 'demo',
  topic: 't',
  asked: 'p0-17',
  id: 'p0-17',
  expected: { state: 'failed', key: 'k', payloadBytes: 9, producer: 'p0', sequence: 17 },
  timeline,
  asExpected: true,
  findings: [],
  audit: { verdict: 'fail', time: 9 },
  kcat: null,
  dumpLog: null,
  note: null,
  ...change,
});
const looksOf = (timeline: Timeline): Look[] =>
  timeline.timeline.map((event) => eventText(event, timeline).look);
const lostBy = (blame: SingleFinding['blame']): Partial<Timeline> => ({
  findings: [{ kind: 'lost', blame, id: 'p0-17' }],
});

describe('in the timeline of a message that was lost', () => {
  test('by the store, only the row is wrong', () => {
    const looks = looksOf(timelineOf([...steps, noRow], lostBy('store')));
    expect(looks).toEqual(['fact', 'fact', 'fact', 'fact', 'wrong']);
  });

  test('by the consumer, the missing write or delivery is wrong, too', () => {
    const unwritten = { ...steps[3], category: null } as TimelineEvent;
    const looks = looksOf(timelineOf([...steps.slice(0, 3), unwritten, noRow], lostBy('consumer')));
    expect(looks).toEqual(['fact', 'fact', 'fact', 'wrong', 'wrong']);
    const skipped = [gap.nothing('delivery', 'none'), gap.nothing('written', 'none'), noRow];
    expect(looksOf(timelineOf(skipped, lostBy('consumer')))).toEqual(['wrong', 'wrong', 'wrong']);
  });

  test('by the broker, the missing record is wrong, and the missing delivery is not', () => {
    const missing = [gap.nothing('log', 'no record of it'), gap.nothing('delivery', 'none'), noRow];
    expect(looksOf(timelineOf(missing, lostBy('broker')))).toEqual(['wrong', 'absent', 'wrong']);
  });
});

test('without a finding, a missing record or row is absent, not wrong', () => {
  expect(looksOf(timelineOf([gap.nothing('log', 'no record of it'), noRow]))).toEqual(['absent', 'absent']);
});

test('an event without evidence is unknown, not wrong', () => {
  const timeline = timelineOf([gap.missing('log', 'the topic was not scanned to its end')]);
  expect(eventText(timeline.timeline[0]!, timeline)).toEqual({
    label: 'log',
    look: 'unknown',
    text: 'not known: the topic was not scanned to its end',
  });
});

test('before the audit, a missing record or row is not known yet', () => {
  const unscanned = (['log', 'commit'] as const).map((hop) => gap.missing(hop, 'the topic was not scanned'));
  const gaps = [...unscanned, noRow];
  const timeline = timelineOf([...steps.slice(0, 1), ...gaps], { audit: null });
  expect(looksOf(timeline)).toEqual(['fact', 'unknown', 'unknown', 'unknown']);
  expect(timeline.timeline.slice(1).map((event) => eventText(event, timeline).text)).toEqual([
    'not yet known: the topic is scanned for the audit',
    'not yet known: the topic is scanned for the audit',
    'not yet: no row of it',
  ]);
  const other = { hop: 'dead-letter', time: 5, ...place, reason: 'no JSON' } as const;
  expect(looksOf(timelineOf([other], { audit: null }))).toEqual(['wrong']);
});

test('a dead letter is wrong for a message of the run, and not for a foreign record without a finding', () => {
  const letter: TimelineEvent = { hop: 'dead-letter', time: 5, ...place, reason: 'no JSON' };
  expect(looksOf(timelineOf([letter]))).toEqual(['wrong']);
  const nobody = { expected: null, id: '1:42', asked: '1:42' };
  expect(looksOf(timelineOf([letter], nobody))).toEqual(['fact']);
  const found = { ...nobody, findings: [{ kind: 'phantom', blame: 'unknown' } as const] };
  expect(looksOf(timelineOf([letter], found))).toEqual(['wrong']);
});

test("in a user's pipeline, a message is missing wrongly where it was lost, and nowhere behind or beside it", () => {
  const noneAt = (sink: string): TimelineEvent => ({
    ...gap.nothing('sink-row', `${sink}: not there`),
    sink,
  });
  const timeline = timelineOf([noneAt('letters'), noneAt('enriched'), noneAt('table')], {
    pipeline: 'orders',
    findings: [{ kind: 'lost', blame: 'consumer', hop: 'enriched', id: 'p0-17' }],
  });
  expect(looksOf(timeline)).toEqual(['absent', 'wrong', 'absent']);
  expect(eventText(timeline.timeline[0]!, timeline).label).toBe('hop');
});
