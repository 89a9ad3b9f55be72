/** What a run's ledgers say about one message or place: intents and outcomes. */
import { LedgerReader, type LedgerFrame } from '../run-folder/ledger/ledger-reader.ts';
import { ledgerProblem, ledgersOf, type LedgerFile } from '../run-folder/ledger/ledgers.ts';
import { outcomeCodes, outcomes } from '../run-folder/ledger/outcome.ts';
import { none } from '../workload/place.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { gap, type GapEvent, type IntentEvent, type OutcomeEvent } from './timeline.ts';
import { messageId, producerName } from '../workload/workload.ts';
import { errorNameOf } from '../kafka/client/error-name.ts';
import type { PlaceSet } from './place-set.ts';

interface Ledger extends LedgerFile {
  /** Why the ledger does not count, in a few words after its name; undefined if it counts. */
  problem: string | undefined;
}

export interface SentName {
  producer: number;
  sequence: number;
}

type OutcomeFrame = LedgerFrame & { type: 'outcome' };

/** What the ledgers say about one message. */
export interface Attempts {
  events: (IntentEvent | OutcomeEvent)[];
  gaps: GapEvent[];
}

export class LedgerEvents {
  readonly #ledgers: readonly Ledger[];

  private constructor(ledgers: readonly Ledger[]) {
    this.#ledgers = ledgers;
  }

  /** `run`: the id in the manifest. */
  static async open(folder: RunFolder, run: string): Promise<LedgerEvents> {
    const ledgers: Ledger[] = [];
    for (const file of ledgersOf(folder)) ledgers.push({ ...file, problem: await ledgerProblem(file, run) });
    return new LedgerEvents(ledgers);
  }

  /** All attempts to send a message, and the gaps in the ledgers. */
  async attemptsOf(sent: SentName): Promise<Attempts> {
    const own = this.#ledgers.filter(({ producer }) => producer === sent.producer);
    const attempts: Attempts = { events: [], gaps: lostSessions(sent.producer, own) };
    for (const ledger of own) {
      if (ledger.problem !== undefined)
        attempts.gaps.push(gap.missing('intent', `${ledger.name} ${ledger.problem}`));
      else await addAttempts(ledger, sent, attempts);
    }
    if (attempts.events.length === 0 && attempts.gaps.length === 0) {
      attempts.gaps.push(gap.nothing('intent', 'it was never sent: no ledger has an intent of it'));
    }
    return attempts;
  }

  /** The acks of these places, of any message. */
  async ackedAt(places: PlaceSet): Promise<OutcomeEvent[]> {
    const events: OutcomeEvent[] = [];
    for (const ledger of this.#ledgers.filter(({ problem }) => problem === undefined)) {
      for (const frame of new LedgerReader(ledger.path).frames()) {
        if (frame.type !== 'outcome' || frame.outcome !== outcomeCodes.acked || frame.offset === none)
          continue;
        const { partition, offset, count, sequences } = frame;
        for (const place of places.within(partition, offset, offset + count)) {
          const index = place.offset - offset;
          const sent = { producer: ledger.producer, sequence: sequences.readUInt32LE(index * 4) };
          events.push(await outcomeEvent(ledger, sent, frame, index));
        }
      }
    }
    return events;
  }
}

/** The missing ledgers of earlier sessions; one gap for the producer if it has no ledger at all. */
function lostSessions(producer: number, own: readonly Ledger[]): GapEvent[] {
  const name = producerName(producer);
  if (own.length === 0) return [gap.missing('intent', `there is no ledger of ${name}`)];
  const known = own.map(({ session }) => session);
  return Array.from({ length: Math.max(...known) }, (_, session) => session)
    .filter((session) => !known.includes(session))
    .map((session) => gap.missing('intent', `there is no ledger of ${name}, session ${session}`));
}

async function addAttempts(ledger: Ledger, sent: SentName, { events, gaps }: Attempts): Promise<void> {
  const reader = new LedgerReader(ledger.path);
  const { sequence } = sent;
  const by = { id: idOf(sent), producer: producerName(sent.producer), session: ledger.session };
  let open = 0;
  let transaction: OutcomeEvent['transaction'];
  for (const frame of reader.frames()) {
    if (frame.type === 'intent') {
      if (sequence < frame.first || sequence >= frame.first + frame.count) continue;
      events.push({ hop: 'intent', time: frame.timeMs, ...by });
      open += 1;
      continue;
    }
    if (frame.type === 'begin') transaction = { number: frame.transaction, end: 'unknown' };
    if (frame.type === 'end' && !frame.isCommit) transaction!.end = 'aborted';
    if (frame.type === 'ended') {
      transaction!.end = frame.end;
      transaction = undefined;
    }
    if (frame.type !== 'outcome') continue;
    for (let index = 0; index < frame.count; index++) {
      if (frame.sequences.readUInt32LE(index * 4) !== sequence) continue;
      const event = await outcomeEvent(ledger, sent, frame, index);
      // How it ended stands behind its outcomes.
      events.push(transaction === undefined ? event : Object.assign(event, { transaction }));
      open -= 1;
    }
  }
  const { damage } = reader.summary;
  if (damage !== undefined) gaps.push(gap.missing('intent', `${ledger.name}: ${damage}`));
  for (; open > 0; open--) {
    const nowhere = { partition: null, offset: null, error: null };
    events.push({ hop: 'outcome', time: null, ...by, outcome: 'unknown', ...nowhere, isNoted: false });
  }
}

async function outcomeEvent(
  { session }: Ledger,
  sent: SentName,
  { outcome, partition, offset, errorCode, timeMs }: OutcomeFrame,
  index: number,
): Promise<OutcomeEvent> {
  const isPlaced = offset !== none;
  return {
    hop: 'outcome',
    time: timeMs,
    id: idOf(sent),
    producer: producerName(sent.producer),
    session,
    outcome: outcomes[outcome]!,
    partition: isPlaced ? partition : null,
    offset: isPlaced ? offset + index : null,
    // −1: the error is not Kafka's, for example a lost connection.
    error: errorCode <= 0 ? null : await errorNameOf(errorCode),
    isNoted: true,
  };
}

const idOf = ({ producer, sequence }: SentName): string => messageId(producer, sequence);
