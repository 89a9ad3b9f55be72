import { outcomeCodes, type AttemptBatch, type Evidence, type Outcome } from '../history.ts';
import { ledgerFilePattern } from '../ledger/ledger-format.ts';
import { LedgerReader } from '../ledger/ledger-reader.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';
import { checkSeal } from '../seal.ts';
import { producerName } from '../workload.ts';
import { errorNameOf } from './error-name.ts';
import type { RunMessages } from './run-messages.ts';

/** The ledgers of a run as one hop. A ledger whose seal is broken is missing. */
export async function ledgerHop(
  folder: RunFolder,
  manifest: Manifest,
  messages: RunMessages,
): Promise<Evidence['ledger']> {
  const problems: string[] = [];
  const ledgers: { name: string; producer: number; session: number; reader: LedgerReader }[] = [];
  for (const name of folder.list(ledgerFilePattern)) {
    const path = folder.file(name);
    if ((await checkSeal(path)) === 'broken') {
      problems.push(`${name} was changed after it was sealed`);
    } else {
      const [producer, session] = ledgerFilePattern.exec(name)!.slice(1).map(Number) as [number, number];
      ledgers.push({ name, producer, session, reader: new LedgerReader(path) });
    }
  }
  for (const planned of Object.keys(manifest.producers)) {
    const sessions = ledgers.filter(({ producer }) => producerName(producer) === planned);
    const sessionMax = Math.max(0, ...sessions.map(({ session }) => session));
    for (let session = 0; session <= sessionMax; session++) {
      if (sessions.some((ledger) => ledger.session === session)) continue;
      const which = session === sessionMax ? '' : `, session ${session}`;
      problems.push(`there is no intact ledger of ${planned}${which}`);
    }
  }
  const hop: Evidence['ledger'] = {
    whole: problems.length === 0,
    problem: problems.join('; '),
    errorsOf: async (outcome) =>
      await errorNames(
        ledgers.map(({ reader }) => reader),
        outcome,
      ),
    *batches() {
      for (const { name, producer, reader } of ledgers) {
        yield* attemptsOf(producer, reader, messages);
        const problem = problemOf(reader, manifest.id, producer);
        if (problem === undefined) continue;
        hop.whole = false;
        hop.problem = `${name}: ${problem}`;
      }
    },
  };
  return hop;
}

async function errorNames(readers: readonly LedgerReader[], outcome: Outcome): Promise<string[]> {
  const counts = new Map<number, number>();
  for (const [code, count] of readers.flatMap(({ errors }) => [...errors[outcomeCodes[outcome]]!])) {
    counts.set(code, (counts.get(code) ?? 0) + count);
  }
  const codes = [...counts].toSorted(([, a], [, b]) => b - a).map(([code]) => code);
  return await Promise.all(codes.map(errorNameOf));
}

function* attemptsOf(producer: number, reader: LedgerReader, messages: RunMessages): Iterable<AttemptBatch> {
  for (const { count, sequence, outcome, partition, offset } of reader.batches()) {
    const message = new Int32Array(count);
    for (let row = 0; row < count; row++) message[row] = messages.indexOf(producer, sequence[row]!);
    yield { count, message, outcome, partition, offset };
  }
}

/** Why a ledger that has been read cannot be relied on. */
function problemOf({ summary }: LedgerReader, run: string, producer: number): string | undefined {
  const { damage, opening } = summary;
  if (damage !== undefined) return damage;
  if (opening === undefined) return 'it is empty';
  return opening.run === run && opening.producer === producer ? undefined : 'it is of another run';
}
