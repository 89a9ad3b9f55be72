import { exitCodes, usageError } from '../../errors.ts';
import { refuseUsersData } from '../../run-folder/check-folder.ts';
import { findRun } from '../../run-folder/find-run.ts';
import { jsonText } from '../../text/json-text.ts';
import { openSnapshot } from '../../stores/engines.ts';
import type { StoredDeadLetter, StoredRow, StoreSnapshot } from '../../stores/store-snapshot.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

const payloadShownMax = 60;

export async function messagesCommand(
  values: OptionValues,
  { terminal }: Context,
  runId: string | undefined,
): Promise<number> {
  const folder = findRun(values.dir, runId);
  refuseUsersData(folder, 'messages', 'store of its own');
  const store = await openSnapshot(values.store ?? folder.storeInUse());
  try {
    if (values.state !== undefined && !store.categories.includes(values.state)) {
      throw usageError(
        `--state ${values.state} is not a category of this store.`,
        `It has: ${store.categories.join(', ')}.`,
      );
    }
    const isJson = values.json === true;
    const lines =
      values.deadLetters === true
        ? deadLetterLines(store, values.limit, isJson)
        : rowLines(store, values, isJson);
    for await (const line of lines) {
      if (isJson) terminal.printDocument(line);
      else terminal.print(line);
    }
  } finally {
    await store.close();
  }
  return exitCodes.pass;
}

async function* rowLines(
  store: StoreSnapshot,
  { state, limit }: OptionValues,
  isJson: boolean,
): AsyncIterable<string> {
  if (!isJson) yield columns('category', 'id', 'position', 'key', 'payload');
  let left = limit;
  for (const category of state === undefined ? store.categories : [state]) {
    if (left === 0) return;
    for await (const rows of store.rows(category, left)) {
      left -= rows.count;
      for (const row of rows) yield isJson ? jsonText(rowDocument(row)) : rowLine(row);
    }
  }
}

async function* deadLetterLines(store: StoreSnapshot, limit: number, isJson: boolean): AsyncIterable<string> {
  if (!isJson) yield columns('position', 'reason', '', '', 'payload');
  for await (const letters of store.deadLetters(limit)) {
    for (const letter of letters) {
      if (isJson) yield jsonText(letterDocument(letter));
      else yield `${position(letter).padEnd(14)} ${letter.reason}  ${shown(letter.payload)}`;
    }
  }
}

const rowLine = (row: StoredRow): string =>
  columns(row.category, row.id ?? '-', position(row), text(row.key) ?? '-', shown(row.payload));

const columns = (category: string, id: string, at: string, key: string, payload: string): string =>
  `${category.padEnd(14)} ${id.padEnd(12)} ${at.padEnd(10)} ${key.padEnd(14)} ${payload}`.trimEnd();

const position = ({ partition, offset }: { partition: number; offset: number }): string =>
  `${partition}:${offset}`;

function shown(payload: Uint8Array | null): string {
  const whole = text(payload) ?? '-';
  return whole.length > payloadShownMax ? `${whole.slice(0, payloadShownMax)}…` : whole;
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('utf8');

/** Bytes as text and also as base64, since not all bytes are text. */
const rowDocument = ({ key, payload, ...rest }: StoredRow): object => ({
  ...rest,
  key: text(key),
  payload: text(payload),
  payloadBase64: base64(payload),
});

const letterDocument = ({ key, payload, headers, ...rest }: StoredDeadLetter): object => ({
  ...rest,
  key: text(key),
  payload: text(payload),
  payloadBase64: base64(payload),
  headersBase64: base64(headers),
});

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('base64');
