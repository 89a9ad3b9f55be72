import { isSystemError, messageOf } from '../../errors.ts';
import type { AttemptBatch, Evidence } from '../evidence.ts';
import { LedgerReader } from '../../run-folder/ledger/ledger-reader.ts';
import { ledgerProblem, ledgersOf, type LedgerFile } from '../../run-folder/ledger/ledgers.ts';
import { outcomeCodes, type Outcome } from '../../run-folder/ledger/outcome.ts';
import type { Manifest, RunFolder } from '../../run-folder/run-folder.ts';
import { hasSeal } from '../../run-folder/seal.ts';
import { producerName } from '../../workload/workload.ts';
import { errorNameOf } from '../../kafka/client/error-name.ts';
import { none } from '../../workload/place.ts';
import type { RunMessages } from './run-messages.ts';
import { RunTransactions } from './run-transactions.ts';

interface Ledger extends LedgerFile {
  isSealed: boolean;
  reader: LedgerReader;
}

/** The ledgers of a run as one hop. A ledger whose seal is broken is missing. */
export async function ledgerHop(
  folder: RunFolder,
  manifest: Manifest,
  messages: RunMessages,
): Promise<Evidence['ledger']> {
  const problems: string[] = [];
  const ledgers: Ledger[] = [];
  for (const file of ledgersOf(folder)) {
    const problem = await ledgerProblem(file, manifest.id);
    if (problem !== undefined) {
      problems.push(`${file.name} ${problem}`);
      continue;
    }
    const planned = manifest.producers[producerName(file.producer)] ?? 0;
    const reader = new LedgerReader(file.path, planned);
    ledgers.push({ ...file, isSealed: hasSeal(file.path), reader });
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
  const transactions = new RunTransactions(manifest);
  const hop: Evidence['ledger'] = {
    ...(manifest.transactions && { transactions: transactions.all }),
    whole: problems.length === 0,
    problem: problems.join('; '),
    errorsOf: async (outcome) =>
      await errorNames(
        ledgers.map(({ reader }) => reader),
        outcome,
      ),
    *batches() {
      const found = [...problems];
      transactions.all.length = 0;
      for (const ledger of ledgers) {
        const problem = yield* readAll(ledger, messages, transactions);
        if (problem === undefined) continue;
        found.push(`${ledger.name}: ${problem}`);
        hop.whole = false;
        hop.problem = found.join('; ');
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

/** Returns why a ledger cannot be relied on; undefined if it can. */
function* readAll(
  { reader, producer, session, isSealed }: Ledger,
  messages: RunMessages,
  transactions: RunTransactions,
): Generator<AttemptBatch, string | undefined> {
  const { summary } = reader;
  try {
    yield* attemptsOf({ producer, session, reader }, messages, transactions);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    summary.damage = `it cannot be read: ${messageOf(error)}`;
  }
  if (summary.damage !== undefined) return summary.damage;
  if (summary.opening === undefined) return 'it is empty';
  const contradiction = transactions.contradictionOf(producer, reader.transactions);
  if (contradiction !== undefined) return contradiction;
  // A producer seals what it has closed.
  const isCut = isSealed && (summary.torn || summary.closed === undefined);
  return isCut ? 'it was sealed, and has no end' : undefined;
}

function* attemptsOf(
  { producer, session, reader }: Pick<Ledger, 'producer' | 'session' | 'reader'>,
  messages: RunMessages,
  transactions: RunTransactions,
): Iterable<AttemptBatch> {
  const first = transactions.all.length;
  for (const { count, sequence, outcome, partition, offset, transaction } of reader.batches()) {
    const message = new Int32Array(count);
    for (let row = 0; row < count; row++) message[row] = messages.indexOf(producer, sequence[row]!);
    const batch = { count, message, outcome, partition, offset };
    if (!transactions.arePlanned) yield batch;
    else {
      transactions.update(first, { producer, session }, reader.transactions);
      yield { ...batch, transaction: transaction.map((index) => (index === none ? none : first + index)) };
    }
  }
  transactions.update(first, { producer, session }, reader.transactions);
}
