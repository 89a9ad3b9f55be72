/** Messages that must not be in the log or the store: `phantom`, `rejected-but-written`, `aborted-read`. */
import { testDefects } from './defect-cases.ts';
import { alter, logged, message, missing, sent, stored, without } from './healthy-history.ts';

testDefects([
  {
    name: 'an unplanned record',
    defect: [message('e', { planned: false, state: null }), logged({ id: 'e', at: '0:5' })],
    found: ['phantom producer: e'],
    twin: [message('e', { planned: false, state: null }), logged({ id: 'e', at: '0:5', aborted: true })],
  },
  {
    name: 'an unplanned row',
    defect: [
      message('e', { planned: false, state: null }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['phantom consumer: e'],
    twin: [
      message('e', { planned: false }),
      sent({ id: 'e', outcome: 'unknown' }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
  },
  {
    name: 'an unplanned row, and one of a message that was planned and not sent',
    defect: [
      message('e', { planned: false, state: null }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
      message('f', {}),
      stored({ id: 'f', at: '0:6', category: 'failed' }),
    ],
    found: ['phantom consumer: e'],
    twin: [message('f', {}), stored({ id: 'f', at: '0:6', category: 'failed' })],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'an unplanned row, and a log that is not whole',
    defect: [
      missing('log'),
      message('e', { planned: false, state: null }),
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['phantom unknown: e'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a rejected message in log and store',
    defect: [alter('sends', 'a', { outcome: 'rejected', at: undefined })],
    found: ['rejected-but-written producer: a'],
    twin: [
      alter('sends', 'a', { outcome: 'rejected', at: undefined }),
      without('log', 'a'),
      without('rows', 'a'),
    ],
  },
  {
    name: 'a rejected message that is only in the store',
    defect: [alter('sends', 'a', { outcome: 'rejected', at: undefined }), without('log', 'a')],
    found: ['rejected-but-written consumer: a'],
    twin: [sent({ id: 'a', outcome: 'rejected' })],
  },
  {
    name: 'a rejected message in the store, and a log that is not whole',
    defect: [
      missing('log'),
      alter('sends', 'a', { outcome: 'rejected', at: undefined }),
      without('log', 'a'),
    ],
    found: ['rejected-but-written unknown: a'],
    twin: [missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a stored message whose record was aborted',
    defect: [alter('log', 'a', { aborted: true })],
    found: ['aborted-read consumer: a'],
    twin: [alter('log', 'a', { aborted: true }), without('rows', 'a')],
  },
  {
    name: 'a row without a position, of a message whose record was aborted',
    defect: [alter('log', 'b', { aborted: true }), alter('rows', 'b', { at: undefined })],
    found: ['aborted-read consumer: b'],
    twin: [
      alter('log', 'b', { aborted: true }),
      sent({ id: 'b', outcome: 'acked', at: '0:2' }),
      logged({ id: 'b', at: '0:2' }),
      alter('rows', 'b', { at: undefined }),
    ],
  },
  {
    name: 'a message that was sent again after an abort, and stored twice',
    defect: [
      alter('log', 'b', { aborted: true }),
      logged({ id: 'b', at: '0:5' }),
      stored({ id: 'b', at: '0:5', category: 'completed' }),
    ],
    found: ['aborted-read consumer: b'],
    twin: [
      alter('log', 'b', { aborted: true }),
      logged({ id: 'b', at: '0:5' }),
      alter('rows', 'b', { at: '0:5' }),
    ],
  },
  {
    name: 'a rejected message that is in the log and not in the store',
    defect: [alter('sends', 'a', { outcome: 'rejected', at: undefined }), without('rows', 'a')],
    found: ['rejected-but-written producer: a'],
    twin: [],
  },
]);
