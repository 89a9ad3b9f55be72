/** Messages that cannot be judged: the audit reports them, and is inconclusive unless the rules make an exception. */
import { describe, expect, test } from 'vitest';
import {
  alter,
  auditOf,
  findingsOf,
  logged,
  message,
  missing,
  position,
  range,
  stored,
  without,
  type Change,
} from './healthy-history.ts';

const unknown = (id: string): Change => alter('sends', id, { outcome: 'unknown', at: undefined });
const nowhere = (id: string): Change[] => [without('log', id), without('rows', id)];

describe('a run passes and reports what was not compared:', () => {
  test.each<[string, Change[], RegExp]>([
    [
      'a message of unknown outcome that may have been compacted',
      [range(0, { compacted: true }), unknown('a'), ...nowhere('a')],
      /^1 message .*compacted/,
    ],
    [
      'a stored message that retention removed',
      [range(0, { start: 1 }), without('log', 'a')],
      /^1 message stored.*removed/,
    ],
    [
      'a stored message of unknown outcome that a whole log lacks',
      [unknown('a'), without('log', 'a')],
      /^1 message of unknown outcome stored/,
    ],
    ['a compacted message', [range(0, { compacted: true }), ...nowhere('a')], /^1 message .*compacted/],
  ])('%s', async (_, changes, sentence) => {
    const { verdict, notChecked } = await auditOf(...changes);
    expect(notChecked).toEqual([expect.stringMatching(sentence)]);
    expect(verdict).toBe('pass');
  });
});

test('a note is reported, and the run still passes', async () => {
  const { verdict, notChecked } = await auditOf((history) => (history.notes = ['Nobody said so.']));
  expect({ verdict, notChecked }).toEqual({ verdict: 'pass', notChecked: ['Nobody said so.'] });
});

test('a run passes if a missing message has an unknown outcome and it is unknown whether the topic is compacted', async () => {
  const isUnknown = range(0, { compacted: true, compactionUnknown: true });
  const { verdict, notChecked, counts } = await auditOf(isUnknown, unknown('a'), ...nowhere('a'));
  expect({ verdict, notChecked }).toEqual({ verdict: 'pass', notChecked: [] });
  expect(counts).toMatchObject({ unknownWritten: 0, unknownNotWritten: 0 });
});

test('if no message was acknowledged, the errors are named by outcome', async () => {
  const { notChecked } = await auditOf(
    alter('sends', 'a', { outcome: 'rejected', at: undefined }),
    ...['b', 'c', 'd'].map(unknown),
    (history) => (history.errors = { rejected: ['MESSAGE_TOO_LARGE'], unknown: ['X', 'Y'], acked: ['Z'] }),
  );
  expect(notChecked).toContain(
    'No message was acknowledged: 1 was refused, MESSAGE_TOO_LARGE; 3 were of unknown outcome, X and Y.',
  );
});

describe('a run is inconclusive and says why:', () => {
  const stranger = message('e', { planned: false, state: null });
  test.each<[string, Change[], RegExp]>([
    [
      'a message missing from a compacted partition that was not read to its end',
      [range(0, { compacted: true }), ...nowhere('b'), missing('log')],
      /^1 message not in a compacted partition/,
    ],
    [
      'a message that may be compacted or lost',
      [range(0, { compacted: true, compactionUnknown: true }), without('log', 'a')],
      /^1 message not judged: compaction.*not known whether the topic is compacted/,
    ],
    [
      'a message that may be compacted or not drained yet',
      [
        range(0, { compacted: true, compactionUnknown: true }),
        ({ messages }) => void delete messages['a']!.key,
        ...nowhere('a'),
        missing('log'),
        position(0, undefined),
      ],
      /^1 message not judged: compaction.*not known whether the topic is compacted/,
    ],
    [
      'a rejected message that is in the log and not stored, and a ledger that is not whole',
      [
        alter('sends', 'a', { outcome: 'rejected', at: undefined }),
        without('rows', 'a'),
        position(0, 0),
        missing('ledger'),
      ],
      /^1 message not stored.*not drained/,
    ],
    ['a plan that is not whole', [missing('plan')], /^The evidence of the plan is not whole: cut short\.$/],
    ['a ledger cut short', [missing('ledger')], /^The evidence of the ledger/],
    ['a log not read to its end', [missing('log')], /^The evidence of the log/],
    ['a store not read to its end', [missing('store')], /^The evidence of the store/],
    [
      'an interrupted run',
      [({ interruptions }) => interruptions.push('It was stopped.')],
      /^It was stopped\.$/,
    ],
    ['a planned message that was never sent', [message('e')], /^1 message of the plan never sent\.$/],
    ['no acknowledged message', ['a', 'b', 'c', 'd'].map(unknown), /^No message was acknowledged\.$/],
    [
      'a record at the next offset',
      [position(0, 1), without('rows', 'b')],
      /^1 message not stored.*not drained/,
    ],
    [
      'a partition without a next offset',
      [position(0, undefined), without('rows', 'b')],
      /^1 message not stored.*not drained/,
    ],
    [
      'a record past the last stable offset',
      [range(0, { stableEnd: 1 }), without('rows', 'b')],
      /^1 message not stored.*not drained/,
    ],
    [
      'a missing row in a store that was not read to its end',
      [missing('store'), without('rows', 'b')],
      /^1 message not seen in the store/,
    ],
    [
      'an acked message that retention removed, and a store that was not read to its end',
      [missing('store'), range(0, { start: 1 }), ...nowhere('a')],
      /^1 message not seen in the store/,
    ],
    [
      'a missing message of unknown outcome, and a log from which retention removed records',
      [unknown('a'), ...nowhere('a'), range(1, { start: 1 })],
      /^1 message of unknown outcome and seen nowhere/,
    ],
    [
      'a missing message of unknown outcome, and a log that is not whole',
      [unknown('a'), ...nowhere('a'), missing('log')],
      /^1 message of unknown outcome and seen nowhere/,
    ],
    [
      'a missing message whose ack names no offset, without a log',
      [alter('sends', 'a', { at: undefined }), ...nowhere('a'), missing('log')],
      /^1 message not stored.*not drained/,
    ],
    [
      'an unknown record and row, and a ledger that is not whole',
      [
        stranger,
        logged({ id: 'e', at: '0:5' }),
        stored({ id: 'e', at: '0:5', category: 'failed' }),
        missing('ledger'),
      ],
      /^1 message .*without an intent or a place in the plan/,
    ],
    [
      'an unknown row, and a plan that is not whole',
      [stranger, stored({ id: 'e', at: '0:5', category: 'failed' }), missing('plan')],
      /^1 message .*without an intent or a place in the plan/,
    ],
    [
      'a rejected message that was written, and a ledger that is not whole',
      [alter('sends', 'a', { outcome: 'rejected', at: undefined }), missing('ledger')],
      /^1 message rejected and written/,
    ],
    [
      'a record of a planned message without an intent',
      [without('sends', 'a')],
      /^1 message of the plan .*without an intent/,
    ],
    [
      'a row at an offset that was not scanned',
      [missing('log'), alter('rows', 'a', { at: '0:7' })],
      /^1 message stored with the position/,
    ],
    [
      'a compacted message whose key is not known',
      [range(0, { compacted: true }), ({ messages }) => delete messages['a']!.key, ...nowhere('a')],
      /^1 message not in a compacted partition/,
    ],
    [
      'two records at one offset',
      [logged({ id: 'c', at: '0:1', key: null })],
      /^The log contradicts itself.*1 offset/,
    ],
  ])('%s', async (name, changes, sentence) => {
    const audit = await auditOf(...changes);
    expect(audit.notChecked).toContainEqual(expect.stringMatching(sentence));
    if (name === 'two records at one offset') return;
    expect(findingsOf(audit)).toEqual([]);
    expect(audit.verdict).toBe('inconclusive');
  });
});
