/** Messages in the wrong place of the log: `reordered` and `offset-conflict`. */
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

/** The store has the one at that offset, the log the other. */
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
    name: 'a first copy after a higher sequence',
    defect: [alter('log', 'a', { sequence: 5 })],
    found: ['reordered producer: b'],
    twin: [alter('log', 'a', { sequence: 5, session: 1 })],
  },
  {
    name: 'of another producer, or a second copy, it is none',
    defect: [logged({ id: 'a', at: '0:5' })],
    found: ['duplicated producer: a'],
    twin: [
      alter('log', 'a', { sequence: 5 }),
      ({ messages }) => Object.assign(messages['a']!, { producer: 1 }),
    ],
  },
  {
    name: 'the highest sequence counts, not the last',
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
    name: 'one key on two partitions',
    defect: [({ messages }) => ['c', 'd'].forEach((id) => Object.assign(messages[id]!, { key: 'k0' }))],
    found: ['reordered producer: c d'],
    twin: [],
  },
  {
    name: 'two acks name one offset',
    defect: [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:0' })],
    found: ['offset-conflict producer: a b'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:0' })],
  },
  {
    name: 'two acks name one offset, where the store has the one and the log the other: what stood there is lost',
    defect: [without('log', 'a'), ...bAtA],
    found: ['lost broker: a'],
    twin: [sent({ id: 'a', outcome: 'acked', at: '0:0' })],
  },
  {
    name: 'so too what came in its place, of which the consumer knows nothing',
    defect: [without('log', 'a'), ...bAtA, without('rows', 'b')],
    found: ['lost broker: a b'],
    twin: [],
  },
  {
    name: 'and what came in place of one whose ack nobody heard, and which the consumer had stored',
    defect: [
      without('log', 'a'),
      ...bAtA,
      ...lateInPlaceOfEarly,
      // The journal's word of the place is about the one before.
      namelessJournal,
    ],
    found: ['lost broker: a late'],
    twin: [...lateInPlaceOfEarly, stored({ id: 'late', at: '0:3', category: 'failed' })],
  },
  {
    name: 'a row of another in its place is no excuse for the store where Kafka has lost nothing',
    defect: [...lateInPlaceOfEarly, namelessJournal],
    found: ['lost store: late'],
    twin: [],
  },
  {
    name: 'two acks name one offset, and the other stands elsewhere: that was never there',
    defect: [alter('log', 'a', { at: '0:7' }), ...bAtA],
    found: ['corrupted consumer: a', 'offset-conflict producer: a b'],
    twin: [],
  },
  {
    name: 'two acks name one offset, and of that partition the log is not whole',
    defect: [missing('log'), without('log', 'a'), ...bAtA],
    found: ['offset-conflict producer: a b'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'the log holds another message there',
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
    name: 'the log holds the message elsewhere, out of order',
    defect: [alter('sends', 'b', { at: '0:7' })],
    found: ['offset-conflict broker: b'],
    twin: [alter('sends', 'b', { at: undefined })],
  },
  {
    name: 'the message stands elsewhere, late and not stored: the conflict alone is said',
    defect: [alter('sends', 'b', { at: '0:7' }), alter('log', 'a', { sequence: 5 }), without('rows', 'b')],
    found: ['offset-conflict broker: b'],
    twin: [sent({ id: 'b', outcome: 'acked', at: '0:7' })],
  },
  {
    name: 'the message stands elsewhere, and what stands at the acked offset was read',
    defect: [missing('log'), alter('sends', 'a', { at: undefined }), alter('sends', 'b', { at: '0:0' })],
    found: ['offset-conflict broker: b'],
    twin: [missing('log'), alter('sends', 'a', { at: undefined })],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'what a phantom or a corrupted record says of its sequence does not matter',
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
    name: 'the message stands elsewhere, and the acked offset was not read',
    defect: [missing('log'), alter('sends', 'b', { at: '0:7' })],
    found: ['offset-conflict unknown: b'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
]);
