/** The headers of a message as those of a request. What HTTP would change or refuse is not sent. */
import { validateHeaderName } from 'node:http';
import { usageError } from '../../errors.ts';
import type { OutgoingMessage } from '../source.ts';

/** They belong to the connection, or say where the body ends. */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Throws `usage` for a header of the config that HTTP cannot carry. The message does not repeat a value. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    const why = problemOf(name, value);
    if (why !== undefined) throw usageError(`The HTTP source cannot have the header ${name}: ${why}.`);
  }
}

/**
 * Names are in lower case. A header of the message goes before one of the config. Throws `usage` if HTTP cannot carry a
 * header of the message.
 */
export function requestHeaders(
  given: Readonly<Record<string, string>>,
  message: OutgoingMessage,
  bytes: number,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'content-type': contentTypeOf(message.document) };
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  const own: Record<string, string[]> = {};
  for (const [name, value] of message.headers) {
    const text = Buffer.from(value).toString('latin1');
    const why = problemOf(name, text);
    if (why !== undefined)
      throw usageError(
        `Message ${message.id}: HTTP cannot carry its header ${name}: ${why}.`,
        'Put the value into the body, or write it in ASCII: as base64, say.',
      );
    (own[name.toLowerCase()] ??= []).push(text);
  }
  return { ...headers, ...own, 'content-length': String(bytes) };
}

function problemOf(name: string, value: string): string | undefined {
  if (reserved.has(name.toLowerCase())) return 'it belongs to the connection';
  try {
    validateHeaderName(name);
  } catch {
    return 'its name is none for HTTP';
  }
  if (!/^[\t\x20-\x7e]*$/.test(value)) return 'its value has other characters than those of ASCII';
  if (value !== value.trim()) return 'its value begins or ends with a blank, which a receiver removes';
  return undefined;
}

function contentTypeOf(document: unknown): string {
  if (typeof document === 'string') return 'text/plain; charset=utf-8';
  return document instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
}
