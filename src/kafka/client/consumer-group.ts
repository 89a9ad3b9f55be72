/**
 * Membership of a consumer group. It reports which partitions are assigned to this member, and commits offsets; the
 * caller fetches records and keeps the positions.
 */
import type { ClientSettings } from './client-settings.ts';
import type { ClientOptions } from './client-options.ts';
import { joinClassicGroup } from './classic-group.ts';

export interface GroupOptions {
  bootstrapServers: string;
  client: ClientOptions;
  settings: ClientSettings;
  group: string;
  topic: string;
  /** The id under which the group knows a static member again; undefined for a dynamic one. */
  instanceId?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface NextOffset {
  partition: number;
  /** The offset of the next record to read. */
  offset: number;
}

export interface GroupAssignment {
  /** The partitions that are assigned to this member. */
  partitions: readonly number[];
  /** Changes with each assignment. */
  generation: number;
  /** Kafka's number of the assignment, the same for all members: it begins again if the group is deleted. */
  epoch: number;
  /** How often the coordinator has confirmed the assignment since. */
  confirmations: number;
}

export interface ConsumerGroup {
  /** Throws `unavailable` if this member was expelled for good. */
  assignment(): GroupAssignment;
  /** To be called once nothing is written any more to partitions that an assignment has taken from this member. */
  settled(assignment: GroupAssignment): void;
  /** To be called when the topic has got more partitions. */
  noteNewPartitions(): void;
  /** Commits offsets to the group. Throws Kafka's error; the caller may go on without the commit. */
  commit(offsets: readonly NextOffset[]): Promise<void>;
  leave(): Promise<void>;
}

/** Joins the group, and returns once this member has an assignment. Throws `unavailable`. */
export async function joinGroup(options: GroupOptions): Promise<ConsumerGroup> {
  if (options.settings['group.protocol'] !== 'consumer') return await joinClassicGroup(options);
  const { joinConsumerGroup } = await import('./consumer-protocol.ts');
  return await joinConsumerGroup(options);
}
