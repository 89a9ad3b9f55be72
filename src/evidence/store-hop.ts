import { digestOf, digestText } from '../digest.ts';
import { messageOf } from '../errors.ts';
import { deadLetterCategory, none, untold, type Evidence, type StoreBatch } from '../history.ts';
import type { Manifest } from '../run-folder.ts';
import { openSnapshot } from '../stores/open-store.ts';
import type { StoredRow, StoreSnapshot } from '../stores/store.ts';
import type { RunMessages } from './run-messages.ts';

const batchRows = 4096;
/** A producer that was never started anew sends in its first session. */
const session = 0;

export interface OpenStoreHop {
  hop: Evidence['store'];
  /** The run's states, then whatever other categories the store has. */
  categories: string[];
  close(): Promise<void>;
}

/** The store of a run, read from one snapshot. */
export async function openStoreHop(
  location: string,
  manifest: Manifest,
  messages: RunMessages,
): Promise<OpenStoreHop> {
  const states = manifest.states.map((state) => state.name);
  const missing = (problem: string): OpenStoreHop => ({
    hop: { whole: false, problem, positions: new Map(), batches: () => [] },
    categories: states,
    close: async () => {},
  });
  let store: StoreSnapshot | undefined;
  let positions: Map<number, number>;
  try {
    store = await openSnapshot(location);
    // A consumer that has stored nothing of a partition yet stands where the run began.
    const bases = Object.entries(manifest.base).map(
      ([partition, base]) => [Number(partition), base] as const,
    );
    positions = new Map([...bases, ...(await store.positions(manifest.topicId))]);
  } catch (error) {
    await store?.close();
    return missing(messageOf(error).replace(/\.$/, ''));
  }
  const snapshot = store;
  const categories = [...new Set([...states, ...store.categories])];
  const untabled = states.filter((state) => !store.categories.includes(state));
  const hop: Evidence['store'] = {
    whole: untabled.length === 0,
    problem: `the store has no table for ${untabled.join(', ')}`,
    positions,
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

async function* storeBatches(
  store: StoreSnapshot,
  categories: readonly string[],
  manifest: Manifest,
  messages: RunMessages,
): AsyncGenerator<StoreBatch> {
  const batch = newBatch();
  const add = (row: PositionedRow): void => {
    const at = batch.count++;
    batch.category[at] = row.category;
    batch.partition[at] = whole(row.partition);
    batch.offset[at] = whole(row.offset);
    batch.message[at] = row.message;
    batch.content[at] = row.content;
  };
  let failure: unknown;
  try {
    for await (const rows of positionedRows(store, categories, manifest, messages)) {
      for (const row of rows) {
        add(row);
        if (batch.count < batchRows) continue;
        yield batch;
        // Whoever reads a batch is done with it before the next.
        batch.count = 0;
      }
    }
  } catch (error) {
    failure = error;
  }
  // What was read before the store failed counts: it may prove what is wrong.
  if (batch.count > 0) yield batch;
  if (failure !== undefined) throw failure;
}

interface PositionedRow {
  category: number;
  partition: number;
  offset: number;
  message: number;
  content: number;
}

async function* positionedRows(
  store: StoreSnapshot,
  categories: readonly string[],
  manifest: Manifest,
  messages: RunMessages,
): AsyncGenerator<PositionedRow[]> {
  for (const [category, name] of categories.entries()) {
    if (!store.categories.includes(name)) continue;
    for await (const rows of store.rows(name)) {
      yield rows.map((row) => {
        const { partition, offset } = row;
        const message = messageOfRow(row, manifest, messages);
        const content = message === none ? untold : contentOf(row, message, manifest, messages);
        return { category, partition, offset, message, content };
      });
    }
  }
  for await (const letters of store.deadLetters()) {
    yield letters
      // A dead letter is joined by its position, and a position means nothing in another topic.
      .filter(({ topicId }) => topicId === manifest.topicId)
      .map(({ partition, offset }) => ({
        category: deadLetterCategory,
        partition,
        offset,
        message: none,
        content: untold,
      }));
  }
}

function messageOfRow(row: StoredRow, manifest: Manifest, messages: RunMessages): number {
  if (row.run !== manifest.id) return none;
  return row.id === null
    ? messages.other({ id: `a row without id at ${row.partition}:${row.offset}` })
    : messages.indexOfId(row.id);
}

/** Compares every column but category and position, which the audit itself looks at. */
function contentOf(row: StoredRow, message: number, manifest: Manifest, messages: RunMessages): number {
  const expected = messages.expected(message, session);
  if (expected === undefined) return untold;
  const { origin, key, payload, digest } = expected;
  const right = digestText(digest);
  const columns = [
    whole(row.partition) === none ? 'partition' : '',
    whole(row.offset) === none ? 'offset' : '',
    row.producer === origin.producer ? '' : 'producer',
    row.sequence === origin.sequence ? '' : 'sequence',
    row.topicId === manifest.topicId ? '' : 'topic_id',
    isTime(row.storedAt) ? '' : 'stored_at',
  ].filter(Boolean);
  const isRight = row.digest === right && equal(row.key, key) && equal(row.payload, payload);
  if (isRight && columns.length === 0) return messages.contentOf('');
  // The same text as the log's differences, where the row holds just what the log does.
  const actual = digestText(digestOf(row.key, row.payload, origin));
  return messages.contentOf([`${actual} ${row.digest ?? ''}`, ...columns].join(' '));
}

const equal = (actual: Uint8Array | null, expected: Buffer): boolean =>
  actual !== null && expected.equals(actual);

/** The rows of a batch share their time. */
let latestTime = '';

function isTime(text: string): boolean {
  if (text === latestTime) return true;
  const is = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
  if (is) latestTime = text;
  return is;
}

const whole = (value: number): number => (Number.isSafeInteger(value) && value >= 0 ? value : none);

const newBatch = (): StoreBatch => ({
  count: 0,
  message: new Int32Array(batchRows),
  category: new Uint16Array(batchRows),
  partition: new Int32Array(batchRows),
  offset: new Float64Array(batchRows),
  content: new Int32Array(batchRows),
});
