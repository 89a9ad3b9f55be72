/** Which permission a client lacks, in the words of Kafka's access control. */

/** The operations of Kafka's access control that nodrop needs. */
export type Operation =
  | 'Create'
  | 'Delete'
  | 'Describe'
  | 'DescribeConfigs'
  | 'IdempotentWrite'
  | 'Read'
  | 'Write';

/** One of them. */
export interface Resource {
  topic?: string;
  group?: string;
  transactionalId?: string;
  cluster?: true;
}

/** `it takes the permission Read on group g`. */
export const takes = (operation: Operation, resource: Resource): string =>
  `it takes the permission ${operation} on ${resourceName(resource)}`;

/** The meaning of Kafka's error: the permission that is missing, or else the error's own name. */
export const needs = (error: string, operation: Operation, resource: Resource): string =>
  error.endsWith('_AUTHORIZATION_FAILED') ? `${takes(operation, resource)} (${error})` : error;

export function resourceName({ topic, group, transactionalId }: Resource): string {
  if (topic !== undefined) return `topic ${topic}`;
  if (group !== undefined) return `group ${group}`;
  return transactionalId === undefined ? 'the cluster' : `transactional id ${transactionalId}`;
}
