/**
 * Ways in which pipelines lose, duplicate, reorder, corrupt or misplace messages, each on a real pipeline: by a
 * defect planted in a stage, by a fault, or by an administrator or a disk. Numbers and names are those of
 * `test/fixtures/histories`, which has the same ways as evidence written by hand.
 */
import type { Blame, Cause, FindingKind } from '../../src/result/verdict.ts';
import { commandOf } from '../fixtures/example-command.ts';
import { breakTopic } from './broken-topics.ts';
import type { Outcome, Trial } from './trial.ts';

export interface LiveMutant {
  name: string;
  /** The finding and blame that the audit must report; 'nothing' if the pipeline must survive the mutant. */
  expected: { kinds: FindingKind[]; blame: Blame; cause?: Cause } | 'nothing';
  run(trial: Trial): Promise<Outcome>;
}

/** All messages are published at once. A defect hits a message from the middle. */
const load = ['--messages=600', '--timeout=10s'];
const message = (trial: Trial): number => trial.pick(100, 500);

/** A defect of a stage, in a run without faults. */
const planted = (
  name: string,
  kind: string,
  expected: LiveMutant['expected'],
  args: readonly string[] = [],
): LiveMutant => ({
  name,
  expected,
  run: async (trial) => await trial.run([...load, trial.shared, ...args], `${kind}:${message(trial)}`),
});

/** A rate keeps the run active until its faults are due. */
const paced = (seconds: number): string[] => ['--rate=300', `--duration=${seconds}s`];
/** Faults that a run must survive. */
const survived = (name: string, args: (trial: Trial) => string[]): LiveMutant => ({
  name,
  expected: 'nothing',
  run: async (trial) => await trial.run(args(trial)),
});

const lostBy = (blame: Blame, cause?: Cause): LiveMutant['expected'] => ({
  kinds: ['lost'],
  blame,
  ...(cause && { cause }),
});
const isProducers = (kind: FindingKind): LiveMutant['expected'] => ({ kinds: [kind], blame: 'producer' });
const byBroker = (cause?: Cause): LiveMutant['expected'] => ({
  kinds: ['lost', 'offset-conflict'],
  blame: 'broker',
  ...(cause && { cause }),
});
/** The producer gives up sends while only their answers are lost. */
const hasty = ['-X', 'delivery.timeout.ms=1200', '-X', 'request.timeout.ms=500'];
const quickGroup = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];

export const liveMutants: readonly LiveMutant[] = [
  {
    name: '01-acks-without-replicas',
    expected: byBroker('acks=1'),
    run: async (trial) => await trial.run(commandOf('acks-1')),
  },
  { name: '02-last-replica-wiped', expected: byBroker(), run: breakTopic.wipeLastReplica },
  {
    name: '03-unclean-election',
    expected: byBroker('unclean-election'),
    run: async (trial) => await trial.run(commandOf('unclean-election')),
  },
  { name: '04-page-cache-lost', expected: byBroker(), run: breakTopic.cutSegment },
  survived('05-producer-buffer-lost', ({ shared }) => [
    ...paced(3),
    shared,
    '--fault=kill-producer@1s+never',
  ]),
  { name: '06-send-error-swallowed', expected: 'nothing', run: breakTopic.refuseWrites },
  {
    name: '07-timeout-and-resend',
    expected: isProducers('duplicated'),
    run: async (trial) =>
      await trial.run([...paced(6), '--fault=cut:producer-acks@2s+2s', ...hasty], 'resend-unknown:0'),
  },
  {
    name: '08-retry-without-idempotence',
    // Several batches in flight also overtake each other.
    expected: { kinds: ['duplicated', 'reordered'], blame: 'producer' },
    run: async (trial) =>
      await trial.run(
        [...paced(6), '--fault=cut:producer-acks@2s+2s', ...hasty, '-X', 'enable.idempotence=false'],
        'resend-unknown:0',
      ),
  },
  planted('09-several-in-flight', 'swap', isProducers('reordered'), [
    '--batch-size=10',
    '-X',
    'enable.idempotence=false',
  ]),
  {
    name: '10-producer-id-reset',
    expected: isProducers('duplicated'),
    run: async (trial) =>
      await trial.run(
        [
          ...paced(12),
          '--brokers=3',
          '--fault=cut:producer-acks@2s+2s',
          '--fault=kill-leader@2500ms+3s',
          ...hasty,
        ],
        'resend-unknown:0',
      ),
  },
  planted('11-sequence-collision', 'collide', isProducers('offset-conflict'), ['--batch-size=10']),
  {
    name: '12-freeze-and-thaw',
    expected: lostBy('broker'),
    run: async (trial) =>
      await trial.run(
        [...paced(14), '--brokers=3', '--fault=pause-majority@2s+8s'],
        `claim-ack:${trial.pick(610, 650)}`,
      ),
  },
  planted('13-torn-transaction', 'tear-transaction', { kinds: ['torn-transaction'], blame: 'broker' }, [
    '--transactional',
    '--batch-size=10',
    '--transaction-size=50',
  ]),
  {
    name: '14-aborted-read',
    expected: { kinds: ['aborted-read', 'duplicated'], blame: 'consumer' },
    run: breakTopic.abortTransaction,
  },
  {
    name: '15-producer-replays',
    expected: isProducers('duplicated'),
    run: async (trial) =>
      await trial.run(
        [...paced(5), trial.shared, '--fault=kill-producer@2s+1s'],
        `replay:${trial.pick(0, 200)}`,
      ),
  },
  // The producer keeps to the partitions with which its run began.
  { name: '16-partitions-added', expected: 'nothing', run: breakTopic.addPartitions },
  {
    name: '17-retention-beats-consumer',
    expected: { kinds: ['expired'], blame: 'broker', cause: 'retention' },
    run: async (trial) =>
      await trial.run([
        ...paced(7),
        trial.shared,
        '--fault=pause-consumer@1s+4s',
        '--fault=delete-records@3s',
      ]),
  },
  {
    name: '18-reset-to-latest',
    expected: lostBy('consumer'),
    run: async (trial) => {
      await trial.step('produce', [`--seed=${trial.seed}`, '--messages=600']);
      const log = await trial.consume('skip-to-end:0');
      return await trial.verify(log.includes('has done it'));
    },
  },
  {
    name: '19-committed-offset-expired',
    expected: lostBy('consumer'),
    run: async (trial) => {
      await trial.halt();
      await trial.deleteGroup();
      const log = await trial.consume('trust-group:0');
      return await trial.verify(log.includes('has done it'));
    },
  },
  { name: '20-compaction', expected: 'nothing', run: breakTopic.compact },
  { name: '21-topic-recreated', expected: lostBy('broker', 'topic-recreated'), run: breakTopic.recreate },
  planted('22-commit-before-processing', 'commit-before-store', {
    kinds: ['overcommitted'],
    blame: 'consumer',
    cause: 'commit-before-write',
  }),
  survived('23-crash-before-commit', ({ shared }) => [
    ...paced(5),
    shared,
    ...quickGroup,
    '--fault=kill-consumer:after-store-commit@2s+1s',
  ]),
  planted('24-commit-past-a-hole', 'hole', lostBy('consumer'), ['--rate=300']),
  survived('25-zombie-consumer', ({ shared }) => [
    ...paced(9),
    shared,
    ...quickGroup,
    '--consumers=2',
    '--fault=pause-consumer@2s+5s',
  ]),
  survived('26-delivered-after-revocation', ({ shared }) => [
    ...paced(9),
    shared,
    '--fault=rebalance-storm@1s+6s',
  ]),
  {
    name: '27-offset-off-by-one',
    expected: lostBy('consumer'),
    run: async (trial) => {
      await trial.halt();
      const log = await trial.consume('off-by-one:0');
      return await trial.verify(log.includes('has done it'));
    },
  },
  survived('28-stale-fetch-session', () => [...paced(10), '--brokers=3', '--fault=kill-leader@2s+3s']),
  planted('29-silent-stall', 'stall', { kinds: ['stalled'], blame: 'consumer' }, ['--store-timeout=5s']),
  {
    name: '30-poison-skipped',
    expected: lostBy('consumer'),
    run: async (trial) =>
      await trial.run(
        [...paced(4), trial.shared, '--fault=poison@1s'],
        `drop-dead-letter:${trial.pick(0, 10)}`,
      ),
  },
  survived('31-ambiguous-commit', ({ postgres }) => [...paced(6), postgres, '--fault=cut-commit@2s+2s']),
  survived('32-write-not-durable', ({ postgres }) => [...paced(7), postgres, '--fault=restart-store@2s+2s']),
  planted('33-partial-batch', 'half-batch', lostBy('consumer')),
  planted('34-stale-upsert', 'stale-upsert', { kinds: ['corrupted'], blame: 'consumer' }),
  planted('35-value-not-kept', 'flip-byte', { kinds: ['corrupted'], blame: 'consumer' }),
  planted('36-wrong-category', 'misroute', { kinds: ['misclassified'], blame: 'consumer' }),
  planted('k1-sent-by-nobody', 'invent', { kinds: ['phantom'], blame: 'consumer' }),
  planted('dropped-before-store', 'drop-before-store', lostBy('consumer')),
  planted('stored-twice', 'double', { kinds: ['duplicated', 'misclassified'], blame: 'consumer' }),
  planted('deleted-after-store', 'delete-after-store', lostBy('store')),
  planted('ack-claimed', 'claim-ack', lostBy('broker'), ['--batch-size=10']),
];
