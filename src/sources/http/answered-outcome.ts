/** The outcome of a message by the status of the answer. */
import { STATUS_CODES } from 'node:http';
import type { Handover } from '../source.ts';

/**
 * A service may have taken the message at any status but these: the accepted ones say that it has, those from 400 to 499 that
 * it has not. 408 (Request Timeout) is none of them: some frameworks answer it while the handler goes on. 425 and 429 come
 * before a service looks at the message. `accepted`: default 200 to 299.
 */
export function answeredOutcome(status: number, accepted?: readonly number[]): Handover {
  const isAccepted = accepted?.includes(status) ?? (status >= 200 && status < 300);
  if (isAccepted) return { outcome: 'acked' };
  const error = `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return { outcome: status >= 400 && status < 500 && status !== 408 ? 'rejected' : 'unknown', error };
}
