/** Small histories, drawn at random: most lines are about one place of each message, and few are wrong. */
import fc from 'fast-check';
import type { Rule } from '../../../src/audit/rules.ts';
import { transactionEnds } from '../../../src/run-folder/ledger/outcome.ts';
import {
  parsePlace,
  type History,
  type HopName,
  type LogLine,
  type Row,
  type Send,
  type Subject,
  type Write,
} from './build-evidence.ts';

const partitions = [0, 1, 2];

/** Mostly the first, so that most histories have only one fault. */
const mostly = <T>(value: T, others: fc.Arbitrary<T>, weight = 8): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });

const flaw = fc.constantFrom('x', 'y', null);

/** A message and its lines in each hop, most of them about one position. */
const livesAt = (places: fc.Arbitrary<string>) =>
  fc
    .tuple(places, fc.constantFrom('failed', 'completed', 'dead-letters'), fc.nat(3))
    .chain(([home, state, sequence]) =>
      fc.record({
        subject: fc.record<Subject>({
          state: mostly<string | null>(state, fc.constant(null)),
          planned: mostly(true, fc.constant(false), 4),
          producer: fc.nat(1),
          sequence: mostly<number | undefined>(sequence, fc.constant(undefined)),
          content: mostly<string | undefined>('good', fc.constant(undefined), 4),
          key: mostly<string | undefined>(`key${home[0]}`, fc.constantFrom('key0', '', undefined), 4),
          tombstone: mostly(false, fc.constant(true), 4),
          version: mostly<number | undefined>(undefined, fc.constantFrom(0, 1, 2, Number.NaN), 1),
          dropped: mostly(false, fc.constant(true), 10),
        }),
        sends: few<Omit<Send, 'id'>>({
          outcome: mostly<Send['outcome']>('acked', fc.constantFrom('rejected', 'unknown'), 3),
          at: mostly<string | undefined>(home, fc.option(places, { nil: undefined })),
          transaction: mostly<string | undefined>('t0', fc.constantFrom('t1', undefined), 3),
        }),
        log: few<Omit<LogLine, 'id'>>({
          at: mostly(home, places),
          session: mostly(0, fc.constant(1)),
          content: mostly<string | null | undefined>(undefined, flaw),
          key: mostly<string | null | undefined>(undefined, flaw),
          aborted: mostly(false, fc.constant(true)),
          crc: mostly<'ok' | 'bad' | undefined>('ok', fc.constantFrom(undefined, 'bad')),
        }),
        rows: few<Row>({
          at: mostly<string | undefined>(home, fc.option(places, { nil: undefined })),
          category: mostly(state, fc.constantFrom('failed', 'completed', 'dead-letters')),
          content: mostly<string | null | undefined>(undefined, flaw),
          key: mostly<string | null | undefined>(undefined, flaw),
        }),
        writes: few<Omit<Write, 'id'>>({
          at: mostly(home, places),
          category: mostly<string | undefined>(state, fc.constantFrom('failed', 'completed', undefined), 3),
          content: mostly<string | null | undefined>(undefined, flaw),
        }),
        isJournalNameless: fc.boolean(),
        isNameless: mostly(state === 'dead-letters', fc.boolean()),
      }),
    );

function few<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T[]> {
  const one = fc.record(shape) as fc.Arbitrary<T>;
  return fc.oneof(
    { weight: 6, arbitrary: one.map((line) => [line]) },
    { weight: 2, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.array(one, { maxLength: 3 }) },
  );
}

const foreignLinesAt = (places: fc.Arbitrary<string>) =>
  fc.array(
    fc.record<LogLine>({
      at: places,
      aborted: mostly(false, fc.constant(true)),
      crc: fc.constantFrom('ok', 'bad'),
    }),
    { maxLength: 2 },
  );
const foreignRowsAt = (places: fc.Arbitrary<string>) =>
  fc.array(fc.record<Row>({ at: places, category: fc.constantFrom('failed', 'dead-letters') }), {
    maxLength: 2,
  });

const deliveriesTo = (end: number) =>
  fc.array(
    fc.tuple(fc.constantFrom(...partitions), fc.nat(end), fc.nat(end)).map(([partition, a, b]) => ({
      partition,
      first: Math.min(a, b),
      end: Math.max(a, b),
    })),
    { maxLength: 4 },
  );
const hops = ['ledger', 'log', 'deliveries', 'written', 'store'] as const;

const rangesTo = (end: number) =>
  fc.tuple(
    ...partitions.map((partition) =>
      fc.record({
        partition: fc.constant(partition),
        start: mostly(0, fc.nat(end), 3),
        end: mostly(end, fc.constantFrom(end - 3, end - 1)),
        base: mostly(0, fc.nat(5), 6),
        compacted: mostly(false, fc.constant(true), 6),
        stableEnd: mostly(end, fc.nat(end)),
      }),
    ),
  );

/** What all lines of a history are about, and the run as a whole. `end`: that of most partitions. */
const partsOf = (messagesMax: number, end: number) => {
  const places = fc.tuple(fc.constantFrom(...partitions), fc.nat(end - 1)).map(([p, o]) => `${p}:${o}`);
  const offsets = fc.dictionary(fc.constantFrom('0', '1', '2'), fc.nat(end));
  return fc.record({
    lives: fc.array(livesAt(places), { maxLength: messagesMax, size: 'max' }),
    foreignLines: mostly([], foreignLinesAt(places), 3),
    foreignRows: mostly([], foreignRowsAt(places), 3),
    ranges: mostly([], rangesTo(end), 1),
    positions: fc.oneof(fc.constant({ 0: end, 1: end, 2: end }), offsets),
    deliveries: fc.option(deliveriesTo(end), { nil: undefined }),
    isWrittenKept: fc.boolean(),
    commits: mostly<Record<number, number>>({}, offsets, 3),
    missing: mostly([], fc.subarray(['plan', ...hops] as const), 2),
    required: mostly<HopName[]>(['ledger', 'log', 'store'], fc.subarray([...hops]), 3),
    topicRecreated: mostly(false, fc.constant(true), 12),
    rule: fc.constantFrom<Rule>('once', 'once', 'at-least-once', 'latest', 'latest'),
    isWholeLife: mostly(true, fc.constant(false), 3),
    hasAllCopies: mostly(true, fc.constant(false), 4),
    isFinal: mostly(true, fc.constant(false), 4),
    isKeyed: mostly(true, fc.constant(false), 6),
    hasTwoTopics: mostly(false, fc.constant(true), 3),
    stalls: mostly<History['stalls']>([], fc.constant([{ partition: 0, blame: 'broker' }]), 20),
    interruptions: mostly<string[]>([], fc.constant(['The run was stopped.'])),
    byPartition: fc.boolean(),
    transactions: fc.option(
      fc.record({ t0: fc.constantFrom(...transactionEnds), t1: fc.constantFrom(...transactionEnds) }),
      { nil: undefined },
    ),
  });
};

export const randomHistories = (messagesMax: number, end: number): fc.Arbitrary<History> =>
  partsOf(messagesMax, end).map(
    ({ lives, foreignLines, foreignRows, byPartition, isWrittenKept, ...rest }) => ({
      ...rest,
      missing: [...rest.missing],
      required: [...rest.required],
      interruptions: [...rest.interruptions],
      written: isWrittenKept
        ? lives.flatMap(({ writes, isJournalNameless }, index) =>
            writes.map((line) => (isJournalNameless ? line : { ...line, id: `m${index}` })),
          )
        : undefined,
      messages: Object.fromEntries(lives.map(({ subject }, index) => [`m${index}`, subject])),
      sends: lives.flatMap(({ sends }, index) =>
        sends.map(({ transaction, ...send }) => ({
          ...send,
          id: `m${index}`,
          ...(rest.transactions && { transaction }),
        })),
      ),
      log: sorted(
        [
          ...lives.flatMap(({ log }, index) => log.map((line) => ({ ...line, id: `m${index}` }))),
          ...foreignLines,
        ],
        byPartition,
      ),
      rows: [
        ...lives.flatMap(({ rows, isNameless }, index) =>
          rows.map((row) =>
            isNameless && row.category === 'dead-letters' ? row : { ...row, id: `m${index}` },
          ),
        ),
        ...foreignRows,
      ],
    }),
  );

/** The partitions may come in any order: the scan chooses it. */
function sorted(lines: LogLine[], byPartition: boolean): LogLine[] {
  const rank = ({ at }: LogLine): number => {
    const { partition, offset } = parsePlace(at);
    return byPartition ? partition * 1000 + offset : offset * 1000 + partition;
  };
  return lines.toSorted((a, b) => rank(a) - rank(b));
}
