/** The lines that a source's program gets. `docs/reference/protocol.md` describes them for its author. */
import { isUtf8 } from 'node:buffer';
import type { OutgoingMessage, SourceOptions } from '../source.ts';
import type { WorkerPlace } from './source-program.ts';

export const helloLine = (
  { run, bootstrapServers }: Pick<SourceOptions, 'run' | 'bootstrapServers'>,
  worker: WorkerPlace,
): string => lineOf({ nodrop: 1, type: 'hello', run, worker, bootstrapServers });

export const endLine = (): string => lineOf({ type: 'end' });

/** Keys and headers are texts where their bytes are, values are what the config made of them. Bytes are base64. */
export function messageLine({ id, sequence, key, headers, value, document }: OutgoingMessage): string {
  const texts = headers.map(([name, bytes]) => [name, textOf(bytes)] as const);
  const asBytes = headers.filter(([, bytes]) => !isUtf8(bytes)).map(([name]) => name);
  return lineOf({
    type: 'message',
    id,
    sequence,
    key: key === null ? null : textOf(key),
    ...(key !== null && !isUtf8(key) && { keyEncoding: 'base64' }),
    headers: Object.fromEntries(texts),
    ...(asBytes.length > 0 && {
      headerEncodings: Object.fromEntries(asBytes.map((name) => [name, 'base64'])),
    }),
    ...valueOf(value, document),
  });
}

function valueOf(value: Uint8Array | null, document: unknown): object {
  if (value === null) return { value: null };
  if (typeof document === 'string') return { value: document, valueEncoding: 'text' };
  if (document instanceof Uint8Array) return { value: base64(value), valueEncoding: 'base64' };
  return { value: document, valueEncoding: 'json' };
}

const textOf = (bytes: Uint8Array): string =>
  isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : base64(bytes);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const lineOf = (fields: object): string => `${JSON.stringify(fields)}\n`;
