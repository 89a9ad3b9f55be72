/**
 * A topic's metadata, kept fresh in the background: no fetch waits for a refresh. It follows new leaders and new
 * partitions, and refuses a topic that was deleted or recreated.
 */
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { Cluster, TopicMetadata } from '../client/cluster.ts';

export interface TopicViewOptions {
  /** The view asks for the metadata at least this often. */
  maxAgeMs: number;
  /** How long the cluster may not know the topic. */
  timeoutMs: number;
  onNewPartitions: () => void;
}

const pauseMsMin = 50;
const pauseMsMax = 500;
const quietMs = 2_000;
/** A broker that lags behind may know an earlier topic of that name. */
const otherTopicMsMax = 2_000;

export class TopicView {
  readonly #cluster: Cluster;
  readonly #options: TopicViewOptions;
  #topic: TopicMetadata;
  /** Ends when the metadata are too old. */
  #fresh: Deadline;
  #refreshing: Promise<void> | undefined;
  #pauseMs = pauseMsMin;
  /** Ends when no refresh was asked for in a while. */
  #quiet = new Deadline(quietMs);
  #isDoubtful = false;
  #failure: { error: unknown } | undefined;
  /** Since when the cluster has said something else than that the topic is there. */
  #doubt: { says: string | undefined; limit: Deadline } | undefined;

  constructor(cluster: Cluster, topic: TopicMetadata, options: TopicViewOptions) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    this.#fresh = new Deadline(options.maxAgeMs);
  }

  /** The metadata that were last known. Throws `unavailable` if the topic is gone or no broker answers. */
  get topic(): TopicMetadata {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isDoubtful || this.#fresh.hasPassed) this.refresh();
    return this.#topic;
  }

  /** Begins to refresh the metadata, unless a refresh is under way. The pause before it grows while nothing changes. */
  refresh(): void {
    if (this.#quiet.hasPassed) this.#pauseMs = pauseMsMin;
    this.#quiet.restart();
    if (this.#refreshing !== undefined) return;
    this.#refreshing = this.#refresh()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  async #refresh(): Promise<void> {
    const { topic: name, topicId } = this.#topic;
    const deadline = this.#cluster.deadline();
    await deadline.pause(this.#pauseMs);
    const found = await this.#cluster.metadata(name);
    this.#fresh.restart();
    this.#isDoubtful = found?.topicId !== topicId;
    if (found?.topicId !== topicId) return this.#doubtTopic(found?.topicId);
    this.#doubt = undefined;
    const isSame = JSON.stringify(found.partitions) === JSON.stringify(this.#topic.partitions);
    this.#pauseMs = isSame ? Math.min(this.#pauseMs * 2, pauseMsMax) : pauseMsMin;
    // Metadata of a broker that lags behind may lack partitions that are known already.
    const more = found.partitions.length - this.#topic.partitions.length;
    if (more >= 0) this.#topic = found;
    if (more > 0) this.#options.onNewPartitions();
  }

  /** Looks for new partitions at once if the topic is known to have this many. */
  expect(partitions: number): void {
    if (partitions > this.#topic.partitions.length) this.refresh();
  }

  /** Throws if the cluster goes on saying that the topic is gone, or that there is another one. */
  #doubtTopic(says: string | undefined): void {
    const { topic, topicId } = this.#topic;
    if (this.#doubt === undefined || this.#doubt.says !== says) {
      const limitMs = says === undefined ? this.#options.timeoutMs : otherTopicMsMax;
      this.#doubt = { says, limit: new Deadline(Math.min(limitMs, this.#options.timeoutMs)) };
    }
    if (this.#doubt.limit.hasPassed) {
      const now = says === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : `its id was ${topicId} and is ${says}`;
      throw unavailableError(`Topic ${topic} was deleted or recreated while it was consumed: ${now}.`);
    }
  }
}
