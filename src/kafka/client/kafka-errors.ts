/** The names of Kafka's error codes, and the meaning of connection errors. */
import { GenericError, ResponseError, protocolErrorsCodesById } from '@platformatic/kafka';
import { messageOf } from '../../errors.ts';
import { NotReadyError } from './not-ready-error.ts';

/** `NONE`, `MESSAGE_TOO_LARGE`, …. */
export const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `ERROR_${code}`;

export { NotReadyError };

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
