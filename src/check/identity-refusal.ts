/** Refuses ids that do not identify: nothing could be said of single messages. */
import { usageError, type OperationalError } from '../errors.ts';
import type { CheckRecord, SinkRecord } from './check-record.ts';
import type { IdentityTally } from './evidence/identity-tally.ts';

export function refusalOf(
  record: CheckRecord,
  tallies: readonly IdentityTally[],
): OperationalError | undefined {
  for (const [index, tally] of tallies.entries()) {
    const refusal = refusalBy(record, record.sinks[index]!, tally);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalBy(
  { plan }: CheckRecord,
  sink: SinkRecord,
  tally: IdentityTally,
): OperationalError | undefined {
  const { ids, rows, recordsAgain, rowsAgain, examples, seen } = tally;
  const beside = `On the topic: ${some(examples.records)}. In ${sink.name}: ${some(examples.rows)}.`;
  if (tally.doRecordsRepeat && plan.rule === 'once') {
    return usageError(
      `--id ${plan.id} does not identify: ${recordsAgain} of ${ids + recordsAgain} records have an id that an earlier record has. ${beside}`,
      'Name another place, or say with --expect at-least-once or --expect latest that ids repeat.',
    );
  }
  if (tally.doRowsRepeat && plan.rule !== 'at-least-once') {
    return usageError(
      `--sink-id ${sink.id} does not identify: ${rowsAgain} of ${rows} ${sink.rows} have an id that an earlier one has. ${beside}`,
      'Name another place, or say with --expect at-least-once that rows repeat.',
    );
  }
  if (ids === 0 && tally.nameless > 0) {
    return usageError(
      `No record of the topic has an id at ${plan.id}.`,
      'Name with --id a place that the records have, or let nodrop init propose one.',
    );
  }
  if (rows === 0 && sink.looks.at(-1)!.withoutId > 0) {
    return usageError(
      `None of the ${sink.rows} in ${sink.name} has an id at ${sink.id}.`,
      `Name with --sink-id a place that the ${sink.rows} have, or let nodrop init propose one.`,
    );
  }
  if (tally.isDisjoint) {
    return usageError(
      `No id of the topic is in ${sink.name}. At ${plan.id}: ${some(seen.records)}. At ${sink.id}: ${some(seen.rows)}.`,
      'Name places that hold the same ids on both sides, or let nodrop init propose some.',
    );
  }
  return undefined;
}

const some = (texts: readonly string[]): string =>
  texts.length === 0 ? 'none' : texts.map((text) => JSON.stringify(text)).join(', ');
