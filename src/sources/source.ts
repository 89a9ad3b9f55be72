/** A source: how the messages of a run get into a user's pipeline. Each kind is a module that opens one. */
import type { OutgoingMessage } from '../config/outgoing-message.ts';
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import type { Outcome } from '../run-folder/ledger/outcome.ts';

export interface SourceOptions {
  run: string;
  bootstrapServers: string;
  /** Client settings for nodrop's own producer. */
  settings: ClientSettings;
  /** What the programs of a source print goes into this new file, up to a limit. */
  logFile: string;
  /** The addresses that `{url:NAME}` stands for in the environment of a program; undefined if there is none. */
  urlOf(name: string): string | undefined;
  /** Limit of the time without any answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

export type { OutgoingMessage } from '../config/outgoing-message.ts';

export interface Handover {
  outcome: Outcome;
  /** Why it is not acked. */
  error?: string;
  /** Kafka's error code; absent: none. */
  errorCode?: number;
  /** Of the record, if the source tells it; -1 for no offset. */
  partition?: number;
  offset?: number;
}

export interface OpenedSource {
  /** As many messages may be under way at the same time. */
  readonly concurrency: number;
  /** Messages of one call at most. */
  readonly batchMax: number;
  /**
   * Hands messages over; their intents are in the ledger already. Gives the outcomes in the order of the messages. Never
   * rejects because of what became of a message: a connection that breaks makes its outcome unknown. Rejects if nothing more
   * can be handed over, and with `usage` for a message that the source cannot carry. Calls may overlap.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]>;
  /**
   * No more calls of `send` follow; those that are under way settle. A program may need to hear of the end before it tells
   * the last outcomes, so this must not wait for them. Gives sentences about what makes its answers doubtful.
   */
  end(): Promise<readonly string[]>;
  /** To be called in any case. */
  close(): Promise<void>;
}

/** A send of which a program tells that makes messages of its own. */
export interface ReportedSend extends Handover {
  key: string | null;
  value: string;
}

/**
 * A source that makes messages of its own, and reports what became of each. No ledger has its intents: if it dies, sends may
 * be missing from its report.
 */
export interface ReportedSource {
  /** Runs the program to its end, in the order of its report. To be called once. */
  sends(): AsyncIterable<ReportedSend>;
  /** After the sends: sentences about why the report is not whole. */
  end(): Promise<readonly string[]>;
  /** To be called in any case. */
  close(): Promise<void>;
}
