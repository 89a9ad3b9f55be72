/** Messages that are stored, but not as they were sent: `corrupted`, `misclassified`, `wrongly-dead-lettered`. */
import { testDefects } from './defect-cases.ts';
import { alter, logged, message, missing, stored, without } from './healthy-history.ts';

testDefects([
  {
    name: 'a row in another category',
    defect: [alter('rows', 'a', { category: 'completed' })],
    found: ['misclassified consumer: a'],
    twin: [],
  },
  {
    name: 'a row of a message whose state has no category',
    defect: [({ rows }) => Object.assign(rows[3]!, { id: 'd', category: 'failed' })],
    found: ['misclassified consumer: d'],
    twin: [({ rows }) => Object.assign(rows[3]!, { id: 'd' })],
  },
  {
    name: 'a good message among the dead letters',
    defect: [without('rows', 'a'), stored({ at: '0:0', category: 'dead-letters' })],
    found: ['wrongly-dead-lettered consumer: a'],
    twin: [logged({ at: '0:5' }), stored({ at: '0:5', category: 'dead-letters' })],
  },
  {
    name: 'a good message among the dead letters, without a log',
    defect: [
      missing('log'),
      without('log', 'a'),
      without('rows', 'a'),
      stored({ at: '0:0', category: 'dead-letters' }),
    ],
    found: ['wrongly-dead-lettered consumer: a'],
    twin: [missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a record that differs, in a batch whose CRC is right',
    defect: [
      alter('log', 'a', { content: 'x' }),
      alter('rows', 'a', { content: 'x', category: 'completed' }),
    ],
    found: ['corrupted producer: a'],
    twin: [alter('log', 'a', { content: null }), alter('rows', 'a', { content: null })],
  },
  {
    name: 'a record whose key differs, in a batch whose CRC is unknown',
    defect: [alter('log', 'a', { key: 'x', crc: undefined })],
    found: ['corrupted broker: a'],
    twin: [alter('log', 'a', { crc: undefined })],
  },
  {
    name: 'a record in a batch whose CRC is wrong',
    defect: [
      alter('log', 'a', { crc: 'bad' }),
      without('rows', 'a'),
      stored({ at: '0:0', category: 'dead-letters' }),
    ],
    found: ['corrupted broker: a'],
    twin: [],
  },
  {
    name: 'two records that differ from each other, if the sent content is unknown',
    defect: [
      message('a', { sequence: 0 }),
      alter('log', 'a', { content: 'x' }),
      logged({ id: 'a', at: '0:5', content: 'y' }),
    ],
    found: ['duplicated producer: a', 'corrupted broker: a'],
    twin: [
      message('a', { sequence: 0 }),
      alter('log', 'a', { content: 'x' }),
      alter('rows', 'a', { content: 'x' }),
    ],
  },
  {
    name: 'a row that differs from the log and the plan',
    defect: [alter('rows', 'a', { content: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [],
  },
  {
    name: 'a row that differs from the record, if the sent content is unknown',
    defect: [
      message('a', { sequence: 0 }),
      alter('log', 'a', { content: 'x' }),
      alter('rows', 'a', { content: 'y' }),
    ],
    found: ['corrupted consumer: a'],
    twin: [message('a', { sequence: 0 }), alter('log', 'a', { content: 'x' })],
  },
  {
    name: 'a row that differs from the plan, and a log without contents',
    defect: [alter('log', 'a', { content: null }), alter('rows', 'a', { content: 'x' })],
    found: ['corrupted unknown: a'],
    twin: [alter('log', 'a', { content: null })],
  },
  {
    name: 'a row whose key differs',
    defect: [alter('rows', 'a', { key: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [alter('rows', 'a', { key: null })],
  },
  {
    name: 'a row at a position where its message has no record',
    defect: [alter('rows', 'a', { at: '0:1' })],
    found: ['corrupted consumer: a'],
    twin: [alter('rows', 'a', { at: undefined })],
  },
  {
    name: 'a row at another position than the acked one, without a log',
    defect: [missing('log'), without('log', 'a'), alter('rows', 'a', { at: '0:7' })],
    found: ['corrupted unknown: a'],
    twin: [missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a record that looks foreign at an acked offset',
    defect: [
      without('log', 'a'),
      logged({ at: '0:0', crc: 'ok' }),
      without('rows', 'a'),
      stored({ at: '0:0', category: 'failed' }),
    ],
    found: ['corrupted producer: a'],
    twin: [logged({ at: '0:5', crc: 'ok' }), stored({ at: '0:5', category: 'failed' })],
  },
  {
    name: 'a record that looks foreign at an acked offset, and no row',
    defect: [without('log', 'a'), logged({ at: '0:0' }), without('rows', 'a')],
    found: ['lost consumer: a', 'corrupted broker: a'],
    twin: [],
  },
  {
    name: 'a record that is in the log with two contents, if the sent content is unknown',
    defect: [
      message('a', { sequence: 0 }),
      alter('log', 'a', { content: 'x' }),
      logged({ id: 'a', at: '0:0', content: 'y', crc: 'ok' }),
    ],
    found: ['corrupted producer: a'],
    twin: [
      message('a', { sequence: 0 }),
      alter('log', 'a', { content: 'x' }),
      alter('rows', 'a', { content: 'x' }),
      logged({ id: 'a', at: '0:0', content: 'x', crc: 'ok' }),
    ],
  },
]);
