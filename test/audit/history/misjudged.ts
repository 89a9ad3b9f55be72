/** Histories that an audit once judged wrongly, in a few lines each. */
type Fields = Record<string, unknown>;
export const send = (id: string, fields: Fields): Fields => ({
  type: 'send',
  id,
  state: 'completed',
  outcome: 'acked',
  ...fields,
});
export const log = (id: string, fields: Fields): Fields => ({ type: 'log', id, partition: 0, ...fields });
export const row = (id: string, fields: Fields = {}): Fields => ({
  type: 'store',
  id,
  category: 'completed',
  ...fields,
});
export const range = (end: number, fields: Fields = {}): Fields => ({
  type: 'logRange',
  partition: 0,
  start: 0,
  end,
  ...fields,
});
export const complete = (...hops: string[]): Fields[] => hops.map((of) => ({ type: 'complete', of }));
const all = complete('ledger', 'log', 'store');
export const at = (partition: number, offset: number): Fields => ({ partition, offset });

/** One message that all hops agree on. */
const healthy = [send('a', at(0, 0)), log('a', { offset: 0 }), row('a', at(0, 0))];
/** A message of a topic that is not compacted, acked no matter where, and in no other hop; and another topic's. */
const lostBeside = (other: Fields): Fields[] => [
  range(1, { topic: 'A' }),
  range(6, { topic: 'B', ...other }),
  send('a', { topic: 'A', key: 'k' }),
  send('b', { topic: 'B', key: 'k', ...at(0, 5) }),
  log('b', { topic: 'B', key: 'k', offset: 5 }),
  row('b', { topic: 'B', ...at(0, 5) }),
  ...all,
];
/** A message that compaction may have taken, if a tombstone of its key was written. */
const tombstoneSent = (tombstone: Fields): Fields[] => [
  range(70, { compacted: true }),
  send('a', { key: 'k', ...at(0, 42) }),
  send('t', { key: 'k', tombstone: true, ...tombstone }),
  send('b', { key: 'z', ...at(0, 69) }),
  log('b', { key: 'z', offset: 69 }),
  row('b', at(0, 69)),
  ...all,
];

/** Offsets: more than are searched one by one. */
const many = Array.from({ length: 50 }, (_, offset) => offset);

/** By what is right of them: the verdict, the findings by kind and blame, and the lines. */
export const misjudged: Record<string, [verdict: string, findings: string[], lines: Fields[]]> = {
  'compaction of one topic takes nothing from another': [
    'fail',
    ['lost broker'],
    lostBeside({ compacted: true }),
  ],
  'retention in one topic takes nothing from another': ['fail', ['lost broker'], lostBeside({ start: 5 })],
  'it is enough to know of its own topic whether it is compacted': [
    'pass',
    [],
    [
      range(6, { topic: 'A', compacted: true }),
      range(1, { topic: 'B', compactionUnknown: true }),
      send('a', { topic: 'A', key: 'k', ...at(0, 2) }),
      send('c', { topic: 'A', key: 'k', ...at(0, 5) }),
      log('c', { topic: 'A', key: 'k', offset: 5 }),
      row('c', { topic: 'A', ...at(0, 5) }),
      ...all,
    ],
  ],
  'one dead letter is not that of two messages': [
    'fail',
    ['lost unknown'],
    [
      { type: 'run', run: 'r', acks: '1', hops: ['ledger', 'store'] },
      send('a', { state: 'odd', ...at(0, 0) }),
      send('b', { state: 'odd', ...at(0, 0) }),
      { type: 'deadLetter', reason: '', ...at(0, 0) },
      ...complete('ledger', 'store'),
    ],
  ],
  'a dead letter that bears a strange id is not as it should be': [
    'fail',
    ['corrupted unknown'],
    [
      send('a', { state: 'odd', ...at(0, 0) }),
      log('a', { offset: 0 }),
      { type: 'deadLetter', id: 'strange', reason: '', ...at(0, 0) },
      ...all,
    ],
  ],
  'a commit beyond the end of a log that may have grown promises nothing': [
    'inconclusive',
    [],
    [
      { type: 'run', run: 'r', logFinal: false },
      ...healthy,
      range(1),
      { type: 'position', ...at(0, 1) },
      { type: 'commit', ...at(0, 2) },
      ...all,
    ],
  ],
  'a commit beyond the end of a log that Kafka may have cut promises nothing': [
    'inconclusive',
    [],
    [
      { type: 'run', run: 'r', acks: '1' },
      ...healthy,
      range(1),
      { type: 'position', ...at(0, 1) },
      { type: 'commit', ...at(0, 2) },
      ...all,
    ],
  ],
  'a commit beyond the end of a log that is known promises too much': [
    'fail',
    ['overcommitted consumer'],
    [...healthy, range(1), { type: 'position', ...at(0, 1) }, { type: 'commit', ...at(0, 2) }, ...all],
  ],
  'nobody knows where a tombstone stands whose outcome is unknown': [
    'inconclusive',
    [],
    tombstoneSent({ outcome: 'unknown' }),
  ],
  'nobody knows where a tombstone stands whose ack names no place': ['inconclusive', [], tombstoneSent({})],
  'a tombstone that was rejected takes nothing away': [
    'fail',
    ['lost broker'],
    tombstoneSent({ outcome: 'rejected' }),
  ],
  'a commit over what compaction may have taken promises nothing': [
    'inconclusive',
    [],
    [
      range(70, { compacted: true }),
      send('a', { key: 'k', ...at(0, 42) }),
      send('b', { key: 'k', ...at(0, 65) }),
      log('b', { key: 'k', offset: 65 }),
      { type: 'position', ...at(0, 42) },
      { type: 'commit', ...at(0, 60) },
      ...complete('ledger', 'store'),
    ],
  ],
  'two messages of a key in the last partition that can be are in one': [
    'pass',
    [],
    ['a', 'b'].flatMap((id, offset) => [
      send(id, { key: 'k', sequence: offset, ...at(2 ** 31 - 1, offset) }),
      log(id, { key: 'k', ...at(2 ** 31 - 1, offset) }),
      row(id),
      ...(offset === 1 ? all : []),
    ]),
  ],
  'a row that lies about its place does not say that the log was longer': [
    'fail',
    ['corrupted consumer', 'phantom consumer', 'overcommitted consumer'],
    [
      send('a', at(0, 0)),
      log('a', { offset: 0 }),
      range(1),
      row('a', at(0, 9999)),
      { type: 'position', ...at(0, 70) },
      { type: 'deadLetter', reason: '', ...at(0, 5) },
      ...all,
    ],
  ],
  'fields that a line does not have are ignored': [
    'pass',
    [],
    [
      { type: 'run', run: 'r', topic: 'orders', partition: 'x' },
      ...healthy,
      ...all.map((line, index) => ({ ...line, topic: [7, null, 'b'][index], partition: null })),
    ],
  ],
  'a record like the first differs from the second': [
    'fail',
    ['duplicated producer', 'corrupted broker'],
    [
      send('a', at(0, 0)),
      log('a', { offset: 0, digest: 'x', crc: 'ok' }),
      log('a', { offset: 1, digest: 'y', crc: 'ok' }),
      log('a', { offset: 2, digest: 'x' }),
      row('a', at(0, 0)),
      ...all,
    ],
  ],
  'an attempt of unknown outcome does not make every place right': [
    'fail',
    ['offset-conflict broker'],
    [
      send('a', { outcome: 'unknown' }),
      send('a', at(0, 5)),
      log('a', { offset: 7 }),
      row('a', at(0, 7)),
      ...all,
    ],
  ],
  'each of many rows mirrors one of many records': [
    'fail',
    ['duplicated producer'],
    [
      send('a', at(0, 0)),
      ...many.flatMap((offset) => [log('a', { offset }), row('a', at(0, offset))]),
      ...all,
    ],
  ],
  'many rows of one message, of which two share a place': [
    'fail',
    ['duplicated consumer'],
    [
      send('a', at(0, 0)),
      ...many.map((offset) => row('a', at(0, offset))),
      row('a', at(0, 7)),
      ...complete('ledger', 'store'),
    ],
  ],
  'a partition that the topic does not have holds no row, no dead letter and no position': [
    'fail',
    ['phantom consumer', 'overcommitted consumer'],
    [
      { type: 'run', run: 'r', allRanges: true },
      ...healthy,
      range(1),
      { type: 'store', category: 'completed', foreign: true, ...at(98, 0) },
      { type: 'deadLetter', reason: '', ...at(99, 5) },
      { type: 'position', ...at(0, 1) },
      { type: 'position', ...at(97, 5000) },
      ...all,
    ],
  ],
  'of a partition that a history does not tell of, nothing is known': [
    'pass',
    [],
    [
      ...healthy,
      range(1),
      { type: 'store', category: 'completed', foreign: true, ...at(98, 0) },
      { type: 'position', ...at(0, 1) },
      { type: 'position', ...at(97, 5000) },
      ...all,
    ],
  ],
  'a journal does not tell what was written to a topic that was recreated': [
    'inconclusive',
    [],
    [
      { type: 'run', run: 'r', topicRecreated: true },
      ...healthy.slice(0, 2),
      range(1),
      { type: 'written', ...at(0, 0) },
      ...complete('ledger', 'log', 'written', 'store'),
    ],
  ],
  'where Kafka lost one record, it lost another that stood where one stands now': [
    'fail',
    ['lost broker', 'offset-conflict broker'],
    [
      range(9),
      send('a', at(0, 5)),
      send('b', at(0, 5)),
      send('c', at(0, 8)),
      send('d', { outcome: 'unknown' }),
      log('b', { offset: 5 }),
      log('d', { offset: 8 }),
      row('a', at(0, 5)),
      row('b', at(0, 5)),
      row('c', at(0, 8)),
      { type: 'position', ...at(0, 9) },
      ...all,
    ],
  ],
};
