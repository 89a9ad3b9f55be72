/** Messages that are nowhere, or not where they must be: `lost` and `expired`. */
import { testDefects } from './defect-cases.ts';
import { alter, missing, position, range, sent, stored, without, type Change } from './healthy-history.ts';

const compactionUnknown = { compacted: true, compactionUnknown: true } as const;

const weak: Change = (history) => {
  history.acks = '1';
};

testDefects([
  {
    name: 'in the log and not stored, whatever the settings may lose elsewhere',
    defect: [weak, without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [weak],
  },
  {
    name: 'acked, and neither in a whole log nor in the store',
    defect: [without('log', 'a'), without('rows', 'a')],
    found: ['lost broker: a'],
    twin: [
      without('log', 'a'),
      without('rows', 'a'),
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
    ],
  },
  {
    name: 'acked and stored, and not in a whole log',
    defect: [without('log', 'a')],
    found: ['lost broker: a'],
    twin: [],
  },
  {
    name: 'acked beyond the end of the log',
    defect: [without('log', 'b'), without('rows', 'b'), alter('sends', 'b', { at: '0:20' })],
    found: ['lost broker: b'],
    twin: [],
  },
  {
    name: 'in the log below the position, and not in the store',
    defect: [without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [without('rows', 'a'), position(0, 0), without('rows', 'b')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'of unknown outcome, in the log, and not in the store',
    defect: [alter('sends', 'a', { outcome: 'unknown', at: undefined }), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [alter('sends', 'a', { outcome: 'unknown', at: undefined })],
  },
  {
    name: 'a dead letter that is not there',
    defect: [({ rows }) => rows.pop()],
    found: ['lost consumer: d'],
    twin: [],
  },
  {
    name: 'not in the store, and there is no log to ask',
    defect: [missing('log'), without('log', 'a'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'removed by retention, not stored, and below the position',
    defect: [range(0, { start: 1 }), without('log', 'a'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'removed by retention, acked without a position, and not stored',
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
    name: 'at one of two acked offsets where an aborted record stands, and at the other nothing',
    defect: [
      alter('log', 'a', { aborted: true }),
      without('rows', 'a'),
      sent({ id: 'a', outcome: 'acked', at: '0:5' }),
    ],
    found: ['lost broker: a'],
    twin: [alter('log', 'a', { aborted: true }), without('rows', 'a')],
  },
  {
    name: 'of a compacted partition, without a later record of its key',
    defect: [range(0, { compacted: true }), without('log', 'b'), without('rows', 'b')],
    found: ['lost broker: b'],
    twin: [range(0, { compacted: true }), without('log', 'a'), without('rows', 'a')],
  },
  {
    name: 'of a partition that is not compacted, with a later record of its key',
    defect: [range(1, { compacted: true }), without('log', 'a'), without('rows', 'a')],
    found: ['lost broker: a'],
    twin: [],
  },
  {
    name: 'without a later record of its key, where nobody knows whether the topic is compacted',
    defect: [range(0, compactionUnknown), without('log', 'b'), without('rows', 'b')],
    found: ['lost broker: b'],
    twin: [range(0, compactionUnknown), without('log', 'a'), without('rows', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'in the log and not stored, where nobody knows whether the topic is compacted',
    defect: [range(0, compactionUnknown), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [range(0, compactionUnknown)],
  },
  {
    name: 'removed by retention before the position came to it',
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
    name: 'not in a store that has no positions: it counts as read after the drain',
    defect: [position(0, undefined), position(1, undefined), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [position(0, undefined), position(1, undefined)],
  },
  {
    name: 'of a compacted partition, and the later record of its key was aborted',
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
    name: 'not in the store, but a foreign row stands where nothing of the run does',
    defect: [without('rows', 'a'), stored({ at: '0:5', category: 'failed' })],
    found: ['lost consumer: a'],
    twin: [stored({ at: '0:5', category: 'failed' })],
  },
]);
