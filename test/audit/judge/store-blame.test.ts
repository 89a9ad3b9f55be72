/** The blame by the consumer's journal of writes: the store, if the journal shows that the consumer wrote correctly. */
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
/** Records of partition 0 before this offset were not delivered. */
const deliveredFrom =
  (first: number): Change =>
  (history) => {
    history.deliveries![0]!.first = first;
  };

testDefects([
  {
    name: 'a second row at an offset without a record, and a journal without ids that has a write of any category there',
    defect: [namelessJournal, written({ at: '0:7' }), stored({ id: 'a', at: '0:7', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal, written({ at: '0:7' })],
  },
  {
    name: 'a second row at an offset without a record, and a journal without ids that has a write of its category there',
    defect: [
      namelessJournal,
      written({ at: '0:7', category: 'failed' }),
      stored({ id: 'a', at: '0:7', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal, written({ at: '0:7', category: 'failed' })],
  },
  {
    name: 'a second row at an offset without a record, and a journal without ids that has a write of another category there',
    defect: [
      namelessJournal,
      written({ at: '0:7', category: 'completed' }),
      stored({ id: 'a', at: '0:7', category: 'failed' }),
    ],
    found: ['duplicated store: a'],
    twin: [namelessJournal, written({ at: '0:7', category: 'completed' })],
  },
  {
    name: 'a missing row that was written',
    defect: [journal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal],
  },
  {
    name: 'a missing row that was written, by a journal without ids',
    defect: [namelessJournal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a missing row that was not written, by a whole journal',
    defect: [journal, unwritten('0:0'), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [journal, unwritten('0:0')],
  },
  {
    name: 'a missing row that a journal which is not whole does not mention',
    defect: [journal, missing('written'), unwritten('0:0'), without('rows', 'a')],
    found: ['lost unknown: a'],
    twin: [journal, missing('written'), unwritten('0:0')],
  },
  {
    name: 'a missing row that was not written, by a journal that is not whole but accounts for its offset',
    defect: [journal, missing('written'), unwritten('0:0'), accounted('0:0'), without('rows', 'a')],
    found: ['lost consumer: a'],
    twin: [journal, missing('written'), unwritten('0:0'), accounted('0:0')],
  },
  {
    name: 'a missing row at an offset that was not delivered, by a journal that has all other rows of the partition',
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
    name: 'a missing row at an offset that was not delivered, by journals that lack another row of the partition, too',
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
    name: 'a missing row that was written, by a journal that is not whole',
    defect: [journal, missing('written'), without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal, missing('written')],
  },
  {
    name: 'a missing row that was written, and a log that is not whole',
    defect: [journal, missing('log'), ...gone('a')],
    found: ['lost store: a'],
    twin: [journal, missing('log'), without('log', 'a')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a missing row that was written, whose twin is not drained',
    defect: [journal, without('rows', 'a')],
    found: ['lost store: a'],
    twin: [journal, without('rows', 'a'), position(0, 0)],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'a missing message that was written from below the next offset, and whose ack names no offset',
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
    name: 'a missing row that was written before retention removed its record',
    defect: [journal, range(0, { start: 1 }), ...gone('a')],
    found: ['lost store: a'],
    twin: [journal, range(0, { start: 1 }), without('log', 'a')],
  },
  {
    name: 'a missing row that was written before its record was compacted',
    defect: [range(0, { compacted: true }), ...gone('a'), written({ id: 'a', at: '0:0' })],
    found: ['lost store: a'],
    twin: [range(0, { compacted: true }), ...gone('a'), written()],
  },
  {
    name: 'two rows, one of which was written',
    defect: [journal, stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [journal],
  },
  {
    name: 'two rows, both of which were written',
    defect: [
      journal,
      stored({ id: 'a', at: '0:0', category: 'failed' }),
      written({ id: 'a', at: '0:0', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [journal, written({ id: 'a', at: '0:0', category: 'failed' })],
  },
  {
    name: 'two rows, both of which were written, by a journal without ids',
    defect: [
      namelessJournal,
      stored({ id: 'a', at: '0:0', category: 'failed' }),
      written({ at: '0:0', category: 'failed' }),
    ],
    found: ['duplicated consumer: a'],
    twin: [namelessJournal],
  },
  {
    name: 'two rows, one of which was written, by a journal that is not whole',
    defect: [journal, missing('written'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated unknown: a'],
    twin: [journal, missing('written')],
  },
  {
    name: 'two rows, neither of which was written, by a whole journal',
    defect: [journal, unwritten('0:0'), stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated consumer: a'],
    twin: [journal],
  },
  {
    name: 'three rows of a message with two records, two of which were written',
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
    name: 'a row in another category than the written one',
    defect: [journal, alter('rows', 'a', { category: 'completed' })],
    found: ['misclassified store: a'],
    twin: [journal],
  },
  {
    name: 'a row that was written to the wrong category',
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
    name: 'a row that was written to the wrong category and to the right one',
    defect: [
      journal,
      written({ id: 'a', at: '0:0', category: 'completed' }),
      alter('rows', 'a', { category: 'completed' }),
    ],
    found: ['misclassified consumer: a'],
    twin: [journal],
  },
  {
    name: 'a row in the wrong category, and a journal without its category',
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
    name: 'a row with other content than was written',
    defect: [journal, alter('rows', 'a', { content: 'x' })],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'a row that was written with the wrong content',
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
    name: 'a row with wrong content, and a journal without contents',
    defect: [namelessJournal, alter('rows', 'a', { content: 'x' })],
    found: ['corrupted consumer: a'],
    twin: [namelessJournal],
  },
  {
    name: 'a row with other content than was written, if the sent content is unknown',
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
    name: 'a row with another key than was written',
    defect: [journal, alter('rows', 'a', { key: 'x' })],
    found: ['corrupted store: a'],
    twin: [journal],
  },
  {
    name: 'a row at another position than was written',
    defect: [journal, alter('rows', 'a', { at: '0:7' })],
    found: ['corrupted store: a'],
    twin: [journal, alter('rows', 'a', { at: undefined })],
  },
  {
    name: 'a row that was written with the wrong position',
    defect: [journal, unwritten('0:0'), written({ id: 'a', at: '0:7' }), alter('rows', 'a', { at: '0:7' })],
    found: ['corrupted consumer: a'],
    twin: [journal],
  },
  {
    name: 'an unplanned row that was not written, by a whole journal',
    defect: [journal, stranger, strangeRow],
    found: ['phantom store: e'],
    twin: [journal],
  },
  {
    name: 'an unplanned row that the consumer wrote',
    defect: [journal, stranger, strangeRow, written({ id: 'e', at: '0:5' })],
    found: ['phantom consumer: e'],
    twin: [journal],
  },
  {
    name: 'an unplanned row, and a journal that is not whole',
    defect: [journal, missing('written'), stranger, strangeRow],
    found: ['phantom unknown: e'],
    twin: [journal, missing('written')],
  },
  {
    name: 'an unplanned row that was not written, and a log that is not whole',
    defect: [journal, missing('log'), stranger, strangeRow],
    found: ['phantom store: e'],
    twin: [journal, missing('log')],
    twinVerdict: 'inconclusive',
  },
  {
    name: 'an unplanned row without a position, and a journal that has only positions',
    defect: [namelessJournal, stranger, stored({ id: 'e', category: 'failed' })],
    found: ['phantom consumer: e'],
    twin: [namelessJournal],
  },
  {
    name: 'an unplanned row at a position where a row of another category was written',
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
    name: 'a rejected message that is only in the store, and was not written',
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
    name: 'a row of an aborted record that was written',
    defect: [journal, alter('log', 'a', { aborted: true })],
    found: ['aborted-read consumer: a'],
    twin: [journal, alter('log', 'a', { aborted: true }), without('rows', 'a'), unwritten('0:0')],
  },
  {
    name: 'two rows of a message that was delivered once, whose twin was delivered twice and stored once',
    defect: [journal, stored({ id: 'a', at: '0:0', category: 'failed' })],
    found: ['duplicated store: a'],
    twin: [journal, delivered({ partition: 0, first: 0, end: 9 })],
  },
]);
