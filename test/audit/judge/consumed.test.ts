/** What the consumer was handed and how far it was, where a message is missing. */
import { testDefects } from './defect-cases.ts';
import {
  committed,
  delivered,
  logged,
  missing,
  position,
  range,
  sent,
  without,
  type Change,
} from './healthy-history.ts';

const gone = (id: string): Change[] => [without('log', id), without('rows', id)];
const all: Change = delivered({ partition: 0, first: 0, end: 9 }, { partition: 1, first: 0, end: 9 });
const allButFirst: Change = delivered({ partition: 0, first: 1, end: 9 }, { partition: 1, first: 0, end: 9 });
const noPositions: Change = (history) => (history.positions = {});
const recreated: Change = (history) => (history.topicRecreated = true);

testDefects([
  {
    name: 'handed over and not stored, and the log is not whole',
    defect: [all, missing('log'), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'not handed over and not stored, and the log is not whole',
    defect: [allButFirst, missing('log'), ...gone('a')],
    found: ['lost unknown: a'],
    twin: [allButFirst, missing('log'), ...gone('a'), position(0, 0), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'handed over at one of two acked offsets, where the consumer was past that one',
    defect: [all, missing('log'), ...gone('a'), sent({ id: 'a', outcome: 'acked', at: '1:20' })],
    found: ['lost consumer: a'],
    twin: [missing('log'), ...gone('a'), sent({ id: 'a', outcome: 'acked', at: '1:20' })],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'not in a whole log is the broker’s, even if it was handed over',
    defect: [all, ...gone('a')],
    found: ['lost broker: a'],
    twin: [all],
  },
  {
    name: 'removed by retention, handed over, and not stored',
    defect: [all, range(0, { start: 1 }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'removed by retention and handed over, though the position is below it',
    defect: [all, range(0, { start: 1 }), ...gone('a'), position(0, 0)],
    found: ['lost consumer: a'],
    twin: [all, range(0, { start: 1 }), without('log', 'a'), position(0, 0)],
  },
  {
    name: 'removed by retention before it was handed over, by a whole journal',
    defect: [allButFirst, range(0, { start: 1 }), ...gone('a')],
    found: ['expired broker: a'],
    twin: [allButFirst, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'removed by retention, and a journal that is not whole does not know it',
    defect: [allButFirst, missing('deliveries'), range(0, { start: 1 }), ...gone('a')],
    found: ['lost unknown: a'],
    twin: [allButFirst, missing('deliveries'), range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'removed by retention, a journal that is not whole, and the group’s commit is below it',
    defect: [
      allButFirst,
      missing('deliveries'),
      range(0, { start: 1 }),
      ...gone('a'),
      position(0, undefined),
      committed(0, 0),
    ],
    found: ['expired broker: a'],
    twin: [range(0, { start: 1 }), without('log', 'a'), position(0, undefined), committed(0, 9)],
  },
  {
    name: 'compacted after it was handed over, and not stored',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [allButFirst, range(0, { compacted: true }), ...gone('a')],
  },
  {
    name: 'compacted before it was handed over, where a range of deliveries may span the hole',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, (history) => (history.spansHoles = true), range(0, { compacted: true }), ...gone('a')],
  },
  {
    name: 'compacted after it was handed over, and stored',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, range(0, { compacted: true }), without('log', 'a')],
  },
  {
    name: 'below the group’s commit, where the store has no offsets',
    defect: [noPositions, committed(0, 9), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [noPositions, committed(0, 9), committed(1, 9)],
  },
  {
    name: 'above the group’s commit it is not drained',
    defect: [noPositions, committed(0, 1), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [noPositions, committed(0, 1), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'the store’s offset goes before the group’s',
    defect: [committed(0, 1), without('rows', 'b')],
    found: ['lost consumer: b'],
    twin: [committed(0, 1)],
  },
  {
    name: 'a topic that was recreated, and a message that nobody has',
    defect: [recreated, ...gone('a'), position(0, 0)],
    found: ['lost broker: a'],
    twin: [recreated, without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and the consumer was past the message',
    defect: [recreated, ...gone('a')],
    found: ['lost unknown: a'],
    twin: [recreated],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and the consumer had the message',
    defect: [all, recreated, ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, recreated, without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated holds others at the same offsets, also of a key',
    defect: [recreated, range(0, { compacted: true }), ...gone('a')],
    found: ['lost unknown: a'],
    twin: [
      recreated,
      without('log', 'a'),
      logged({ at: '0:0' }),
      sent({ id: 'b', outcome: 'acked', at: '0:0' }),
    ],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and the consumer was past what it holds, in the old one',
    defect: [recreated, ...gone('a'), without('rows', 'b')],
    found: ['lost unknown: a'],
    twin: [recreated, without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated and not read to its end may hold it yet',
    defect: [recreated, ...gone('a')],
    found: ['lost unknown: a'],
    twin: [recreated, missing('log'), all, ...gone('a')],
    twinVerdict: 'inconclusive',
  },
]);
