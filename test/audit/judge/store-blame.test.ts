/** Whom the consumer's journal of writes blames: the store, where it shows that the consumer did its part. */
import { testDefects } from './defect-cases.ts';
import {
  alter,
  delivered,
  journal,
  logged,
  message,
  missing,
  namelessJournal,
  position,
  range,
  sent,
  stored,
  unwritten,
  without,
  written,
  type Change,
} from './healthy-history.ts';

const stranger = message('e', { planned: false, state: null });
const strangeRow = stored({ id: 'e', at: '0:5', category: 'failed' });
const gone = (id: string): Change[] => [without('log', id), without('rows', id)];

const accounted =
  (...places: string[]): Change =>
  (history) => {
    history.accounted = places;
  };
/** Of partition 0; what stands before was not handed over. */
const deliveredFrom =
  (first: number): Change =>
  (history) => {
    history.deliveries![0]!.first = first;
  };

testDefects([
  {
    name: 'a second row where nothing else stands, by a journal that tells neither ids nor categories',
    defect: [namelessJournal, written({ at: '0:7' }), stored({ id: 'a', at: '0:7', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal, written({ at: '0:7' })],
  },
  {
    name: 'a second row where a journal without ids has one of its category',
    defect: [
      namelessJournal,
      written({ at: '0:7', category: 'failed' }),
      stored({ id: 'a', at: '0:7', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal, written({ at: '0:7', category: 'failed' })],
  },
  {
    name: 'a second row where a journal without ids has one of another category',
    defect: [
      namelessJournal,
      written({ at: '0:7', category: 'completed' }),
      stored({ id: 'a', at: '0:7', category: 'failed' }),
    ],
    found: ['duplicated store: a'],
    twin: [namelessJournal, written({ at: '0:7', category: 'completed' })],
  },
  {
    name: 'a row that was written and is not there',
    defect: [journal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal],
  },
  {
    name: 'a row that was written, by a journal that tells no ids',
    defect: [namelessJournal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a row that was not written, by a whole journal',
    defect: [journal, unwritten('0:0'), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [journal, unwritten('0:0')],
  },
  {
    name: 'a row of which a journal that is not whole says nothing',
    defect: [journal, missing('written'), unwritten('0:0'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [journal, missing('written'), unwritten('0:0')],
  },
  {
    name: 'a row of which a journal that is not whole says that there was none',
    defect: [journal, missing('written'), unwritten('0:0'), accounted('0:0'), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [journal, missing('written'), unwritten('0:0'), accounted('0:0')],
  },
  {
    name: 'an offset that was passed over, by a journal that knows all rows of the partition',
    defect: [
      journal,
      missing('deliveries', 'written'),
      unwritten('0:0'),
      deliveredFrom(1),
      without('rows', 'a'),
    ],
    found: ['lost consumer: a'],
    twin: [journal, missing('deliveries', 'written'), unwritten('0:0'), deliveredFrom(1)],
  },
  {
    name: 'an offset that was passed over, where a journal is missing that knew another row',
    defect: [
      journal,
      missing('deliveries', 'written'),
      unwritten('0:0'),
      deliveredFrom(2),
      without('rows', 'a'),
    ],
    found: ['lost unknown: a'],
    twin: [journal, missing('deliveries', 'written'), unwritten('0:0'), deliveredFrom(2)],
  },
  {
    name: 'what a journal that is not whole shows is shown',
    defect: [journal, missing('written'), without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal, missing('written')],
  },
  {
    name: 'a row that was written and is not there; the log is not whole',
    defect: [journal, missing('log'), ...gone('a')],
    found: ['lost store: a'],
    twin: [journal, missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'the drain rule wins over what was written',
    defect: [journal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal, without('rows', 'a'), position(0, 0)],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'written elsewhere than it was acked, and not in the log that was read',
    defect: [
      missing('log'),
      ...gone('a'),
      alter('sends', 'a', { at: undefined }),
      written({ id: 'a', at: '0:7' }),
    ],
    found: ['lost store: a'],
    twin: [
      missing('log'),
      ...gone('a'),
      alter('sends', 'a', { at: undefined }),
      written({ id: 'a', at: '0:9' }),
    ],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'removed by retention, written, and not there',
    defect: [journal, range(0, { start: 1 }), ...gone('a')],
    found: ['lost store: a'],
    twin: [journal, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'compacted after it was written, and not there',
    defect: [range(0, { compacted: true }), ...gone('a'), written({ id: 'a', at: '0:0' })],
    found: ['lost store: a'],
    twin: [range(0, { compacted: true }), ...gone('a'), written()],
  },
  {
    name: 'two rows, and one was written',
    defect: [journal, stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [journal],
  },
  {
    name: 'two rows, and both were written',
    defect: [
      journal,
      stored({ id: 'a', at: '0:0', category: 'failed' }),
      written({ id: 'a', at: '0:0', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [journal, written({ id: 'a', at: '0:0', category: 'failed' })],
  },
  {
    name: 'two rows, and both were written, by a journal that tells no ids',
    defect: [
      namelessJournal,
      stored({ id: 'a', at: '0:0', category: 'failed' }),
      written({ at: '0:0', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal],
  },
  {
    name: 'two rows, one was written, and the journal may lack another',
    defect: [journal, missing('written'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated unknown: a'],
    twin: [journal, missing('written')],
  },
  {
    name: 'two rows, and a whole journal that knows neither',
    defect: [journal, unwritten('0:0'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [journal],
  },
  {
    name: 'a third row of what is twice in the log and was written twice',
    defect: [
      journal,
      logged({ id: 'a', at: '0:5' }),
      written({ id: 'a', at: '0:5', category: 'failed' }),
      stored({ id: 'a', at: '0:5', category: 'failed' }, { id: 'a', at: '0:5', category: 'failed' }),
    ],
    found: ['duplicated producer: a', 'duplicated store: a'],
    twin: [journal],
  },
  {
    name: 'a row in another category than it was written to',
    defect: [journal, alter('rows', 'a', { category: 'completed' })],
    found: ['misclassified store: a'],
    twin: [journal],
  },
  {
    name: 'a row in the wrong category that it was written to',
    defect: [
      journal,
      unwritten('0:0'),
      written({ id: 'a', at: '0:0', category: 'completed' }),
      alter('rows', 'a', { category: 'completed' }),
    ],
    found: ['misclassified consumer: a'],
    twin: [journal],
  },
  {
    name: 'a row in the wrong category, written to the right one too',
    defect: [
      journal,
      written({ id: 'a', at: '0:0', category: 'completed' }),
      alter('rows', 'a', { category: 'completed' }),
    ],
    found: ['misclassified consumer: a'],
    twin: [journal],
  },
  {
    name: 'a row in the wrong category, and the journal tells none',
    defect: [
      journal,
      unwritten('0:0'),
      written({ id: 'a', at: '0:0' }),
      alter('rows', 'a', { category: 'completed' }),
    ],
    found: ['misclassified consumer: a'],
    twin: [journal, unwritten('0:0'), written({ id: 'a', at: '0:0' })],
  },
  {
    name: 'a row that differs from what was written',
    defect: [journal, alter('rows', 'a', { content: 'x' })],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'a row that was written as wrong as it is',
    defect: [
      journal,
      unwritten('0:0'),
      written({ id: 'a', at: '0:0', content: 'x' }),
      alter('rows', 'a', { content: 'x' }),
    ],
    found: ['corrupted consumer: a'],
    twin: [journal],
  },
  {
    name: 'a row that differs, and the journal tells no content',
    defect: [namelessJournal, alter('rows', 'a', { content: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a row that differs from what was written, where nothing else tells the content',
    defect: [
      message('a', { sequence: 0 }),
      written({ id: 'a', at: '0:0', content: 'x' }),
      alter('rows', 'a', { content: 'y' }),
    ],
    found: ['corrupted store: a'],
    twin: [
      message('a', { sequence: 0 }),
      written({ id: 'a', at: '0:0', content: 'x' }),
      alter('rows', 'a', { content: 'x' }),
    ],
  },
  {
    name: 'a row with another key than what was written',
    defect: [journal, alter('rows', 'a', { key: 'x' })],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'a row with another position than what was written',
    defect: [journal, alter('rows', 'a', { at: '0:7' })],
    found: ['corrupted store: a'],
    twin: [journal, alter('rows', 'a', { at: undefined })],
  },
  {
    name: 'a row with the wrong position that it was written with',
    defect: [journal, unwritten('0:0'), written({ id: 'a', at: '0:7' }), alter('rows', 'a', { at: '0:7' })],
    found: ['corrupted consumer: a'],
    twin: [journal],
  },
  {
    name: 'nobody planned it, and nobody wrote it',
    defect: [journal, stranger, strangeRow],
    found: ['phantom store: e'],
    twin: [journal],
  },
  {
    name: 'nobody planned it, and the consumer wrote it',
    defect: [journal, stranger, strangeRow, written({ id: 'e', at: '0:5' })],
    found: ['phantom consumer: e'],
    twin: [journal],
  },
  {
    name: 'nobody planned it, and the journal is not whole',
    defect: [journal, missing('written'), stranger, strangeRow],
    found: ['phantom unknown: e'],
    twin: [journal, missing('written')],
  },
  {
    name: 'nobody planned it, nobody wrote it, and the log is not whole',
    defect: [journal, missing('log'), stranger, strangeRow],
    found: ['phantom store: e'],
    twin: [journal, missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'nobody planned it, it has no position, and the journal tells nothing but positions',
    defect: [namelessJournal, stranger, stored({ id: 'e', category: 'failed' })],
    found: ['phantom consumer: e'],
    twin: [namelessJournal],
  },
  {
    name: 'nobody planned it, and what was written where it stands is another row',
    defect: [
      namelessJournal,
      written({ at: '0:5', category: 'dead-letters' }),
      stranger,
      stored({ id: 'e', at: '0:5', category: 'failed' }),
    ],
    found: ['phantom store: e'],
    twin: [namelessJournal],
  },
  {
    name: 'rejected, and only in the store, where nobody wrote it',
    defect: [
      journal,
      unwritten('0:0'),
      alter('sends', 'a', { outcome: 'rejected', at: undefined }),
      without('log', 'a'),
    ],
    found: ['rejected-but-written store: a'],
    twin: [journal, sent({ id: 'a', outcome: 'rejected' })],
  },
  {
    name: 'an aborted record in the store is the consumer’s doing, whatever was written',
    defect: [journal, alter('log', 'a', { aborted: true })],
    found: ['aborted-read consumer: a'],
    twin: [journal, alter('log', 'a', { aborted: true }), without('rows', 'a'), unwritten('0:0')],
  },
  {
    name: 'handed over twice and stored once is no duplicate',
    defect: [journal, stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [journal, delivered({ partition: 0, first: 0, end: 9 })],
  },
]);
