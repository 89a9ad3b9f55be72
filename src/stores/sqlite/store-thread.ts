/** The thread in which an SQLite store does its work: opened at once, then as it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { RowBatch } from '../row-batch.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './store.ts';
import {
  thrownOf,
  type FromThread,
  type Question,
  type ThreadData,
  type ToThread,
} from './thread-messages.ts';

const port = parentPort!;
const { path, categories, asksBeforeCommit } = workerData as ThreadData;
/** Set while a commit waits for leave. */
let onLeave: ((mayCommit: boolean) => void) | undefined;

const say = (message: FromThread): void => port.postMessage(message);

async function askBeforeCommit(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  onLeave = resolve;
  say({ asks: 'before-commit' });
  if (!(await promise)) throw new Error('whoever was asked before the commit refused it');
}

async function answerTo(store: Store, question: Question): Promise<unknown> {
  if (question.ask === 'claim') return await store.claim(question.topic, question.begin);
  if (question.ask === 'offsets') return await store.offsets(question.topicId);
  if (question.ask === 'close') return await store.close();
  return await store.write(question.topicId, RowBatch.shared(question.batch), question.advances);
}

async function answer(number: number, action: () => unknown): Promise<void> {
  try {
    say({ number, value: await action() });
  } catch (error) {
    say({ number, thrown: thrownOf(error) });
  }
}

async function hear(store: Store, message: ToThread): Promise<void> {
  if ('mayCommit' in message) return onLeave?.(message.mayCommit);
  await answer(message.number, () => answerTo(store, message.question));
  // Without it, nothing keeps the thread.
  if (message.question.ask === 'close') port.close();
}

await answer(0, () => {
  const hook = asksBeforeCommit ? { beforeCommit: askBeforeCommit } : {};
  const store = openSqliteStore(path, { categories, ...hook });
  port.on('message', (message: ToThread) => void hear(store, message));
});
