/** What is to be checked, as a user asks for it. */
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import type { IdPlace, ValuePlace } from '../values/value-place.ts';

export type Rule = 'once' | 'at-least-once' | 'latest';

/** Stands for a record without a value, where drops are declared. */
export const tombstone = 'tombstone';

/** The begin or the end of a range: by partition, or a time in ms since the epoch. */
export type Bound = 'earliest' | 'latest' | { offsets: ReadonlyMap<number, number> } | { time: number };

export interface Comparison {
  /** As it was written. */
  text: string;
  record: ValuePlace;
  row: ValuePlace;
}

export interface CheckPlan {
  bootstrapServers: string;
  settings: ClientSettings;
  topics: readonly string[];
  from: Bound;
  to: Bound;
  id: IdPlace;
  category: ValuePlace | undefined;
  categoryMap: ReadonlyMap<string, string>;
  comparisons: readonly Comparison[];
  /** The cluster of sinks that are topics. */
  sinkKafka: { bootstrapServers: string; settings: ClientSettings };
  /** At least one. */
  sinks: readonly SinkPlan[];
  /** Where a record says in which sink it belongs; undefined: in each. */
  route: ValuePlace | undefined;
  rule: Rule;
  version: { record: ValuePlace; row: ValuePlace | undefined } | undefined;
  drops: readonly { place: ValuePlace; value: string }[];
  /** Whether records without a value are drops, too. */
  dropsTombstones: boolean;
  dropReason: string | undefined;
  /** Where the pipeline puts what it cannot handle: a topic, or a table beside the rows of a sink. */
  deadLetters: { topic: string } | { table: string; sink: SinkPlan } | undefined;
  group: string | undefined;
  settleMs: number;
  /** Limit of the time without progress, and of the wait for the drain. */
  timeoutMs: number;
  /** About how many messages are looked at; undefined: all. */
  sample: number | undefined;
}

export interface SinkPlan extends SinkChoice {
  /** Unique among the sinks: the name that the user gave it, or its number. */
  label: string;
  id: IdPlace;
  category: ValuePlace | undefined;
}

export interface SinkChoice {
  location: string;
  query?: string | undefined;
  table?: string | undefined;
}

/** Whether a location is a topic, which keeps all versions of a key unless it is compacted. */
export const isTopic = (location: string): boolean => location.startsWith('topic:');
