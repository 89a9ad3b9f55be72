import fc from 'fast-check';
import { expect, test } from 'vitest';
import { junitText } from '../../../src/report/ci/junit.ts';
import { exitCodeOf, type Result } from '../../../src/result/result.ts';
import { findingKinds } from '../../../src/result/verdict.ts';
import { readJunit, type JunitCase } from './junit-document.ts';
import { anyResult, driven, lost, passed } from '../results.ts';

const read = (changes: Partial<Result> = {}) => readJunit(junitText({ ...passed, ...changes }));
const named = (cases: readonly JunitCase[], name: string): JunitCase =>
  cases.find((one) => one.name === name)!;
const isRed = ({ state }: JunitCase): boolean => state === 'failure' || state === 'error';
const judged = 'evidence everything could be judged';

test('a pass has a passed case for each kind of finding and one for the evidence', () => {
  const { suite, properties, cases } = read();
  expect(suite).toEqual({
    name: 'nodrop',
    tests: String(findingKinds.length + 1),
    failures: '0',
    errors: '0',
    skipped: '0',
    time: '3.500',
  });
  expect(properties).toEqual({
    run: 'demo',
    topic: 'nodrop-demo',
    seed: '7',
    messages: '1000',
    verdict: 'pass',
    kafka: '4.3.1',
    client: 'a client 1.0.0',
    node: '24.0.0',
  });
  expect(cases.map(({ name }) => name)).toEqual([...findingKinds.map((kind) => `findings ${kind}`), judged]);
  expect(cases.every(({ state, text }) => state === 'passed' && text === '')).toBe(true);
  expect(named(cases, judged).seconds).toBe(0.25);
});

test('a finding fails its case, with blame, cause, count and examples', () => {
  const { suite, cases } = read({ verdict: 'fail', findings: [{ ...lost, cause: 'acks=1' }] });
  expect(suite).toMatchObject({ failures: '1', errors: '0', skipped: '0' });
  expect(cases.filter(isRed)).toEqual([
    {
      name: 'findings lost',
      state: 'failure',
      message: '12 lost (store)',
      text: [
        '12 lost (store), cause acks=1',
        '  p0-126 (completed) at 1:59: not in the store',
        '  p0-127 (failed)',
        '  and 10 more',
      ].join('\n'),
      seconds: 0,
    },
  ]);
});

test('all findings of one kind share a case, with any blame', () => {
  const findings = [lost, { ...lost, blame: 'broker' as const, count: 2, allowed: true as const }];
  const { cases } = read({ verdict: 'fail', findings });
  const { message, text } = named(cases, 'findings lost');
  expect(message).toBe('12 lost (store)');
  expect(text).toContain('2 lost (broker), allowed');
});

test('an allowed finding is shown in its case and does not fail it', () => {
  const { cases, properties } = read({
    findings: [{ ...lost, cause: 'acks=1', allowed: true }],
    allowed: ['acks=1', 'retention'],
  });
  expect(cases.filter(isRed)).toEqual([]);
  const { state, text } = named(cases, 'findings lost');
  expect([state, text]).toEqual([
    'passed',
    expect.stringContaining('12 lost (store), cause acks=1, allowed'),
  ]);
  expect(properties['allowed']).toBe('acks=1,retention');
});

test('an inconclusive run has an error, and its cases of kinds that could not be judged are skipped', () => {
  const sentences = ['The store could not be read.', 'The log has a gap.'];
  const { suite, cases } = read({ verdict: 'inconclusive', notChecked: sentences });
  expect(suite).toMatchObject({ failures: '0', errors: '1', skipped: String(findingKinds.length) });
  expect(named(cases, judged)).toMatchObject({
    state: 'error',
    message: 'Not everything could be judged.',
    text: sentences.join('\n'),
  });
  expect(cases.filter(({ state }) => state === 'passed')).toEqual([]);
  const single = read({ verdict: 'inconclusive', notChecked: sentences.slice(0, 1) });
  expect(named(single.cases, judged).message).toBe(sentences[0]);
});

test('an allowed finding is shown even if the run is inconclusive', () => {
  const findings = [{ ...lost, cause: 'acks=1' as const, allowed: true as const }];
  const { cases } = read({ verdict: 'inconclusive', findings, notChecked: ['The log has a gap.'] });
  const { state, message, text } = named(cases, 'findings lost');
  expect([state, message]).toEqual([
    'skipped',
    'All findings of this kind are allowed, but not everything could be judged.',
  ]);
  expect(text).toContain('12 lost (store), cause acks=1, allowed');
});

test('a stalled finding fails its case, though the run is inconclusive', () => {
  const findings = [{ ...lost, kind: 'stalled' as const }];
  const { cases } = read({ verdict: 'inconclusive', findings, notChecked: ['3 records were not drained.'] });
  expect(cases.filter(isRed).map(({ name }) => name)).toEqual(['findings stalled', judged]);
});

test('unchecked evidence is a skipped case if the run failed, and the text of a passed case if it passed', () => {
  const notChecked = ['The log below offset 7 is gone.'];
  const failed = read({ verdict: 'fail', findings: [lost], notChecked });
  expect(named(failed.cases, judged)).toMatchObject({ state: 'skipped', text: notChecked[0] });
  expect(named(failed.cases, 'findings phantom').state).toBe('skipped');
  expect(named(failed.cases, 'findings lost').state).toBe('failure');
  expect(named(read({ notChecked }).cases, judged)).toMatchObject({ state: 'passed', text: notChecked[0] });
});

test('each fault and threshold has its own case, even if it was given twice', () => {
  const fault = {
    name: 'kill-leader',
    schedule: 'kill-leader@5s',
    target: 'broker 1',
    startMs: 5_000,
    endMs: 8_250,
    tookEffect: true,
    evidence: ['the leader epoch rose to 2'],
  };
  const { cases, suite } = read({
    verdict: 'inconclusive',
    notChecked: ['The fault kill-leader@5s did not take effect.'],
    faults: [fault, { ...fault, tookEffect: false, endMs: null, evidence: ['nobody led'] }],
    thresholds: [
      { threshold: 'stored.p99<30ms', value: 41.27, met: false },
      { threshold: 'acked.rate>=100', value: 1234, met: true },
      { threshold: 'acked.rate>=100', value: null, met: false },
    ],
  });
  expect(cases.slice(findingKinds.length + 1)).toEqual([
    {
      name: 'faults kill-leader@5s took effect',
      state: 'passed',
      message: '',
      text: 'on broker 1\nthe leader epoch rose to 2',
      seconds: 3.25,
    },
    {
      name: 'faults kill-leader@5s took effect (2)',
      state: 'failure',
      message: 'The fault had no observable effect.',
      text: 'on broker 1\nnobody led',
      seconds: 0,
    },
    {
      name: 'thresholds stored.p99<30ms',
      state: 'failure',
      message: 'measured: 41.3 ms',
      text: 'measured: 41.3 ms',
      seconds: 0,
    },
    {
      name: 'thresholds acked.rate>=100',
      state: 'passed',
      message: '',
      text: 'measured: 1 234/s',
      seconds: 0,
    },
    {
      name: 'thresholds acked.rate>=100 (2)',
      state: 'failure',
      message: 'measured: not measured',
      text: 'measured: not measured',
      seconds: 0,
    },
  ]);
  expect(suite).toMatchObject({ tests: String(findingKinds.length + 6), failures: '3', errors: '1' });
});

test('the document is valid, its counts are right, and a case fails exactly if the exit code is not 0', () => {
  fc.assert(
    fc.property(anyResult, (result) => {
      const { suite, cases } = readJunit(junitText(result));
      const countOf = (state: JunitCase['state']): string =>
        String(cases.filter((one) => one.state === state).length);
      expect(suite).toMatchObject({
        tests: String(cases.length),
        failures: countOf('failure'),
        errors: countOf('error'),
        skipped: countOf('skipped'),
      });
      expect(cases.some(isRed)).toBe(exitCodeOf(result) !== 0);
    }),
    { numRuns: 300 },
  );
});

test('characters that XML can hold are read back unchanged', () => {
  const detail = `]]> <a b="c">&amp;</a> 'é😀\ud83d`;
  const { cases } = read({ verdict: 'fail', findings: [{ ...lost, examples: [{ id: 'x', detail }] }] });
  expect(named(cases, 'findings lost').text).toContain(detail.replace(/.$/, '\ufffd'));
});

test('the size of the document is limited, with any result', () => {
  const long = 'x'.repeat(50_000);
  const findings = findingKinds.flatMap((kind) =>
    (['producer', 'broker', 'consumer', 'store', 'unknown'] as const).map((blame) => ({
      kind,
      blame,
      count: 1_000,
      examples: Array.from({ length: 10 }, () => ({ id: long, detail: long })),
    })),
  );
  const notChecked = Array.from({ length: 10_000 }, () => long);
  const text = junitText({ ...passed, verdict: 'fail', findings, notChecked });
  expect(text.length).toBeLessThan(500_000);
  expect(text).toContain('and 9901 more');
});

test("in a user's pipeline, each hop has cases of its own, and a kind that was not compared there is skipped", () => {
  const { suite, properties, cases } = readJunit(junitText(driven));
  expect(suite).toMatchObject({ failures: '2', errors: '0' });
  expect(properties).toMatchObject({ root: 'ledger: from the producer on', pipeline: 'orders' });
  expect(cases.filter(isRed).map(({ name, message }) => [name, message])).toEqual([
    ['findings lost at enriched', '2 lost at enriched (consumer)'],
    ['findings lost at table', '1 lost at table (consumer)'],
  ]);
  expect(junitText(driven)).toContain('<failure type="lost"');
  expect(named(cases, 'findings lost at source').state).toBe('passed');
  expect(named(cases, 'findings misclassified at table')).toMatchObject({
    state: 'skipped',
    message: 'No categories were compared.',
  });
  expect(named(cases, 'findings corrupted at table').state).toBe('passed');
  expect(named(cases, 'findings corrupted at enriched')).toMatchObject({
    state: 'skipped',
    message: 'No values were compared.',
  });
  const at = (kind: string): string[] =>
    cases.map(({ name }) => name).filter((name) => name.startsWith(`findings ${kind} at`));
  expect(at('wrongly-dead-lettered')).toEqual(['findings wrongly-dead-lettered at letters']);
  expect(at('unexpected')).not.toContain('findings unexpected at letters');
  expect(at('stale')).toEqual([]);
});

test('rows of others at a hop leave its phantoms unjudged, and a finding without a hop has a case of its own', () => {
  const { pipeline } = driven;
  const [source, ...rest] = pipeline!.destinations;
  const { cases } = readJunit(
    junitText({
      ...driven,
      pipeline: { ...pipeline!, destinations: [{ ...source!, unrooted: 3 }, ...rest] },
      findings: [{ ...lost, blame: 'unknown' }],
    }),
  );
  expect(named(cases, 'findings phantom at source').message).toBe(
    'Rows of no message of the run were not judged: others write there, too.',
  );
  expect(cases.filter(isRed).map(({ name }) => name)).toEqual(['findings lost']);
});
