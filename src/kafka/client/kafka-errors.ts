/** The names of Kafka's error codes, and the meaning of connection errors. */
import {
  AuthenticationError,
  GenericError,
  ResponseError,
  UserError,
  protocolErrorsCodesById,
} from '@platformatic/kafka';
import { messageOf } from '../../errors.ts';

/** `NONE`, `MESSAGE_TOO_LARGE`, …. */
export const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `ERROR_${code}`;

/** The cluster answered, but is not ready for the request: another attempt may succeed. */
export class NotReadyError extends Error {}

/** The library throws if an answer contains an error code. nodrop reads codes as data: this returns the answer. */
export async function withErrorCodes<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ResponseError) return (error as unknown as { response: T }).response;
    throw error;
  }
}

/** Whether the error is a problem with the cluster, which another attempt may not meet, and not a bug. */
export const isRetriable = (error: unknown): boolean =>
  error instanceof NotReadyError || (error instanceof Error && GenericError.isGenericError(error));

const certificateCodes = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)/;

/** Whether a login or a certificate was refused: another attempt would fail as well. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AuthenticationError || error instanceof UserError) return true;
  if (certificateCodes.test(String((error as NodeJS.ErrnoException).code))) return true;
  return isRefusal(error.cause) || (error instanceof AggregateError && error.errors.some(isRefusal));
}

/** The innermost message: `connect ECONNREFUSED 127.0.0.1:9092` rather than `Cannot connect to any broker.` */
export function rootMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return rootMessage(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? rootMessage(error.cause) : messageOf(error);
}

/** The name of Kafka's error, if it is one, otherwise the innermost message. */
export function problemOf(error: unknown): string {
  const { apiId, errors, cause } = error as { apiId?: unknown; errors?: unknown[]; cause?: unknown };
  if (typeof apiId === 'string') return apiId;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? messageOf(error) : problemOf(inner);
}
