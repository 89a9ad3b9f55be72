/** Refuses ids that do not identify: nothing could be said of single messages. */
import { usageError, type OperationalError } from '../errors.ts';
import { alignedLines, cut } from '../text/aligned.ts';
import { counted } from '../text/counted.ts';
import type { CheckRecord, SinkRecord } from './check-record.ts';
import type { IdentityTally } from './evidence/identity-tally.ts';
import { isNamedLikeSecret } from './propose/place-names.ts';

/** Places that would identify, as far as a sample tells. */
export interface KnownCandidate {
  id: string;
  sinkId: string;
  matched: number;
  sampled: number;
}

/** Ids that do not identify in one of the sinks. */
export interface Refusal {
  /** The index of the sink. */
  sink: number;
  error(candidates: readonly KnownCandidate[]): OperationalError;
}

const candidatesShown = 3;

/** The first refusal; undefined if the ids identify in all sinks. */
export function refusalOf(record: CheckRecord, tallies: readonly IdentityTally[]): Refusal | undefined {
  for (const [index, tally] of tallies.entries()) {
    const sink = record.sinks[index]!;
    const why = whyRefused(record, sink, tally);
    if (why !== undefined) {
      return { sink: index, error: (candidates) => errorOf(why, record.plan.id, sink, tally, candidates) };
    }
  }
  return undefined;
}

/** `rule`: what else to do, such as to say that ids repeat where a rule allows that. */
interface Why {
  message: string;
  rule: string | undefined;
}

function whyRefused(
  { plan, isWholeLife }: CheckRecord,
  sink: SinkRecord,
  tally: IdentityTally,
): Why | undefined {
  const { ids, rows, recordsAgain, rowsAgain } = tally;
  if (tally.doRecordsRepeat && plan.rule === 'once') {
    return {
      message: `--id ${plan.id} does not identify: ${recordsAgain} of ${ids + recordsAgain} records have an id that an earlier record has.`,
      rule: 'say with --expect at-least-once or --expect latest that ids repeat',
    };
  }
  if (tally.doRowsRepeat && plan.rule !== 'at-least-once') {
    return {
      message: `--sink-id ${sink.id} does not identify: ${rowsAgain} of ${rows} ${sink.rows} of ${sink.name} have an id that an earlier one has.`,
      rule: 'say with --expect at-least-once that rows repeat',
    };
  }
  if (ids === 0 && tally.nameless > 0) {
    return { message: `No record of the topic has an id at ${plan.id}.`, rule: undefined };
  }
  if (rows === 0 && sink.looks.at(-1)!.withoutId > 0) {
    return { message: `None of the ${sink.rows} in ${sink.name} has an id at ${sink.id}.`, rule: undefined };
  }
  if (tally.isDisjoint) {
    // The rows may all be older than the range.
    const mayBeLost =
      'begin earlier with --from, if the places are right and nothing of this range has arrived';
    return {
      message: `No id of the topic is in ${sink.name}.`,
      rule: isWholeLife ? undefined : mayBeLost,
    };
  }
  return undefined;
}

function errorOf(
  { message, rule }: Why,
  id: string,
  sink: SinkRecord,
  tally: IdentityTally,
  candidates: readonly KnownCandidate[],
): OperationalError {
  const others = candidates.filter((candidate) => candidate.id !== id || candidate.sinkId !== sink.id);
  const next =
    others.length > 0
      ? 'Name one of these, or let nodrop init propose the whole command'
      : 'Name other places, or let nodrop init look for some';
  return usageError(
    message,
    [
      ...sideBySide(id, sink, tally),
      ...candidateLines(others),
      rule === undefined ? `${next}.` : `${next}; or ${rule}.`,
    ].join('\n'),
  );
}

/** Ids that repeat, or else the first ids, of both sides. */
function sideBySide(id: string, sink: SinkRecord, { examples, seen }: IdentityTally): string[] {
  const shown = (place: string, texts: readonly string[]): string[] =>
    isNamedLikeSecret(place) ? ['(not shown)'] : [...new Set(texts)].map((text) => cut(text));
  const records = shown(id, examples.records.length > 0 ? examples.records : seen.records);
  const rows = shown(sink.id, examples.rows.length > 0 ? examples.rows : seen.rows);
  const count = Math.max(records.length, rows.length);
  return alignedLines([
    [`--id ${id}`, `--sink-id ${sink.id}`],
    [
      examples.records.length > 0 ? 'records that repeat' : 'records',
      examples.rows.length > 0 ? `${sink.rows} that repeat` : sink.rows,
    ],
    ...Array.from({ length: count }, (_, index) => [records[index] ?? '', rows[index] ?? '']),
  ]);
}

function candidateLines(candidates: readonly KnownCandidate[]): string[] {
  if (candidates.length === 0) return [];
  return [
    'These places hold the same ids on both sides:',
    ...alignedLines(
      candidates
        .slice(0, candidatesShown)
        .map(({ id, sinkId, matched, sampled }) => [
          `  --id ${id}`,
          `--sink-id ${sinkId}`,
          `(${matched} of ${counted(sampled, 'sampled id')})`,
        ]),
    ),
  ];
}
