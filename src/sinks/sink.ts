/**
 * A sink: where a user's pipeline puts its rows. It is only read: nothing is created, changed or locked there, no group
 * is joined and no offset committed. Each kind of sink is a module that opens a location.
 */
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import type { ValuePlace } from '../values/value-place.ts';
import type { ValueBatch, ValueKind } from '../values/value-batch.ts';

/** A column of a sink's rows, or for a sink of documents a place that a sample of them has. */
export interface SinkColumn {
  /** How a user would write its place: `column:NAME`, `json:PATH`, `header:NAME` or `key`. */
  place: string;
  /** The type as the sink names it, for messages. */
  type: string;
  kind: ValueKind;
}

export interface SinkOptions {
  /** The location as the user wrote it, without a password. */
  location: string;
  /** For a database: rows come from this query, or from this table. Exactly one of them is given. */
  query?: string | undefined;
  table?: string | undefined;
  /** For `topic:`: the cluster. */
  kafka?: { bootstrapServers: string; settings: ClientSettings } | undefined;
  /** Limit of the time without any answer. */
  timeoutMs: number;
  /** For `topic:` sinks, and for lags of replicas: not to be read before this moment of the wall clock. */
  asOf?: Date | undefined;
  signal: AbortSignal;
}

/** The sink has all records of the partition below this offset. */
export interface SinkPosition {
  topic: string | undefined;
  partition: number;
  offset: number;
}

/** A record that the sink has in none of its rows, because it could not be sorted. */
export interface SinkDeadLetter extends SinkPosition {
  reason: string;
  id: string | undefined;
  digest: string | undefined;
}

/** Why a row that the pipeline wrote may be gone. */
export interface SinkHole {
  by: 'retention' | 'compaction';
  /** A clause: "Kafka has removed …". */
  text: string;
}

/** One look at the sink, from one snapshot where there is one. */
export interface SinkReading {
  /** The kind of each place, in their order. A sink of documents tells `json` where it depends on the value. */
  readonly kinds: readonly ValueKind[];
  /** Why the rows do not come from one snapshot, in a sentence; undefined if they do. Files tell after the batches. */
  readonly noSnapshot: string | undefined;
  /** The rows that the sink expects to have, for progress and disk space; undefined if it cannot tell cheaply. */
  readonly estimate: number | undefined;
  /** Where the sink may have removed rows by itself; absent if it never does. */
  readonly holes?: readonly SinkHole[];
  /** Sentences that the user should read, such as "waited 2.1 s for the replica". */
  readonly notes: readonly string[];
  /** The values at the places, in batches of some thousand rows. A batch is valid until the next is asked for. */
  batches(): AsyncIterable<ValueBatch>;
  /** After the batches, if the sink tells such: at most one for each partition. */
  positions?(): readonly SinkPosition[];
  /** After the batches, if the sink tells such. */
  deadLetters?(): readonly SinkDeadLetter[];
  /** To be called in any case. Ends a statement that still runs. */
  close(): Promise<void>;
}

/**
 * Errors: `usage` (64) where the user can mend it by another option: a query that the database refuses, no such
 * column, no such table or file, a place that this kind of sink does not have; `unavailable` (69) where the sink cannot
 * be reached or read: no connection, permission denied, a statement that ran into its timeout, a file that is cut off.
 */
export interface Sink {
  /** For messages and evidence: without user and secrets. */
  readonly name: string;
  /** What the rows are called in sentences: `rows`, `records` or `lines`. */
  readonly rows: string;
  /** The columns, or the places of a sample of documents: for messages that say which there are, and for proposals. */
  columns(): Promise<readonly SinkColumn[]>;
  open(places: readonly ValuePlace[]): Promise<SinkReading>;
  /**
   * As `open`, for the rows that have one of these texts in a column. Missing if the sink could only read all rows;
   * undefined if that is so for this column.
   */
  find?(
    places: readonly ValuePlace[],
    column: ValuePlace,
    texts: readonly string[],
  ): Promise<SinkReading | undefined>;
  close(): Promise<void>;
}

/** Opens a location of one kind. Throws `usage` for options that do not fit the kind. */
export type OpenSink = (options: SinkOptions) => Promise<Sink>;
