/** Evidence of a topic's messages, judged in parts. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/audit/evidence.ts';
import { auditParts } from '../../../src/audit/judge/audit.ts';
import type { Audit, SingleFinding } from '../../../src/result/verdict.ts';
import { asTopic } from './as-topic.ts';
import { buildEvidence, type History } from './build-evidence.ts';
import { auditHistory, healthyHistory } from './healthy-history.ts';
import { randomHistories } from './random-histories.ts';

const hashOf = (text: string): number =>
  Buffer.from(text).reduce((hash, byte) => (hash * 31 + byte) % 65_537, 7);

/** What decides the part: all messages of a key are in one, if the store has a row for each key. */
function identityOf({ rule, messages, log }: History, id: string): string {
  if (rule !== 'latest') return id;
  const recorded = log.find((line) => line.id === id && typeof line.key === 'string');
  return messages[id]?.key ?? recorded?.key ?? id;
}

/** All that a history says of the ids of each part; lines without an id stand where the message at their place does. */
function split(history: History, count: number): History[] {
  const partOf = (id: string): number => hashOf(identityOf(history, id)) % count;
  const ownerAt = new Map(history.log.map(({ id, at }) => [at, id]));
  const isIn = (part: number) => (line: { id?: string | undefined; at?: string | undefined }) =>
    partOf(line.id ?? ownerAt.get(line.at ?? '') ?? 'm0') === part;
  return Array.from({ length: count }, (_, part) => ({
    ...history,
    messages: Object.fromEntries(Object.entries(history.messages).filter(([id]) => partOf(id) === part)),
    sends: history.sends.filter(isIn(part)),
    log: history.log.filter(isIn(part)),
    rows: history.rows.filter(isIn(part)),
  }));
}

async function judged(parts: History[]): Promise<{ audit: Audit; told: string[] }> {
  const told: string[] = [];
  // A part alone may not know the cause.
  const withoutCause = (key: string, value: unknown): unknown => (key === 'cause' ? undefined : value);
  const note = (finding: SingleFinding): unknown => told.push(JSON.stringify(finding, withoutCause));
  const audit = await auditParts(parts.map(buildEvidence), { onFinding: note });
  return { audit, told: told.sort() };
}

test('evidence in 64 parts has the same result as in one', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomHistories(40, 30),
      fc.boolean(),
      fc.boolean(),
      async (drawn, hasAllRanges, isEmpty) => {
        const history = asTopic({ ...drawn, hasAllRanges, ...(isEmpty && { rows: [] }) });
        const whole = await judged(split(history, 1));
        expect(await judged(split(history, 64))).toEqual(whole);
      },
    ),
    { numRuns: 2_000, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false },
  );
});

test('the examples are the first by place, then by id, whichever part they come from', async () => {
  const topic = asTopic(healthyHistory());
  const ids = Array.from({ length: 15 }, (_, index) => `s${99 - index}`);
  const history: History = {
    ...topic,
    messages: {
      ...topic.messages,
      ...Object.fromEntries(ids.map((id) => [id, { state: 'failed', planned: false }])),
    },
    rows: [...topic.rows, ...ids.map((id) => ({ id, category: 'failed' }))],
  };
  for (const count of [1, 5, 64]) {
    const { findings } = (await judged(split(history, count))).audit;
    expect(findings.map(({ kind, blame, count }) => [kind, blame, count])).toEqual([
      ['phantom', 'consumer', 15],
    ]);
    expect(findings[0]!.examples.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 10));
  }
  expect((await auditHistory(history)).findings[0]!.examples).toHaveLength(10);
});

test('the first ten of thirty lost messages are named, whichever part they are in', async () => {
  const places = Array.from({ length: 30 }, (_, index) => ({ id: `m${(index * 7) % 30}`, at: `0:${index}` }));
  const topic: History = {
    ...healthyHistory(),
    root: 'log',
    messages: Object.fromEntries(places.map(({ id }) => [id, { state: 'failed', planned: true }])),
    sends: places.map((place) => ({ ...place, outcome: 'acked' })),
    log: places,
    rows: [],
    ranges: [{ partition: 0, start: 0, end: 30, base: 0, compacted: false }],
    positions: { 0: 30 },
  };
  for (const count of [1, 5, 64]) {
    const { findings } = (await judged(split(topic, count))).audit;
    expect(findings).toMatchObject([{ kind: 'lost', blame: 'consumer', count: 30 }]);
    expect(findings[0]!.examples.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
  expect((await auditHistory(topic)).findings[0]!.examples).toHaveLength(10);
});

describe('if one of several parts is not whole,', () => {
  const parts = (): History[] => split(asTopic(healthyHistory()), 4);

  test('the verdict is inconclusive and names it once', async () => {
    const [first, ...others] = parts();
    const { audit } = await judged([{ ...first!, missing: ['store'] }, ...others]);
    expect(audit).toMatchObject({ verdict: 'inconclusive', evidence: { store: 'torn', log: 'whole' } });
    expect(audit.notChecked).toEqual(['The evidence of the store is not whole: cut short.']);
  });

  test('nothing is known to stand beyond the end of its log', async () => {
    const [first, ...others] = parts();
    const beyond = (part: History): History => ({ ...part, positions: { 0: 20 } });
    const whole = await judged([beyond(first!), ...others.map(beyond)]);
    expect(whole.audit.findings).toMatchObject([{ kind: 'overcommitted', count: 1 }]);
    const torn = await judged([{ ...beyond(first!), missing: ['log'] }, ...others.map(beyond)]);
    expect(torn.audit.findings).toEqual([]);
    expect(torn.audit.verdict).toBe('inconclusive');
  });
});

test('a part is taken only after the part before it was judged', async () => {
  const steps: string[] = [];
  async function* parts(): AsyncIterable<Evidence> {
    for (const [index, part] of split(asTopic(healthyHistory()), 2).entries()) {
      steps.push(`take ${index}`);
      const evidence = buildEvidence(part);
      const { store } = evidence;
      const batches = (): ReturnType<(typeof store)['batches']> => {
        steps.push(`read ${index}`);
        return store.batches();
      };
      yield { ...evidence, store: { ...store, batches } };
    }
  }
  await auditParts(parts());
  expect(steps).toEqual(['take 0', 'read 0', 'take 1', 'read 1']);
});

test('a part is let go of before the next is taken', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const taken: WeakRef<Evidence>[] = [];
  let kept = 0;
  // A generator would keep what it has yielded.
  const parts: AsyncIterator<Evidence> = {
    next: async () => {
      await setImmediate();
      collectGarbage();
      kept += taken.filter((part) => part.deref() !== undefined).length;
      if (taken.length === 3) return { done: true, value: undefined };
      const value = buildEvidence(asTopic(healthyHistory()));
      taken.push(new WeakRef(value));
      return { done: false, value };
    },
  };
  const { ledger } = await auditParts({ [Symbol.asyncIterator]: () => parts });
  expect([ledger.acked, kept]).toEqual([12, 0]);
});

test('evidence whose root is the ledger is not judged in parts', async () => {
  const parts = [healthyHistory(), healthyHistory()].map(buildEvidence);
  await expect(auditParts(parts)).rejects.toThrow('a ledger in parts');
});
