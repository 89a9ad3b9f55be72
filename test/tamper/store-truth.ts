/**
 * The findings that are right for the content of a run's store, if ledger, log and journal are whole and right: a
 * naive version of the rules, message by message, that shares nothing with the implementation of the audit.
 */
import { isPartition, type Place } from '../../src/workload/place.ts';
import type { MadeMessage, MadeRun } from '../../src/self-test/tampering/made-run.ts';
import type { Blame, FindingKind } from '../../src/result/verdict.ts';
import { bytesOf, meaningOf, type Row, type StoreContent, type Value } from './store-content.ts';
import type { Charge, Truth } from './truth.ts';

/** A whole journal proves that the consumer is not to blame. */
const ofStore: readonly Blame[] = ['store', 'unknown'];
/** For contents, the consumer may be blamed: the journal has only positions and categories. */
const ofContent: readonly Blame[] = ['store', 'unknown', 'consumer'];

export const noTime = 'no time in stored_at';

interface Stored {
  table: string;
  row: Row;
  /** The position in the run's topic; undefined if the row has none. */
  place: Place | undefined;
  isOfTopic: boolean;
  /** Whether it has the run's id. */
  isOurs: boolean;
  /** The message of the run that it names, if any. */
  named: MadeMessage | undefined;
  /** The messages to which it may belong, if its columns name several. */
  candidates: ReadonlySet<MadeMessage>;
}

/** The kinds of finding that are allowed for a row that may belong to either of two messages. */
const kindsOfTorn: readonly FindingKind[] = [
  'corrupted',
  'duplicated',
  'misclassified',
  'lost',
  'phantom',
  'rejected-but-written',
];

export class StoreTruth {
  readonly #run: MadeRun;
  readonly #before: StoreContent;
  readonly #byId: ReadonlyMap<string, MadeMessage>;
  readonly #byPlace: ReadonlyMap<string, MadeMessage>;

  constructor(run: MadeRun, before: StoreContent) {
    this.#run = run;
    this.#before = before;
    this.#byId = new Map(run.messages.map((message) => [message.id, message]));
    this.#byPlace = new Map(run.messages.map((message) => [textOf(message.place), message]));
  }

  of(after: StoreContent): Truth {
    const positions = this.#positions(after);
    const rows = Object.keys(after)
      .filter((table) => table !== 'dead_letters' && table !== 'offsets')
      .flatMap((table) => after[table]!.map((row) => this.#stored(table, row)));
    const letters = after['dead_letters']!.map((row) => this.#stored('dead_letters', row));
    const claimed = new Set<Stored>();
    const torn = rows.filter(({ candidates }) => candidates.size > 0);
    // By its store, the log once reached to the rows of messages that the log does not have.
    const isLonger = rows.some(
      ({ named, place }) =>
        named !== undefined && named.place === undefined && place && this.#isBeyond(place),
    );
    if (isLonger) for (const charge of positions.charges) charge.must = false;
    const charges = [
      ...positions.charges,
      ...torn.map(ofTorn),
      ...this.#run.messages.flatMap((message) => this.#ofMessage(message, rows, letters, claimed, positions)),
      ...rows
        .filter((row) => row.named === undefined && !claimed.has(row))
        .flatMap((row) => this.#ofStranger(row, isLonger)),
      ...letters
        .filter((letter) => !claimed.has(letter))
        .flatMap((letter) => this.#ofNobodys(letter, 'dead letter', isLonger)),
    ];
    return {
      charges,
      mayDoubt: positions.mayDoubt || (isLonger && positions.charges.length > 0),
      mayPass: charges.every(({ must }) => !must),
    };
  }

  #stored(table: string, row: Row): Stored {
    const isOurs = bytesOf(row['run'] ?? null) === bytesOf(this.#run.manifest.id);
    const id = row['id'] ?? null;
    const text = id instanceof Uint8Array ? Buffer.from(id).toString() : String(id);
    const isOfTopic = bytesOf(row['topic_id'] ?? null) === bytesOf(this.#run.manifest.topicId);
    const [partition, offset] = [wholeOf(row['partition']!), wholeOf(row['offset']!)];
    const place =
      isOfTopic && partition !== undefined && offset !== undefined ? { partition, offset } : undefined;
    const named = isOurs && id !== null ? this.#byId.get(text) : undefined;
    const numbered = isOurs
      ? this.#byId.get(`${asText(row['producer'])}-${asText(row['sequence'])}`)
      : undefined;
    const placed = place && this.#byPlace.get(textOf(place));
    // The columns contradict each other, so the row may belong to any of these messages.
    const isTorn =
      numbered === undefined
        ? named !== undefined && placed !== undefined && placed !== named
        : numbered !== (named ?? placed);
    const candidates = new Set(
      isTorn ? [named, numbered, placed].filter((message) => message !== undefined) : [],
    );
    return { table, row, isOurs, isOfTopic, place, named, candidates };
  }

  #ofMessage(
    message: MadeMessage,
    rows: readonly Stored[],
    letters: readonly Stored[],
    claimed: Set<Stored>,
    positions: Positions,
  ): Charge[] {
    const { id, place } = message;
    const isTorn = rows.some(({ candidates }) => candidates.has(message));
    const own = rows.filter(({ named }) => named === message);
    const isThere = (stored: Stored): boolean => place !== undefined && isAt(stored, place);
    const others = rows.filter((stored) => stored.named === undefined && isThere(stored));
    const dead = letters.filter(isThere);
    for (const stored of [...own, ...dead]) claimed.add(stored);
    if (place === undefined) return own.length === 0 ? [] : [unwritten(message, !isTorn)];
    const charge = (
      why: string,
      kinds: readonly FindingKind[],
      blames: readonly Blame[],
      must = true,
    ): Charge => ({
      ids: [id],
      kinds,
      blames,
      must,
      why,
    });
    const all = [...own, ...others];
    const looks = all.flatMap((stored) => this.#differences(message, stored, charge));
    // If a message has several rows, one finding is enough.
    if (all.length > 1 || isTorn) for (const look of looks) look.must = false;
    if (dead.length > 0) {
      const kinds: FindingKind[] = ['wrongly-dead-lettered', 'duplicated', 'misclassified', 'corrupted'];
      for (const look of looks) look.must = false;
      looks.push(
        charge(
          'a dead letter at its place',
          all.length === 0 && dead.length === 1 ? kinds.slice(0, 1) : kinds,
          ofContent,
        ),
      );
    }
    if (own.length === 0) for (const stored of others) claimed.add(stored);
    // A second row there with the run's id that names no message may also be found as a phantom.
    const hasOwnThere = own.some(isThere);
    if (own.length > 0) for (const stored of others) if (!stored.isOurs || !hasOwnThere) claimed.add(stored);
    if (all.length > 1) {
      const why = 'two rows of a message';
      const strangers = others.filter(({ isOurs }) => isOurs);
      const must = !isTorn && dead.length === 0;
      looks.push(charge(why, ['duplicated'], ofStore, must && strangers.length === 0));
      if (strangers.length > 0) {
        const ids = [id, ...strangers.map(({ row }) => asText(row['id']))];
        looks.push({ ids, orStranger: true, kinds: ['duplicated', 'phantom'], blames: ofStore, must, why });
      }
    }
    if (all.length === 0 && dead.length === 0) {
      looks.push(charge('its row is gone', ['lost'], ofStore, positions.isPast(place) && !isTorn));
    }
    return looks;
  }

  /** The differences between a row and the original one. */
  #differences(
    message: MadeMessage,
    { table, row, place, named, isOurs }: Stored,
    charge: (why: string, kinds: readonly FindingKind[], blames: readonly Blame[], must?: boolean) => Charge,
  ): Charge[] {
    const right = this.#rightRow(message);
    const looks: Charge[] = [];
    if (table !== tableOf(message))
      looks.push(charge('a row in another category', ['misclassified'], ofStore));
    if (place === undefined || !isSamePlace(place, message.place!)) {
      const isBeyond = place === undefined || this.#isBeyond(place);
      looks.push(
        charge(
          'a row elsewhere',
          isBeyond ? ['corrupted', 'phantom'] : ['corrupted'],
          ofStore,
          !isOnlyInAnotherForm(row, right),
        ),
      );
    }
    if (named === undefined) {
      const why = isOurs ? 'a row whose id names no message' : 'a row that does not bear the run';
      looks.push(charge(why, ['corrupted'], ofContent, true));
    }
    for (const column of ['producer', 'sequence', 'topic_id', 'key', 'payload', 'digest'] as const) {
      if (meaningOf(column, row[column] ?? null) === meaningOf(column, right[column] ?? null)) continue;
      looks.push(
        charge(
          `another ${column}`,
          ['corrupted'],
          ofContent,
          !isEven(row[column] ?? null, right[column] ?? null),
        ),
      );
    }
    const time = isTime(row['stored_at'] ?? null);
    if (time !== 'yes') looks.push(charge(noTime, ['corrupted'], ofContent, time === 'no'));
    return looks;
  }

  #rightRow(message: MadeMessage): Row {
    return this.#before[tableOf(message)]!.find((row) => {
      return bytesOf(row['run']!) === bytesOf(this.#run.manifest.id) && row['id'] === message.id;
    })!;
  }

  /** The findings of a row that names no message of the run, or not even the run. */
  #ofStranger(stored: Stored, isLonger: boolean): Charge[] {
    if (!stored.isOurs) return this.#ofNobodys(stored, 'row', isLonger);
    return [
      {
        kinds: ['phantom', 'duplicated'],
        blames: ofStore,
        must: stored.candidates.size === 0,
        why: 'a row of a message that never was',
      },
    ];
  }

  /** A row or dead letter without the run's id is foreign, and a finding only where no record can have been. */
  #ofNobodys({ isOfTopic, place }: Stored, what: string, isLonger: boolean): Charge[] {
    if (!isOfTopic) return [];
    // A partition that the topic does not have is empty.
    const end = place && (this.#run.ends[place.partition] ?? (isPartition(place.partition) ? 0 : undefined));
    const must = place !== undefined && end !== undefined && place.offset >= end;
    const why = `a ${what} of nobody's ${must ? "beyond the log's end" : 'where nothing was read'}`;
    const isInLog = place !== undefined && end !== undefined && place.offset < end;
    return isInLog ? [] : [{ kinds: ['phantom'], blames: ofStore, must: must && !isLonger, why }];
  }

  #isBeyond({ partition, offset }: Place): boolean {
    return offset >= (this.#run.ends[partition] ?? 0);
  }

  #positions(after: StoreContent): Positions {
    const { ends, manifest } = this.#run;
    // A database that compares texts does not find a blob with the same bytes.
    const rows = after['offsets']!.filter((row) => row['topic_id'] === manifest.topicId);
    const charges: Charge[] = [];
    const sound = new Set<number>();
    let mayDoubt = false;
    const wrong = (why: string, must: boolean): void => {
      charges.push({ kinds: ['overcommitted'], blames: ofStore, must, why });
    };
    for (const [partition, end] of ends.entries()) {
      const own = rows.filter((row) => wholeOf(row['partition']!) === partition);
      const nexts = own.map((row) => wholeOf(row['next_offset']!));
      if (nexts.length === 1 && nexts[0] === end) sound.add(partition);
      else if (nexts.length === 1 && nexts[0] !== undefined && nexts[0] > end) {
        sound.add(partition);
        wrong("a position beyond the log's end", true);
      } else {
        mayDoubt = true;
        if (nexts.length !== 1 || nexts[0] === undefined) wrong('a position that is none', false);
        // If a row behind it is missing, too, the group's commit is overcommitted.
        else wrong('a position that fell back', false);
      }
    }
    for (const { partition, next_offset: next } of rows) {
      const number = wholeOf(partition!);
      if (ends[number ?? -1] !== undefined) continue;
      const isTold = number !== undefined && isPartition(number) && (wholeOf(next!) ?? 0) > 0;
      const isDouble = rows.filter((row) => wholeOf(row['partition']!) === number).length > 1;
      mayDoubt = true;
      wrong('a position of a partition that is not there', isTold && !isDouble);
    }
    return { charges, mayDoubt, isPast: ({ partition }) => !mayDoubt && sound.has(partition) };
  }
}

interface Positions {
  charges: Charge[];
  mayDoubt: boolean;
  isPast(place: Place): boolean;
}

/** For a message that was rejected, or is of unknown outcome and not in the log, but has a row. */
const unwritten = ({ id, outcome }: MadeMessage, must: boolean): Charge => {
  const isRejected = outcome === 'rejected';
  return {
    ids: [id],
    kinds: [
      isRejected ? 'rejected-but-written' : 'phantom',
      'corrupted',
      'misclassified',
      'duplicated',
      'phantom',
    ],
    blames: isRejected ? ofStore : ofContent,
    must: isRejected && must,
    why: `a row of a message that was ${isRejected ? 'rejected' : 'not written'}`,
  };
};

/** For a row whose columns name two messages. */
const ofTorn = ({ candidates, named, row }: Stored): Charge => ({
  ids: [asText(row['id']), ...[...candidates].map(({ id }) => id)],
  orStranger: named === undefined,
  kinds: kindsOfTorn,
  blames: ofContent,
  must: true,
  why: 'a row that names two messages',
});

const textOf = (place: Place | undefined): string => (place ? `${place.partition}:${place.offset}` : '');

const asText = (value: Value = null): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);

const tableOf = ({ state }: MadeMessage): string => state.replaceAll('-', '_');

const isSamePlace = (a: Place, b: Place): boolean => a.partition === b.partition && a.offset === b.offset;
const isAt = ({ place }: Stored, other: Place): boolean => place !== undefined && isSamePlace(place, other);

function wholeOf(value: Value): number | undefined {
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return Number(value);
}

/** Whether the two are equal as numbers, though one is not of an integer type: a finding is allowed, not required. */
function isEven(value: Value, right: Value): boolean {
  if (typeof right !== 'bigint' || value === null) return false;
  const text = value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
  return /^ *\d+ *$/.test(text) && BigInt(text.trim()) === right;
}

function isTime(value: Value): 'yes' | 'no' | 'in another form' {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
  const ms = Date.parse(text);
  if (value === null || Number.isNaN(ms)) return 'no';
  if (new Date(ms).toISOString() === text) return 'yes';
  return text.includes('T') ? 'no' : 'in another form';
}

/** Whether the row's position differs from the right one only in the types of its numbers. */
const isOnlyInAnotherForm = (row: Row, right: Row): boolean =>
  (['partition', 'offset', 'topic_id'] as const).every((column) => {
    const [value, wanted] = [row[column] ?? null, right[column] ?? null];
    return meaningOf(column, value) === meaningOf(column, wanted) || isEven(value, wanted);
  });
