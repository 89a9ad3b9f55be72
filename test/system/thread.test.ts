import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperationalError } from '../../src/errors.ts';
import { FencedError, StoreOutageError } from '../../src/stores/store.ts';
import { errorOf, startThread, thrownOf, type Thread } from '../../src/system/thread.ts';
import type { AnsweringThread, AnsweringThreadParent } from '../fixtures/answering-thread.ts';

let notes: string[];
let thread: Thread<AnsweringThread>;

beforeEach(() => {
  notes = [];
  const handlers: AnsweringThreadParent = {
    note: (text) => void notes.push(text),
    answer: (text) => {
      if (text === 'wrong') throw new Error(`no ${text}`);
      return `${text}!`;
    },
  };
  thread = startThread('../fixtures/answering-thread', import.meta.url, { data: { given: 1 }, handlers });
});
afterEach(() => thread.terminate());

test('each call to a thread gets its own answer, and shared memory stays shared', async () => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const answers = await Promise.all([
    thread.call('add', 1, 2),
    thread.call('given'),
    thread.call('fill', shared),
    thread.call('add', 3, 4),
  ]);
  expect(answers).toEqual([3, { given: 1 }, undefined, 7]);
  expect([...shared]).toEqual([7, 7]);
});

test('a thread takes compiled sources from the cache on disk', async () => {
  expect(await thread.call('compileCache')).toEqual(expect.any(String));
});

test('a thread can call its parent, and its notes arrive in order', async () => {
  expect(await thread.call('askBack', 'hello')).toBe('hello!');
  expect(notes).toEqual(['before hello', 'after hello!']);
  await expect(thread.call('askBack', 'wrong')).rejects.toThrow('no wrong');
});

test('an error in a thread arrives with its code and hint, and the thread answers further calls', async () => {
  const error = await thread.call('refuse').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperationalError);
  expect(error).toMatchObject({ code: 'usage', exitCode: 64, message: 'wrong', hint: 'right' });
  await expect(thread.call('unclonable')).rejects.toThrow('could not be cloned');
  expect(await thread.call('add', 1, 1)).toBe(2);
});

test.each([
  ['crash', 'a bug'],
  ['exit', 'the thread answering-thread has ended'],
] as const)('if a thread ends unexpectedly (%s), pending and later calls fail', async (how, why) => {
  const asked = [thread.call(how), thread.call('add', 1, 1).then(() => thread.call('given'))];
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { message: why } });
  await expect(thread.call('given')).rejects.toThrow(why);
  expect((await thread.ended).message).toBe(why);
  await thread.close();
});

test('close() lets a thread run its close handler, and then ends it', async () => {
  await thread.close();
  expect(notes).toEqual(['closing']);
  await expect(thread.call('given')).rejects.toThrow('the thread answering-thread has ended');
  await thread.close();
});

test('errors pass between threads with their class, fields, stack and cause', () => {
  const cause = new Error('why', { cause: 'a text' });
  const errors = [
    new FencedError(3, { isInDoubt: true }),
    new StoreOutageError('away', 'wait', cause),
    new OperationalError('usage', 'wrong', { hint: 'right' }),
    new OperationalError('unavailable', 'none', { cause }),
    new Error('a bug', { cause }),
  ];
  for (const error of errors) {
    const arrived = errorOf(structuredClone(thrownOf(error)), [FencedError, StoreOutageError]);
    expect(arrived.constructor).toBe(error.constructor);
    expect(Object.entries(arrived)).toEqual(Object.entries(error));
    expect(arrived.message).toBe(error.message);
    expect(arrived.stack).toBe(error.stack);
    expect((arrived.cause as Error | undefined)?.message).toBe((error.cause as Error | undefined)?.message);
  }
});
