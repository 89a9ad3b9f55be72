/** Messages at a wrong place in the log: `reordered` and `offset-conflict`. */
import { testDefects } from './defect-cases.ts';
import {
  alter,
  logged,
  message,
  missing,
  namelessJournal,
  sent,
  stored,
  without,
} from './healthy-history.ts';

const bAtA = [
  alter('sends', 'b', { at: '0:0' }),
  alter('log', 'b', { at: '0:0' }),
  alter('rows', 'b', { at: '0:0' }),
];

/** At one offset, the store has `early`, and the log has `late`. */
const lateInPlaceOfEarly = [
  message('early', { sequence: 6 }),
  sent({ id: 'early', outcome: 'unknown' }),
  stored({ id: 'early', at: '0:3', category: 'failed' }),
  message('late', { sequence: 7 }),
  sent({ id: 'late', outcome: 'acked', at: '0:3' }),
  logged({ id: 'late', at: '0:3' }),
];

testDefects([
  {
    name: 'a first record behind a higher sequence of its session',
    defect: [alter('log', 'a', { sequence: 5 })],
    found: ['reordered producer: b'],
    twin: [alter('log', 'a', { sequence: 5, session: 1 })],
  },
  {
    name: 'a second record behind a higher sequence, which is not reordered',
    defect: [logged({ id: 'a', at: '0:5' })],
    found: ['duplicated producer: a'],
    twin: [
      alter('log', 'a', { sequence: 5 }),
      ({ messages }) => Object.assign(messages['a']!, { producer: 1 }),
    ],
  },
  {
    name: 'two records behind the highest sequence, the second of them behind a lower one',
    defect: [
      alter('log', 'a', { sequence: 5 }),
      logged({ id: 'e', at: '0:5', sequence: 4 }),
      message('e'),
      sent({ id: 'e', outcome: 'acked', at: '0:5' }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['reordered producer: b e'],
    twin: [],
  },
  {
    name: 'one key in two partitions',
    defect: [({ messages }) => ['c', 'd'].forEach((id) => Object.assign(messages[id]!, { key: 'k0' }))],
    found: ['reordered producer: c d'],
    twin: [],
  },
  {
    name: 'one offset that was acked for two messages',
    defect: [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:0' })],
    found: ['offset-conflict producer: a b'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:0' })],
  },
  {
    name: 'one offset that was acked for two messages, if the store has one of them and the log the other',
    defect: [without('log', 'a'), ...bAtA],
    found: ['lost broker: a'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:0' })],
  },
  {
    name: 'a stored message that the log lost, and the message that got its offset and was not stored',
    defect: [without('log', 'a'), ...bAtA, without('rows', 'b')],
    found: ['lost broker: a b'],
    twin: [],
  },
  {
    name: 'a message that got the offset of a stored one of unknown outcome, in a log that has lost records',
    defect: [
      without('log', 'a'),
      ...bAtA,
      ...lateInPlaceOfEarly,
      // The journal's entry for the offset is about `early`.
      namelessJournal,
    ],
    found: ['lost broker: a late'],
    twin: [...lateInPlaceOfEarly, stored({ id: 'late', at: '0:3', category: 'failed' })],
  },
  {
    name: 'a message that got the offset of a stored one of unknown outcome, in a log that has lost no acked record',
    defect: [...lateInPlaceOfEarly, namelessJournal],
    found: ['lost store: late'],
    twin: [],
  },
  {
    name: 'one offset that was acked for two messages, one of which the log has at another offset',
    defect: [alter('log', 'a', { at: '0:7' }), ...bAtA],
    found: ['corrupted consumer: a', 'offset-conflict producer: a b'],
    twin: [],
  },
  {
    name: 'one offset that was acked for two messages, and a log that is not whole',
    defect: [missing('log'), without('log', 'a'), ...bAtA],
    found: ['offset-conflict producer: a b'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'an acked offset at which the log has another message',
    defect: [
      without('log', 'a'),
      without('rows', 'a'),
      message('e', { planned: false }),
      sent({ id: 'e', outcome: 'unknown' }),
      logged({ id: 'e', at: '0:0' }),
      stored({ id: 'e', at: '0:0', category: 'failed' }),
    ],
    found: ['offset-conflict broker: a'],
    twin: [
      message('e', { planned: false }),
      sent({ id: 'e', outcome: 'unknown' }),
      logged({ id: 'e', at: '0:5' }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
  },
  {
    name: 'a record at another offset than acked',
    defect: [alter('sends', 'b', { at: '0:7' })],
    found: ['offset-conflict broker: b'],
    twin: [alter('sends', 'b', { at: undefined })],
  },
  {
    name: 'a record at another offset than acked, also out of order and not stored',
    defect: [alter('sends', 'b', { at: '0:7' }), alter('log', 'a', { sequence: 5 }), without('rows', 'b')],
    found: ['offset-conflict broker: b'],
    twin: [sent({ id: 'b', outcome: 'acked', at: '0:7' })],
  },
  {
    name: 'a record at another offset than acked, if the log shows which record is at the acked one',
    defect: [missing('log'), alter('sends', 'a', { at: undefined }), alter('sends', 'b', { at: '0:0' })],
    found: ['offset-conflict broker: b'],
    twin: [missing('log'), alter('sends', 'a', { at: undefined })],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a phantom and a corrupted record with high sequences, which make no other record reordered',
    defect: [
      message('e', { planned: false, state: null }),
      logged({ id: 'e', at: '0:0', sequence: 9 }),
      alter('sends', 'a', { at: '0:3' }),
      alter('log', 'a', { at: '0:3', sequence: 9, content: 'x' }),
      alter('rows', 'a', { at: '0:3' }),
      alter('sends', 'b', { at: '0:4' }),
      alter('log', 'b', { at: '0:4' }),
      alter('rows', 'b', { at: '0:4' }),
    ],
    found: ['corrupted producer: a', 'phantom producer: e'],
    twin: [],
  },
  {
    name: 'a record at another offset than acked, if the acked one was not read',
    defect: [missing('log'), alter('sends', 'b', { at: '0:7' })],
    found: ['offset-conflict unknown: b'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
]);
