/** What a store says about one message or place: rows, dead letters, positions. */
import { messageOf } from '../errors.ts';
import type { Manifest } from '../run-folder/run-folder.ts';
import { openSnapshot } from '../stores/engines.ts';
import type { StoredRow, StoreSearch, StoreSnapshot } from '../stores/store-snapshot.ts';
import { eventsMax, type DeadLetterEvent, type RowEvent } from './timeline.ts';
import type { PlaceSet } from './place-set.ts';

export interface FoundRow {
  event: RowEvent;
  /** A copy, because the snapshot reuses its memory. */
  row: StoredRow;
}

export interface FoundInStore {
  rows: FoundRow[];
  letters: DeadLetterEvent[];
  /** The store's next offset by partition. */
  positions: ReadonlyMap<number, number>;
  /** Why the store could not be read, or not completely. */
  problem?: string;
}

/** The rows of a message and the rows at these places; at most one more than the limit. */
export async function findInStore(
  location: string,
  { id: run, topicId }: Manifest,
  id: string | undefined,
  places: PlaceSet,
): Promise<FoundInStore> {
  const found: FoundInStore = { rows: [], letters: [], positions: new Map() };
  const search: StoreSearch = {
    ...(id !== undefined && { message: { run, id } }),
    topicId,
    places: [...places],
  };
  let store: StoreSnapshot | undefined;
  try {
    store = await openSnapshot(location);
    found.positions = (await store.positions(topicId)).next;
    for (const category of store.categories) await findRows(store, category, search, run, found);
    for await (const letters of store.findDeadLetters(search)) {
      for (const { partition, offset, reason, storedAt } of letters) {
        found.letters.push({ hop: 'dead-letter', time: timeOf(storedAt), partition, offset, reason });
      }
    }
  } catch (error) {
    found.problem = messageOf(error).replace(/\.$/, '');
  } finally {
    await store?.close();
  }
  return found;
}

async function findRows(
  store: StoreSnapshot,
  category: string,
  search: StoreSearch,
  run: string,
  { rows }: FoundInStore,
): Promise<void> {
  for await (const chunk of store.find(category, search)) {
    for (const row of chunk) {
      if (rows.length > eventsMax) return;
      rows.push({ row: copyOf(row), event: rowEvent(row, run) });
    }
  }
}

const rowEvent = (row: StoredRow, run: string): RowEvent => ({
  hop: 'row',
  time: timeOf(row.storedAt),
  id: row.run === run ? row.id : null,
  category: row.category,
  partition: whole(row.partition),
  offset: whole(row.offset),
  differs: null,
});

const copyOf = (row: StoredRow): StoredRow => ({
  ...row,
  key: row.key && Buffer.from(row.key),
  payload: row.payload && Buffer.from(row.payload),
});

const whole = (value: number): number | null => (Number.isSafeInteger(value) && value >= 0 ? value : null);

function timeOf(storedAt: string): number | null {
  const time = Date.parse(storedAt);
  return Number.isNaN(time) ? null : time;
}
