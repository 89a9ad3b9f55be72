import { digestDigits, digestOf, digestText, writeDigest } from '../../workload/digest.ts';
import { messageOf } from '../../errors.ts';
import { deadLetterCategory, untold, type Evidence, type StoreBatch } from '../evidence.ts';
import { isOffset, isPartition, none } from '../../workload/place.ts';
import type { Manifest } from '../../run-folder/run-folder.ts';
import { openSnapshot } from '../../stores/engines.ts';
import type { StoredPositions, StoredRow, StoredRows, StoreSnapshot } from '../../stores/store-snapshot.ts';
import { parseProducerName, readMessageId } from '../../workload/workload.ts';
import { columnsMark, type ExpectedMessage, type RunMessages } from './run-messages.ts';

const batchRows = 4096;
const valueMax = 40;
/** For at most this many bytes, a loop is faster than a call out of JavaScript. */
const loopBytesMax = 256;

export interface OpenStoreHop {
  hop: Evidence['store'];
  /** The run's states, then the other categories of the store. */
  categories: string[];
  close: () => Promise<void>;
}

const statesOf = ({ states }: Manifest): string[] => states.map(({ name }) => name);

/** A store that cannot be read. */
export const missingStore = (manifest: Manifest, problem: string): OpenStoreHop => ({
  hop: { whole: false, problem, positions: new Map(), batches: () => [] },
  categories: statesOf(manifest),
  close: async () => {},
});

/** The store of a run, read from one snapshot. */
export async function openStoreHop(
  location: string,
  manifest: Manifest,
  messages: RunMessages,
): Promise<OpenStoreHop> {
  let store: StoreSnapshot | undefined;
  let stored: StoredPositions;
  try {
    store = await openSnapshot(location);
    stored = await store.positions(manifest.topicId);
  } catch (error) {
    await store?.close();
    return missingStore(manifest, messageOf(error).replace(/\.$/, ''));
  }
  const snapshot = store;
  const states = statesOf(manifest);
  const categories = [...new Set([...states, ...store.categories])];
  const untabled = states.filter((state) => !store.categories.includes(state));
  const hop: Evidence['store'] = {
    whole: untabled.length === 0,
    problem: `the store has no table for ${untabled.join(', ')}`,
    positions: positionsOf(stored, manifest),
    tellsPlaces: true,
    oddPositions: [...stored.odd.values()],
    async *batches() {
      try {
        yield* storeBatches(snapshot, categories, manifest, messages);
      } catch (error) {
        hop.whole = false;
        hop.problem = messageOf(error).replace(/\.$/, '');
      }
    },
  };
  return { hop, categories, close: () => snapshot.close() };
}

/** A consumer that has stored nothing of a partition yet is at the offset where the run began. */
function positionsOf({ next, odd }: StoredPositions, { base }: Manifest): Map<number, number> {
  const bases = Object.entries(base).filter(([partition]) => !odd.has(partition));
  return new Map([...bases.map(([partition, offset]) => [Number(partition), offset] as const), ...next]);
}

async function* storeBatches(
  store: StoreSnapshot,
  categories: readonly string[],
  manifest: Manifest,
  messages: RunMessages,
): AsyncGenerator<StoreBatch> {
  const batch = newBatch();
  let failure: { error: unknown } | undefined;
  try {
    yield* fullBatches(store, categories, manifest, messages, batch);
  } catch (error) {
    failure = { error };
  }
  // Rows that were read before the store failed count: they may prove a defect.
  yield* flushed(batch);
  if (failure !== undefined) throw failure.error;
}

/** Yields the batch whenever it is full; leaves the last rows in it. */
async function* fullBatches(
  store: StoreSnapshot,
  categories: readonly string[],
  manifest: Manifest,
  messages: RunMessages,
  batch: StoreBatch,
): AsyncGenerator<StoreBatch> {
  for (const [category, name] of categories.entries()) {
    if (!store.categories.includes(name)) continue;
    for await (const rows of store.rows(name)) {
      for (let row = 0; row < rows.count; row++) {
        if (batch.count === batchRows) yield* flushed(batch);
        let message = messageOfRow(rows, row, manifest, messages);
        // A row of another run matters only if its place is in this run's topic.
        if (message === none && rows.topicId.at(row) !== manifest.topicId) continue;
        let content = message === none ? untold : contentOf(rows, row, message, manifest, messages);
        const isRight = message !== none && content === messages.contentOf('');
        // A position in another topic means nothing.
        const hasPlace = isRight || rows.topicId.at(row) === manifest.topicId;
        if (message !== none && !isRight) {
          const owner = ownerByColumns(rows, row, manifest, messages);
          if (owner !== undefined)
            [message, content] = [owner, messages.contentOf(`${columnsMark}id is ${rows.row(row).id}`)];
        }
        add(batch, {
          category,
          partition: hasPlace ? rows.partition[row]! : none,
          offset: hasPlace ? rows.offset[row]! : none,
          message,
          content,
        });
      }
    }
  }
  for await (const letters of store.deadLetters()) {
    for (const { topicId, partition, offset } of letters) {
      // The same holds for a dead letter.
      if (topicId !== manifest.topicId) continue;
      if (batch.count === batchRows) yield* flushed(batch);
      add(batch, { category: deadLetterCategory, partition, offset, message: none, content: untold });
    }
  }
}

/** Yields and empties the batch: its reader must be done with it before it takes the next. */
function* flushed(batch: StoreBatch): Generator<StoreBatch> {
  if (batch.count > 0) yield batch;
  batch.count = 0;
}

function add(
  batch: StoreBatch,
  row: { category: number; partition: number; offset: number; message: number; content: number },
): void {
  const at = batch.count++;
  batch.category[at] = row.category;
  batch.partition[at] = isPartition(row.partition) ? row.partition : none;
  batch.offset[at] = isOffset(row.offset) ? row.offset : none;
  batch.message[at] = row.message;
  batch.content[at] = row.content;
}

const name = { producer: 0, sequence: 0 };

function messageOfRow(rows: StoredRows, row: number, manifest: Manifest, messages: RunMessages): number {
  if (rows.run.at(row) !== manifest.id) return none;
  const [start, end] = [rows.id.start[row]!, rows.id.end[row]!];
  if (readMessageId(rows.bytes, start, end, name)) return messages.indexOf(name.producer, name.sequence);
  const { id, partition, offset } = rows.row(row);
  return messages.other({ id: id ?? `a row without id at ${partition}:${offset}` });
}

/** Compares all columns except category and position, which the audit itself checks. */
function contentOf(
  rows: StoredRows,
  row: number,
  message: number,
  { id: run, topicId }: Manifest,
  messages: RunMessages,
): number {
  const difference = (session: number): string | undefined =>
    differencesFrom(rows, row, message, session, { run, topicId }, messages);
  const session = messages.sessionOf(message);
  const differences = difference(session);
  if (differences === undefined) return untold;
  // A restarted producer may repeat messages of an earlier session, whose ledger may be missing.
  const isOfAnother =
    differences !== '' && messages.otherSessions(session).some((other) => difference(other) === '');
  return messages.contentOf(isOfAnother ? '' : differences);
}

/** The message to which the row belongs by all columns but the id; undefined if there is none. */
function ownerByColumns(
  rows: StoredRows,
  row: number,
  { id: run, topicId }: Manifest,
  messages: RunMessages,
): number | undefined {
  const producer = parseProducerName(rows.producer.at(row) ?? undefined);
  const sequence = rows.sequence[row]!;
  if (producer === undefined || !isOffset(sequence)) return undefined;
  const owner = messages.plannedIndexOf(producer, sequence);
  if (owner === undefined) return undefined;
  const session = messages.sessionOf(owner);
  const isRight = [session, ...messages.otherSessions(session)].some(
    (one) => differencesFrom(rows, row, owner, one, { run, topicId }, messages) === '',
  );
  return isRight ? owner : undefined;
}

/** '' if the row is correct for a message that this session sent; undefined if the message is not planned. */
function differencesFrom(
  rows: StoredRows,
  row: number,
  message: number,
  session: number,
  { run, topicId }: { run: string; topicId: string },
  messages: RunMessages,
): string | undefined {
  const expected = messages.expected(message, session);
  if (expected === undefined) return undefined;
  writeDigest(digestDigitsOf, 0, expected.digest);
  const { bytes, key, payload, digest } = rows;
  const isRight =
    rows.sequence[row] === expected.sequence &&
    rows.producer.at(row) === expected.producer &&
    rows.topicId.at(row) === topicId &&
    isPartition(rows.partition[row]!) &&
    isOffset(rows.offset[row]!) &&
    isTime(rows.storedAt.at(row) ?? '') &&
    isSame(bytes, digest.start[row]!, digest.end[row]!, digestDigitsOf) &&
    isSame(bytes, key.start[row]!, key.end[row]!, expected.key) &&
    isSame(bytes, payload.start[row]!, payload.end[row]!, expected.payload);
  return isRight ? '' : differencesOf(rows.row(row), expected, { run, topicId, session });
}

const digestDigitsOf = Buffer.alloc(digestDigits);

/** A text that is equal for equal differences. After a mark, it names columns, for readers of a finding. */
function differencesOf(
  row: StoredRow,
  { producer, sequence }: ExpectedMessage,
  { run, topicId, session }: { run: string; topicId: string; session: number },
): string {
  const { partition, offset, storedAt } = row;
  const columns = [
    isPartition(partition) ? '' : valueText('partition', partition),
    isOffset(offset) ? '' : valueText('offset', offset),
    row.producer === producer ? '' : valueText('producer', row.producer),
    row.sequence === sequence ? '' : valueText('sequence', row.sequence),
    row.topicId === topicId ? '' : valueText('topic_id', row.topicId),
    isTime(storedAt) ? '' : valueText('stored_at', storedAt),
  ].filter(Boolean);
  // If the row has exactly what the log has, this is the same text as the log's differences.
  const actual = digestText(digestOf(row.key, row.payload, { run, producer, session, sequence }));
  const told = columns.length === 0 ? '' : columnsMark + columns.join(', ');
  return `${actual} ${row.digest ?? ''}${told}`;
}

function valueText(column: string, value: string | number | null): string {
  if (value === null || Number.isNaN(value)) return `${column} is none`;
  const text = String(value);
  return `${column} is ${text.length > valueMax ? `${text.slice(0, valueMax)}…` : text}`;
}

function isSame(bytes: Buffer, start: number, end: number, expected: Uint8Array): boolean {
  if (start < 0 || end - start !== expected.length) return false;
  if (expected.length > loopBytesMax) return bytes.compare(expected, 0, expected.length, start, end) === 0;
  for (let at = 0; at < expected.length; at++) if (bytes[start + at] !== expected[at]) return false;
  return true;
}

/** The latest valid time: the rows of a batch share their time. */
let latestTime = '';

/** Whether the text is a time in the ISO form that stores write. */
export function isTime(text: string): boolean {
  if (text === latestTime) return true;
  const time = new Date(text);
  // `Date` reads a day that its month does not have as a day of the next month.
  const is = !Number.isNaN(time.getTime()) && time.toISOString() === text;
  if (is) latestTime = text;
  return is;
}

export const newBatch = (): StoreBatch => ({
  count: 0,
  message: new Int32Array(batchRows),
  category: new Uint16Array(batchRows),
  partition: new Int32Array(batchRows),
  offset: new Float64Array(batchRows),
  content: new Int32Array(batchRows),
});
