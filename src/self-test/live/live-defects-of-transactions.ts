/** Defects of live pipelines whose producer writes transactions. */
import { abortTransaction, copyAborted } from './damage-topic.ts';
import type { LiveDefect } from './live-defect.ts';
import { inOneGo, inSteps } from './scenarios.ts';

/** Several batches in each transaction, so that one can be torn. */
const transactional = ['--transactional', '--batch-size=10', '--transaction-size=50'];
const someAborted = [...transactional, '--abort-rate=0.5', '--partitions=1'];

export const liveDefectsOfTransactions: LiveDefect[] = [
  {
    name: 'a committed transaction, partly aborted',
    hop: 'log',
    expected: { kind: 'torn-transaction', blame: 'broker' },
    scenario: inOneGo(...transactional),
    planting: { sabotage: 'tear-transaction' },
  },
  {
    name: 'a committed copy of an aborted message',
    hop: 'log',
    expected: { kind: 'torn-transaction', blame: 'producer' },
    scenario: inSteps({ produce: someAborted }),
    planting: { beforeConsuming: copyAborted },
    twin: { scenario: inSteps({ produce: someAborted }), planting: { beforeConsuming: abortTransaction } },
  },
  {
    name: 'an aborted message that was stored',
    hop: 'journal',
    expected: { kind: 'aborted-read', blame: 'consumer' },
    scenario: inSteps({ produce: someAborted, consume: ['-X', 'isolation.level=read_uncommitted'] }),
    planting: {},
    twin: { scenario: inSteps({ produce: someAborted }), planting: {} },
  },
];
