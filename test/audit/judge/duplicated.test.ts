/** Messages that are in the log or in the store twice. */
import { testDefects } from './defect-cases.ts';
import { alter, logged, missing, range, stored, without } from './healthy-history.ts';

testDefects([
  {
    name: 'two records and one row',
    defect: [logged({ id: 'a', at: '0:5' })],
    found: ['duplicated producer: a'],
    twin: [logged({ id: 'a', at: '0:5', aborted: true })],
  },
  {
    name: 'two records, each of which was stored once',
    defect: [logged({ id: 'a', at: '0:5' }), stored({ id: 'a', at: '0:5', category: 'failed' })],
    found: ['duplicated producer: a'],
    twin: [],
  },
  {
    name: 'two records, each of which was stored once, and a third row',
    defect: [
      logged({ id: 'a', at: '0:5' }),
      stored({ id: 'a', at: '0:5', category: 'failed' }, { id: 'a', at: '0:5', category: 'failed' }),
    ],
    found: ['duplicated producer: a', 'duplicated consumer: a'],
    twin: [],
  },
  {
    name: 'two records and a third row, if it is unknown whether the topic is compacted',
    defect: [
      range(0, { compacted: true, compactionUnknown: true }),
      logged({ id: 'a', at: '0:5' }),
      stored({ id: 'a', at: '0:5', category: 'failed' }, { id: 'a', at: '0:5', category: 'failed' }),
    ],
    found: ['duplicated producer: a', 'duplicated consumer: a'],
    twin: [range(0, { compacted: true, compactionUnknown: true })],
  },
  {
    name: 'two rows at one position, without a log',
    defect: [missing('log'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'two rows at two positions, one record in a whole log',
    defect: [stored({ id: 'a', at: '0:7', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [],
  },
  {
    name: 'two rows without positions, one record in a whole log',
    defect: [alter('rows', 'a', { at: undefined }), stored({ id: 'a', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [alter('rows', 'a', { at: undefined })],
  },
  {
    name: 'two rows at two positions, and a log that is not whole',
    defect: [missing('log'), stored({ id: 'a', at: '0:7', category: 'failed' })],
    found: ['duplicated unknown: a'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'two rows at two positions, one of which retention removed',
    defect: [range(0, { start: 1 }), stored({ id: 'b', at: '0:0', category: 'completed' })],
    found: ['duplicated unknown: b'],
    twin: [range(0, { start: 1 })],
  },
  {
    name: 'a row in each of two categories',
    defect: [stored({ id: 'a', at: '0:0', category: 'completed' })],
    found: ['duplicated consumer: a', 'misclassified consumer: a'],
    twin: [],
  },
  {
    name: 'two records and two rows, one of which has no position',
    defect: [logged({ id: 'a', at: '0:5' }), stored({ id: 'a', category: 'failed' })],
    found: ['duplicated producer: a'],
    twin: [],
  },
  {
    name: 'two rows of a message of unknown outcome that a whole log lacks',
    defect: [
      alter('sends', 'a', { outcome: 'unknown', at: undefined }),
      without('log', 'a'),
      stored({ id: 'a', at: '0:7', category: 'failed' }),
    ],
    found: ['duplicated unknown: a'],
    twin: [alter('sends', 'a', { outcome: 'unknown', at: undefined }), without('log', 'a')],
  },
  {
    name: 'two rows at one position, and other records that retention removed',
    defect: [range(0, { start: 1 }), without('log', 'a'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [range(0, { start: 1 }), without('log', 'a')],
  },
]);
