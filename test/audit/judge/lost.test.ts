/** Messages that are missing from the log or the store: `lost` and `expired`. */
import { testDefects } from './defect-cases.ts';
import {
  alter,
  journal,
  missing,
  position,
  range,
  sent,
  stored,
  without,
  type Change,
} from './healthy-history.ts';

const compactionUnknown = { compacted: true, compactionUnknown: true } as const;

const weak: Change = (history) => {
  history.acks = '1';
};

testDefects([
  {
    name: 'a message that is in the log and not stored, with settings that may lose records',
    defect: [weak, without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [weak],
  },
  {
    name: 'an acked message that is neither in a whole log nor in the store',
    defect: [without('log', 'a'), without('rows', 'a')],
    found: ['lost broker: a'],
    twin: [
      without('log', 'a'),
      without('rows', 'a'),
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
    ],
  },
  {
    name: 'an acked and stored message that a whole log lacks',
    defect: [without('log', 'a')],
    found: ['lost broker: a'],
    twin: [],
  },
  {
    name: 'a message that was acked beyond the end of the log',
    defect: [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:20' })],
    found: ['lost broker: b'],
    twin: [],
  },
  {
    name: 'a message that is in the log below the next offset, and not in the store',
    defect: [without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [without('rows', 'a'), position(0, 0), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a message of unknown outcome that is in the log and not in the store',
    defect: [alter('sends', 'a', { outcome: 'unknown', at: undefined }), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [alter('sends', 'a', { outcome: 'unknown', at: undefined })],
  },
  {
    name: 'a missing dead letter',
    defect: [({ rows }) => rows.pop()],
    found: ['lost consumer: d'],
    twin: [],
  },
  {
    name: 'a message that is not in the store, without a log',
    defect: [missing('log'), without('log', 'a'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a message below the next offset that retention removed, and that is not stored',
    defect: [range(0, { start: 1 }), without('log', 'a'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'a message whose ack names no offset, that retention removed, and that is not stored',
    defect: [
      range(1, { start: 1, base: 0 }),
      without('log', 'c'),
      without('rows', 'c'),
      alter('sends', 'c', { at: undefined }),
    ],
    found: ['lost unknown: c'],
    twin: [range(1, { start: 1 }), without('log', 'c'), alter('sends', 'c', { at: undefined })],
  },
  {
    name: 'a message with two acked offsets: an aborted record at one, and nothing at the other',
    defect: [
      alter('log', 'a', { aborted: true }),
      without('rows', 'a'),
      sent({ id: 'a', outcome: 'acked', at: '0:5' }),
    ],
    found: ['lost broker: a'],
    twin: [alter('log', 'a', { aborted: true }), without('rows', 'a')],
  },
  {
    name: 'a missing message of a compacted partition, without a later record of its key',
    defect: [range(0, { compacted: true }), without('log', 'b'), without('rows', 'b')],
    found: ['lost broker: b'],
    twin: [range(0, { compacted: true }), without('log', 'a'), without('rows', 'a')],
  },
  {
    name: 'a missing message of a partition that is not compacted, with a later record of its key',
    defect: [range(1, { compacted: true }), without('log', 'a'), without('rows', 'a')],
    found: ['lost broker: a'],
    twin: [],
  },
  {
    name: 'a missing message without a later record of its key, if it is unknown whether the topic is compacted',
    defect: [range(0, compactionUnknown), without('log', 'b'), without('rows', 'b')],
    found: ['lost broker: b'],
    twin: [range(0, compactionUnknown), without('log', 'a'), without('rows', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a missing message, with settings that may lose records and if it is unknown whether the topic is compacted',
    defect: [weak, range(0, compactionUnknown), without('log', 'b'), without('rows', 'b')],
    found: ['lost broker: b'],
    twin: [weak, range(0, compactionUnknown)],
  },
  {
    name: 'a message that was written and is in neither log nor store, if it is unknown whether the topic is compacted',
    defect: [journal, range(0, compactionUnknown), without('log', 'a'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [journal, range(0, compactionUnknown)],
  },
  {
    name: 'a message that is in the log and not stored, if it is unknown whether the topic is compacted',
    defect: [range(0, compactionUnknown), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [range(0, compactionUnknown)],
  },
  {
    name: 'a message that retention removed before the next offset reached it',
    defect: [
      range(0, { start: 1 }),
      position(0, 0),
      without('log', 'a'),
      without('rows', 'a'),
      without('log', 'b'),
      without('rows', 'b'),
      without('sends', 'b'),
      ({ messages }) => delete messages['b'],
    ],
    found: ['expired broker: a'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'a missing row in a store without next offsets, which counts as read after the drain',
    defect: [position(0, undefined), position(1, undefined), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [position(0, undefined), position(1, undefined)],
  },
  {
    name: 'a missing message of a compacted partition, whose key has only an aborted later record',
    defect: [
      range(0, { compacted: true }),
      without('log', 'a'),
      without('rows', 'a'),
      alter('log', 'b', { aborted: true }),
      without('rows', 'b'),
    ],
    found: ['lost broker: a'],
    twin: [range(0, { compacted: true }), without('log', 'a'), without('rows', 'a')],
  },
  {
    name: 'a missing row, and a foreign row at an offset without a message of the run',
    defect: [without('rows', 'a'), stored({ at: '0:5', category: 'failed' })],
    found: ['lost consumer: a'],
    twin: [stored({ at: '0:5', category: 'failed' })],
  },
]);
