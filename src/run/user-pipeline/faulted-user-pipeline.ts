/** A user's pipeline as faults see it: brokers, processes, and their network. */
import { unavailableError } from '../../errors.ts';
import type { BrokerVictim, NetworkLink, Pipeline, UserVictim } from '../../faults/fault.ts';
import { activeController } from '../../kafka/client/active-controller.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { asVictim } from '../faulted-pipeline.ts';
import type { RunKafka } from '../run-kafka.ts';

export interface FaultedParts {
  kafka: RunKafka;
  cluster: Cluster;
  /** The topic whose leaders are meant by faults on leaders: the first of the pipeline. undefined: it has none. */
  topic: string | undefined;
  processes: ReadonlyMap<string, readonly UserVictim[]>;
  links: ReadonlyMap<string, NetworkLink>;
  signal: AbortSignal;
}

/** Nothing of nodrop's own stages and store is there: faults on them are refused before the run. */
const notThere = (): never => {
  throw new Error("bug: a fault on a part of nodrop's own pipeline");
};

export function faultedUserPipeline({
  kafka,
  cluster,
  topic,
  processes,
  links,
  signal,
}: FaultedParts): Pipeline {
  const brokers: BrokerVictim[] = (kafka.broker?.brokers ?? []).map(asVictim);
  return {
    brokers,
    producers: [],
    consumers: [],
    processes,
    links,
    signal,
    partitions: async () => {
      const found = topic === undefined ? undefined : await cluster.metadataAgain(topic);
      if (found === undefined) throw unavailableError('the pipeline has no topic whose leaders are known');
      return found.partitions;
    },
    controller: async () => await activeController(cluster),
    deleteRecords: notThere,
    members: notThere,
    deleteOffsets: notThere,
    publish: notThere,
    deadLetters: notThere,
    positions: notThere,
    starts: notThere,
    ends: notThere,
    stableEnds: notThere,
    takeOver: notThere,
    lockStore: notThere,
    endStoreSessions: notThere,
    joinConsumer: notThere,
  };
}
