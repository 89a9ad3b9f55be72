/** The blame for a missing message, by what was delivered to the consumer and how far it had come. */
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
    name: 'a message that was delivered and not stored, and a log that is not whole',
    defect: [all, missing('log'), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a message that was neither delivered nor stored, and a log that is not whole',
    defect: [allButFirst, missing('log'), ...gone('a')],
    found: ['lost unknown: a'],
    twin: [allButFirst, missing('log'), ...gone('a'), position(0, 0), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a missing message that was delivered at one of its two acked offsets',
    defect: [all, missing('log'), ...gone('a'), sent({ id: 'a', outcome: 'acked', at: '1:20' })],
    found: ['lost consumer: a'],
    twin: [missing('log'), ...gone('a'), sent({ id: 'a', outcome: 'acked', at: '1:20' })],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a message that a whole log lacks, though it was delivered',
    defect: [all, ...gone('a')],
    found: ['lost broker: a'],
    twin: [all],
  },
  {
    name: 'a message that was delivered, removed by retention, and not stored',
    defect: [all, range(0, { start: 1 }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'a message that was delivered and removed by retention, and a next offset below it',
    defect: [all, range(0, { start: 1 }), ...gone('a'), position(0, 0)],
    found: ['lost consumer: a'],
    twin: [all, range(0, { start: 1 }), without('log', 'a'), position(0, 0)],
  },
  {
    name: 'a message that retention removed before it was delivered, by a whole journal',
    defect: [allButFirst, range(0, { start: 1 }), ...gone('a')],
    found: ['expired broker: a'],
    twin: [allButFirst, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'a message that retention removed, without a delivery in a journal that is not whole',
    defect: [allButFirst, missing('deliveries'), range(0, { start: 1 }), ...gone('a')],
    found: ['lost unknown: a'],
    twin: [allButFirst, missing('deliveries'), range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: "a message that retention removed, a journal that is not whole, and the group's commit below it",
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
    name: 'a message that was delivered, compacted, and not stored',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [allButFirst, range(0, { compacted: true }), ...gone('a')],
  },
  {
    name: 'a compacted message in a delivered range, which may span offsets that were compacted before',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, (history) => (history.spansHoles = true), range(0, { compacted: true }), ...gone('a')],
  },
  {
    name: 'a compacted message that was delivered',
    defect: [all, range(0, { compacted: true }), ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, range(0, { compacted: true }), without('log', 'a')],
  },
  {
    name: "a missing row below the group's commit, in a store without next offsets",
    defect: [noPositions, committed(0, 9), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [noPositions, committed(0, 9), committed(1, 9)],
  },
  {
    name: "a missing row, whose twin is above the group's commit and not drained yet",
    defect: [noPositions, committed(0, 1), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [noPositions, committed(0, 1), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: "a missing row below the store's next offset and above the group's commit",
    defect: [committed(0, 1), without('rows', 'b')],
    found: ['lost consumer: b'],
    twin: [committed(0, 1)],
  },
  {
    name: 'a topic that was recreated, and a missing message that the consumer had not reached',
    defect: [recreated, ...gone('a'), position(0, 0)],
    found: ['lost broker: a'],
    twin: [recreated, without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and a missing message that the consumer had passed',
    defect: [recreated, ...gone('a')],
    found: ['lost unknown: a'],
    twin: [recreated],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated, and a missing message that was delivered',
    defect: [all, recreated, ...gone('a')],
    found: ['lost consumer: a'],
    twin: [all, recreated, without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a topic that was recreated and is compacted, with other records at the same offsets',
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
    name: 'a topic that was recreated, and two missing rows, one of which is of a record in the new topic',
    defect: [recreated, ...gone('a'), without('rows', 'b')],
    found: ['lost unknown: a'],
    twin: [recreated, without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a missing message that the rest of a recreated topic, not read to its end in the twin, may hold',
    defect: [recreated, ...gone('a')],
    found: ['lost unknown: a'],
    twin: [recreated, missing('log'), all, ...gone('a')],
    twinVerdict: 'inconclusive',
  },
]);
