/**
 * A transactional id at its coordinator: it gets the producer's epoch, registers partitions, and ends transactions.
 *
 * The requests are those of the first transaction protocol, which all brokers from 3.1 on serve. In it, every
 * transaction of an epoch looks the same to the coordinator: a request that was delayed may end the wrong one. So after
 * a request whose answer is missing, `isInDoubt` demands a new epoch before the next transaction.
 */
import {
  addPartitionsToTxnV3,
  endTxnV3,
  findCoordinatorV4,
  initProducerIdV4,
  type Broker,
  type Connection,
} from '@platformatic/kafka';
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { checkTransactions } from '../client/api-versions.ts';
import type { Cluster } from '../client/cluster.ts';
import { NotReadyError, errorName, isRetriable, withErrorCodes } from '../client/kafka-errors.ts';
import { needs } from '../client/permissions.ts';
import type { ProducerSequence } from '../record-batch/record-batch-encoder.ts';

/** How a transaction ended. `unknown`: a commit was requested, and no answer says whether it happened. */
export type EndOutcome = { outcome: 'committed' | 'aborted' | 'unknown'; error: string };

interface Answer {
  /** `NONE`, or the name of the error that ended the attempts. */
  error: string;
  /** An attempt without an answer may have been carried out, or still be. */
  isInDoubt: boolean;
}

const transactionKey = 1;
const retryPauseMs = 20;
/** If a coordinator does not answer in this time, the next attempt asks for the coordinator again. */
const attemptTimeoutMs = 5_000;

// The coordinator answers the refusals before it does anything. After an error in neither list of them, the request may
// have been carried out: timeouts, network errors, UNKNOWN_SERVER_ERROR, and what the coordinator also answers if it
// loses its office after it has written its decision.
const passingRefusals = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
const passingDoubts = new Set(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'NETWORK_EXCEPTION']);
const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'PRODUCER_FENCED']);

const finalRefusals = new Set([
  ...fencing,
  'INVALID_TXN_STATE',
  'OPERATION_NOT_ATTEMPTED',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);

const isRefusal = (error: string): boolean => passingRefusals.has(error) || finalRefusals.has(error);

/** Whether the error says that another producer has taken over the transactional id. */
export const isFenced = (error: string): boolean => fencing.has(error);

export class TransactionCoordinator {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  /** After this time without an end, the coordinator aborts a transaction. */
  readonly #transactionTimeoutMs: number;
  /** Called between a request to commit and its answer. */
  readonly #onCommitRequested: () => Promise<void>;
  #broker: Broker | undefined;
  #sequence: ProducerSequence | undefined;
  #isInDoubt = false;

  constructor(
    cluster: Cluster,
    transactionalId: string,
    transactionTimeoutMs: number,
    onCommitRequested: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#cluster = cluster;
    this.transactionalId = transactionalId;
    this.#transactionTimeoutMs = transactionTimeoutMs;
    this.#onCommitRequested = onCommitRequested;
  }

  /** A request of this epoch may still be on its way: nothing but a new epoch shuts it out. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /**
   * A new epoch, which shuts out all earlier ones. The first call aborts what an earlier producer of this id left open,
   * or waits until it is committed. Throws `unavailable` if the coordinator refuses or does not answer in time.
   */
  async newEpoch(deadline: Deadline): Promise<ProducerSequence> {
    const { producerId = -1n, producerEpoch = -1 } = this.#sequence ?? {};
    let sequence: ProducerSequence | undefined;
    const { error } = await this.#ask(deadline, async (connection) => {
      const answer = await withErrorCodes(
        initProducerIdV4.api.async(
          connection,
          this.transactionalId,
          this.#transactionTimeoutMs,
          producerId,
          producerEpoch,
        ),
      );
      sequence = { producerId: answer.producerId, producerEpoch: answer.producerEpoch, baseSequence: 0 };
      return errorName(answer.errorCode);
    });
    if (error !== 'NONE' || sequence === undefined) throw this.refusal('gives no producer id', error);
    this.#isInDoubt = false;
    this.#sequence = sequence;
    return sequence;
  }

  /** Makes partitions part of the transaction, which begins with the first of them. Returns `NONE` or the error. */
  async addPartitions(topic: string, partitions: readonly number[], deadline: Deadline): Promise<string> {
    const { producerId, producerEpoch } = this.#sequence!;
    const { error } = await this.#ask(deadline, async (connection) => {
      const topics = [{ name: topic, partitions: [...partitions] }];
      const { transactionalId } = this;
      const answer = await withErrorCodes(
        addPartitionsToTxnV3.api.async(connection, [
          { transactionalId, producerId, producerEpoch, verifyOnly: false, topics },
        ]),
      );
      const codes = answer.resultsByTransaction.flatMap(({ topicResults }) =>
        topicResults.flatMap(({ resultsByPartition }) =>
          resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
        ),
      );
      const errors = codes.map(errorName).filter((name) => name !== 'NONE');
      // The others were not attempted because of this one.
      return errors.find((name) => name !== 'OPERATION_NOT_ATTEMPTED') ?? errors[0] ?? 'NONE';
    });
    return error;
  }

  /** Ends the transaction. An abort counts as done once it is requested: nothing can commit the transaction then. */
  async end(isCommit: boolean, deadline: Deadline): Promise<EndOutcome> {
    const { producerId, producerEpoch } = this.#sequence!;
    const { error, isInDoubt } = await this.#ask(deadline, async (connection) => {
      const answer = withErrorCodes(
        endTxnV3.api.async(connection, this.transactionalId, producerId, producerEpoch, isCommit),
      );
      // If the point is never left, nothing waits for the answer.
      answer.catch(() => undefined);
      if (isCommit) await this.#onCommitRequested();
      return errorName((await answer).errorCode);
    });
    if (!isCommit) return { outcome: 'aborted', error };
    if (error === 'NONE') return { outcome: 'committed', error };
    // Refused each time: the coordinator, or the producer that fenced this one, aborts the transaction.
    return { outcome: isInDoubt || !isRefusal(error) ? 'unknown' : 'aborted', error };
  }

  /** The error of a request that was refused. */
  refusal(what: string, error: string): Error {
    if (isFenced(error)) {
      return unavailableError(
        `The producer of transactional id ${this.transactionalId} is fenced (${error}): another one has taken over the id, or a transaction took longer than transaction.timeout.ms=${this.#transactionTimeoutMs}.`,
      );
    }
    const { transactionalId } = this;
    const isForbidden = error === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
    const why = isForbidden ? needs(error, 'Write', { transactionalId }) : error;
    return unavailableError(
      `Kafka at ${this.#cluster.bootstrapServers} ${what} for the transactional id ${transactionalId}: ${why}.`,
      isForbidden
        ? { hint: 'Give the producer the permissions Write and Describe on that transactional id.' }
        : {},
    );
  }

  /** Repeats a request until its answer is final, or until the deadline. */
  async #ask(deadline: Deadline, request: (connection: Connection) => Promise<string>): Promise<Answer> {
    let isInDoubt = false;
    let error = 'REQUEST_TIMED_OUT';
    for (;;) {
      const attempt = await this.#attempt(deadline, request);
      ({ error } = attempt);
      isInDoubt ||= attempt.isInDoubt;
      this.#isInDoubt ||= attempt.isInDoubt;
      const isPassing = passingRefusals.has(error) || passingDoubts.has(error);
      if (!isPassing || deadline.isOver) return { error, isInDoubt };
      if (!passingRefusals.has(error)) this.#broker = undefined;
      await deadline.pause(retryPauseMs);
    }
  }

  async #attempt(deadline: Deadline, request: (connection: Connection) => Promise<string>): Promise<Answer> {
    const lost = 'NETWORK_EXCEPTION';
    let isSent = false;
    try {
      const limit = new Deadline(Math.min(attemptTimeoutMs, deadline.remainingMs), deadline.signal);
      const asked = (async (): Promise<string> => {
        const connection = await this.#connection();
        // Nothing may leave after its attempt was given up: it would count as never sent.
        if (limit.isOver) throw new NotReadyError('the coordinator was reached too late');
        isSent = true;
        return await request(connection);
      })();
      asked.catch(() => undefined);
      const error = await limit.within(asked, lost);
      return { error, isInDoubt: isSent && error !== 'NONE' && !isRefusal(error) };
    } catch (error) {
      if (!isRetriable(error)) throw error;
      return { error: lost, isInDoubt: isSent };
    }
  }

  async #connection(): Promise<Connection> {
    this.#broker ??= await this.#find();
    const connection = await this.#cluster.connectionTo(this.#broker);
    checkTransactions(connection);
    return connection;
  }

  async #find(): Promise<Broker> {
    const connection = await this.#cluster.anyConnection();
    checkTransactions(connection);
    const { coordinators } = await withErrorCodes(
      findCoordinatorV4.api.async(connection, transactionKey, [this.transactionalId]),
    );
    const [found] = coordinators;
    const error = errorName(found?.errorCode ?? 0);
    if (error === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED') throw this.refusal('names no coordinator', error);
    if (found === undefined || error !== 'NONE') throw new NotReadyError(`no coordinator: ${error}`);
    return { host: found.host, port: found.port };
  }
}
