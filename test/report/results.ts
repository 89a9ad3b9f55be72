/** Results for tests of reports: a plain one, and random ones that an audit may have, with hostile texts. */
import fc from 'fast-check';
import {
  noMeasurements,
  noTimings,
  type DestinationSummary,
  type FaultRecord,
  type Result,
} from '../../src/result/result.ts';
import { causes, findingKinds, type Example, type Finding } from '../../src/result/verdict.ts';

/** A run that passed. */
export const passed: Result = {
  schema: 1,
  verdict: 'pass',
  run: { id: 'demo', seed: 7, topic: 'nodrop-demo', messages: 1000, batchSize: 100 },
  evidence: { ledger: 'whole', log: 'whole', journal: 'whole', store: 'whole' },
  ledger: { sent: 1000, acked: 1000, rejected: 0, unknown: 0, unsent: 0 },
  acknowledged: { right: 1000, wrong: 0, lost: 0, unjudged: 0 },
  log: { records: 1000 },
  store: { rows: 1000, byCategory: { failed: 400, completed: 600 }, deadLetters: 0 },
  counts: {
    redelivered: 0,
    foreign: 0,
    rejected: 0,
    unsent: 0,
    unknownWritten: 0,
    unknownNotWritten: 0,
    refusedWrites: 0,
    repeated: 0,
    superseded: 0,
    unrooted: 0,
    dropped: 0,
  },
  states: {
    failed: { sent: 400, acked: 400, logged: 400, delivered: 400, written: 400 },
    completed: { sent: 600, acked: 600, logged: 600, delivered: 600, written: 600 },
  },
  partitions: [{ partition: 0, start: 0, end: 1000, stored: 1000, committed: 1000, lag: 0 }],
  confusion: { failed: { failed: 400 }, completed: { completed: 600 } },
  findings: [],
  notChecked: [],
  allowed: [],
  faults: [],
  ...noMeasurements(),
  timings: { ...noTimings(), auditMs: 250, totalMs: 3_500 },
  thresholds: [],
  environment: { kafka: '4.3.1', client: 'a client 1.0.0', node: '24.0.0', java: null },
};

/** A run of a user's pipeline that failed: two are lost at a hop, and one more at the sink behind it. */
export const driven: Result = {
  ...passed,
  verdict: 'fail',
  root: 'ledger',
  provenance: {
    ledger: 'made',
    source: 'read',
    enriched: 'read',
    table: 'read',
    letters: 'read',
    commits: 'reported',
  },
  run: { id: 'demo', seed: 7, topic: 'orders', messages: 1000, batchSize: null },
  pipeline: {
    name: 'orders',
    source: 'topic:orders',
    drops: { 'test orders are filtered': 10 },
    destinations: [
      destination('source', { kind: 'source', rows: 'records', location: 'topic:orders' }),
      destination('letters', { rows: 'records', from: 'source', deadLetters: true, expected: 0, found: 0 }),
      destination('enriched', { kind: 'hop', rows: 'records', from: 'source', expected: 990, found: 988 }),
      destination('table', {
        from: 'enriched',
        expected: 990,
        found: 987,
        forms: { id: 'as text', 'json:amount=column:amount': 'as numbers' },
      }),
    ],
  },
  acknowledged: { right: 997, wrong: 0, lost: 3, unjudged: 0 },
  findings: [
    {
      kind: 'lost',
      blame: 'consumer',
      hop: 'enriched',
      count: 2,
      examples: [{ id: 'demo-17' }, { id: 'demo-18' }],
    },
    {
      kind: 'lost',
      blame: 'consumer',
      hop: 'table',
      count: 1,
      examples: [{ id: 'demo-19', detail: 'not in table' }],
    },
  ],
  states: {},
  partitions: [],
  confusion: {},
};

function destination(name: string, change: Partial<DestinationSummary>): DestinationSummary {
  return {
    name,
    kind: 'sink',
    location: `postgres://localhost/${name}`,
    rows: 'rows',
    from: null,
    rule: 'once',
    id: 'column:id',
    group: null,
    deadLetters: false,
    expected: 1000,
    found: 1000,
    unrooted: 0,
    looks: 1,
    forms: { id: 'as text' },
    ...change,
  };
}

export const lost: Finding = {
  kind: 'lost',
  blame: 'store',
  count: 12,
  examples: [
    { id: 'p0-126', state: 'completed', partition: 1, offset: 59, detail: 'not in the store' },
    { id: 'p0-127', state: 'failed' },
  ],
};

/** Texts that readers of reports could mistake for markup or commands, or fail on. */
const nasty = fc.oneof(
  fc.constantFrom(
    ']]>',
    '<failure/>',
    '&amp;&#0;',
    '"\'',
    '\r\n',
    '\u0000\u001b[31m',
    '\ud800',
    '\udc00\ud800',
    '\ufffe\uffff',
    '\u0085\u2028',
    '::error::x',
    '\n::stop-commands::x',
    '##[add-mask]x',
    '%0A%25',
    'title=a,b:c',
    '😀',
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
);
const text = fc.oneof(
  fc.array(nasty, { maxLength: 4 }).map((parts) => parts.join('')),
  nasty.map((part) => part.repeat(700)),
);

const example: fc.Arbitrary<Example> = fc.record(
  { id: text, state: text, partition: fc.nat(), offset: fc.nat(), detail: text },
  { requiredKeys: [] },
);
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    kind: fc.constantFrom(...findingKinds),
    blame: fc.constantFrom('producer', 'broker', 'consumer', 'store', 'unknown'),
    count: fc.integer({ min: 1, max: 100_000_000 }),
    examples: fc.array(example, { maxLength: 4 }),
    cause: fc.constantFrom(...causes),
    allowed: fc.constant(true as const),
  },
  { requiredKeys: ['kind', 'blame', 'count', 'examples'] },
);
const fault: fc.Arbitrary<FaultRecord> = fc.record({
  name: fc.constant('poison'),
  schedule: fc.constantFrom('poison@1s', 'kill-broker:1@2s+3s'),
  target: fc.option(text),
  startMs: fc.option(fc.nat()),
  endMs: fc.option(fc.nat()),
  tookEffect: fc.boolean(),
  evidence: fc.array(text, { maxLength: 3 }),
});
const threshold = fc.record({
  threshold: fc.constantFrom('stored.p99<30ms', 'acked.rate>=5000', 'stored.count > 7', 'total.time<=2m'),
  value: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
  met: fc.boolean(),
});

/** The result with the verdict that follows from its other fields. */
export const anyResult: fc.Arbitrary<Result> = fc
  .record({
    id: text,
    topic: fc.option(text),
    findings: fc.array(finding, { maxLength: 20 }),
    notChecked: fc.array(
      text.map((what) => `There was ${what}`),
      { maxLength: 15 },
    ),
    isWhole: fc.boolean(),
    faults: fc.array(fault, { maxLength: 4 }),
    thresholds: fc.array(threshold, { maxLength: 14 }),
    totalMs: fc.option(fc.nat()),
  })
  .map(({ id, topic, isWhole, totalMs, findings, faults, ...rest }) => {
    const isFailed = findings.some(({ kind, allowed }) => kind !== 'stalled' && allowed !== true);
    const isStalled = findings.some(({ kind }) => kind === 'stalled');
    const isJudged = isWhole && !isStalled && faults.every(({ tookEffect }) => tookEffect);
    return {
      ...passed,
      ...rest,
      findings,
      faults,
      verdict: isFailed ? 'fail' : isJudged ? 'pass' : 'inconclusive',
      run: { ...passed.run, id, topic },
      timings: { ...passed.timings, totalMs },
    };
  });
