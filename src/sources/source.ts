/** A source: how the messages of a run get into a user's pipeline. Each kind is a module that opens one. */
import type { OutgoingMessage } from '../config/outgoing-message.ts';
import type { Outcome } from '../run-folder/ledger/outcome.ts';

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
   * rejects because of a message: a connection that breaks makes its outcome unknown. Rejects if nothing more can be handed over.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]>;
  /** All has been sent. Gives sentences about what makes its answers doubtful. */
  end(): Promise<readonly string[]>;
  /** To be called in any case. */
  close(): Promise<void>;
}
