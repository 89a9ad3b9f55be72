import { expect, test } from 'vitest';
import type { NextOffset } from '../../../src/kafka/client/consumer-group.ts';
import { CommitBehind } from '../../../src/pipeline/consumer/commit-behind.ts';

/** A group that notes its commits, and answers when a test lets it. */
function newGroup() {
  const told: (readonly NextOffset[])[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const commit = (offsets: readonly NextOffset[]): Promise<void> => {
    told.push(offsets);
    const answer = Promise.withResolvers<void>();
    answers.push(answer);
    return answer.promise;
  };
  return { told, answers, commits: new CommitBehind({ commit }) };
}

test('while a commit is under way, the newest offset of each partition waits for the next commit', async () => {
  const { told, answers, commits } = newGroup();
  commits.add([{ partition: 0, offset: 1 }]);
  commits.add([{ partition: 0, offset: 2 }]);
  commits.add([{ partition: 1, offset: 7 }]);
  commits.add([{ partition: 0, offset: 3 }]);
  expect(told).toEqual([[{ partition: 0, offset: 1 }]]);
  const flushed = commits.flush();
  answers[0]!.resolve();
  await expect.poll(() => told.length).toBe(2);
  expect(told[1]).toEqual([
    { partition: 0, offset: 3 },
    { partition: 1, offset: 7 },
  ]);
  answers[1]!.resolve();
  await flushed;
  // The next one is sent at once.
  commits.add([{ partition: 1, offset: 8 }]);
  expect(told[2]).toEqual([{ partition: 1, offset: 8 }]);
});

test('the next commit is sent even if the group refused the one before', async () => {
  const { told, answers, commits } = newGroup();
  commits.add([{ partition: 0, offset: 1 }]);
  commits.add([{ partition: 0, offset: 2 }]);
  const flushed = commits.flush();
  answers[0]!.reject(new Error('REBALANCE_IN_PROGRESS'));
  await expect.poll(() => told.length).toBe(2);
  answers[1]!.resolve();
  await flushed;
});

test('dropped offsets are not committed', async () => {
  const { told, answers, commits } = newGroup();
  commits.add([{ partition: 0, offset: 1 }]);
  commits.add([{ partition: 0, offset: 2 }]);
  const dropped = commits.drop();
  answers[0]!.resolve();
  await dropped;
  expect(told).toHaveLength(1);
});
