/** The errors of a group's coordinator: which pass, and what the others say to a user. */
import { OperationalError, unavailableError } from '../../errors.ts';
import { connectionError, isRefusal } from './connection-problem.ts';
import type { GroupOptions } from './consumer-group.ts';
import { isRetriable, problemOf } from './kafka-errors.ts';
import { needs } from './permissions.ts';

/** The member is out of the group, and may join it again. */
export const expulsions: ReadonlySet<string> = new Set(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID']);

/** Another broker coordinates the group, or will. */
export const coordinatorErrors: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);

/** The errors that another attempt meets again. */
export const lastingErrors: ReadonlySet<string> = new Set([
  'FENCED_INSTANCE_ID',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_ID_NOT_FOUND',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_REQUEST',
  'INVALID_SESSION_TIMEOUT',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_ASSIGNOR',
  'UNSUPPORTED_VERSION',
]);

/** `problem`: the name of Kafka's error. `detail`: the coordinator's own words. */
export function joinError(
  options: GroupOptions,
  problem: string,
  { detail, cause }: { detail?: string | null | undefined; cause?: unknown } = {},
): OperationalError {
  const { bootstrapServers, group, settings } = options;
  if (problem === 'FENCED_INSTANCE_ID') return fencedError(options);
  if (problem === 'UNSUPPORTED_VERSION' && settings['group.protocol'] === 'consumer')
    return notSpokenError(bootstrapServers);
  const hint = hintOf(problem, options) ?? detail ?? undefined;
  return unavailableError(
    `Group ${group} cannot be joined at ${bootstrapServers}: ${reasonOf(problem, options)}.`,
    { cause, ...(hint !== undefined && { hint }) },
  );
}

/** A member needs Read on its group, and Describe on its topic to learn of the partitions. */
const reasonOf = (problem: string, { group, topic }: GroupOptions): string =>
  problem === 'TOPIC_AUTHORIZATION_FAILED'
    ? needs(problem, 'Describe', { topic })
    : needs(problem, 'Read', { group });

function hintOf(problem: string, { instanceId }: GroupOptions): string | undefined {
  if (problem === 'INCONSISTENT_GROUP_PROTOCOL')
    return 'All its members need the same group.protocol and partition.assignment.strategy.';
  if (problem === 'UNRELEASED_INSTANCE_ID')
    return `Another consumer is in the group as ${instanceId}. If it was killed, wait for its session to end.`;
  return undefined;
}

/** The error of a group request as a user sees it; a bug stays as it is. */
export function asJoinError(options: GroupOptions, error: unknown): unknown {
  if (error instanceof OperationalError) return error;
  if (isRefusal(error))
    return connectionError(options.bootstrapServers, 'refuses the connection', error, options.client);
  return isRetriable(error) ? joinError(options, problemOf(error), { cause: error }) : error;
}

/** A static member was expelled: another consumer has its id. */
export const fencedError = ({ group, instanceId }: GroupOptions): OperationalError =>
  unavailableError(`Another consumer has joined group ${group} as ${instanceId}, so this one ends.`, {
    hint: 'Give each consumer of the group a group.instance.id of its own.',
  });

export const notSpokenError = (bootstrapServers: string): OperationalError =>
  unavailableError(`Kafka at ${bootstrapServers} does not speak group.protocol=consumer.`, {
    hint: 'It takes Kafka 4.0 or newer with group.version=1 (kafka-features.sh). Leave the setting out, or set group.protocol=classic.',
  });
