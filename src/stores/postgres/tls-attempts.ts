/** With or without TLS: the attempts of an `sslmode`, and which of their errors tells what is wrong. */
import type { ConnectionOptions } from 'node:tls';
import { invalidAuthorization, sqlStateOf } from './error-text.ts';
import { isTlsError, lacksTls } from './tls-error-text.ts';
import type { Tls } from './tls.ts';

/** Options for TLS, or false for a session in the clear. */
export type MaybeTls = ConnectionOptions | false;

/** Opens a session by the first attempt that succeeds. */
export async function attemptTls<T>(
  { mode, options }: Tls,
  attempt: (tls: MaybeTls) => Promise<T>,
): Promise<T> {
  if (mode === 'disable') return await attempt(false);
  if (mode !== 'allow' && mode !== 'prefer') return await attempt(options);
  const [first, second] = mode === 'allow' ? ([false, options] as const) : ([options, false] as const);
  try {
    return await attempt(first);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await attempt(second).catch((other: unknown) => {
      throw mode === 'allow' ? tellingOf(error, other) : tellingOf(other, error);
    });
  }
}

/** Whether the other attempt may succeed. After a wrong password or in an outage, it would not. */
const isRefusal = (error: unknown): boolean =>
  isTlsError((error as Error).cause) || sqlStateOf(error) === invalidAuthorization;

/** If the server refuses sessions without TLS, the attempt with TLS tells what is wrong. */
const tellingOf = (plain: unknown, encrypted: unknown): unknown =>
  sqlStateOf(plain) === invalidAuthorization && !lacksTls((encrypted as Error).cause) ? encrypted : plain;
