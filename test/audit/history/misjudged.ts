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
/** A lost message of a topic that is not compacted, whose ack names no offset; and a healthy one of another topic. */
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

/** More offsets than the audit searches one by one. */
const many = Array.from({ length: 50 }, (_, offset) => offset);

/** By the rule that the audit once broke: the right verdict, the right findings (kind and blame), and the lines. */
export const misjudged: Record<string, [verdict: string, findings: string[], lines: Fields[]]> = {
  'compaction of one topic does not excuse a message that another topic lost': [
    'fail',
    ['lost broker'],
    lostBeside({ compacted: true }),
  ],
  'retention in one topic does not excuse a message that another topic lost': [
    'fail',
    ['lost broker'],
    lostBeside({ start: 5 }),
  ],
  "a message is excused by its own topic's compaction, even if that of another topic is unknown": [
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
  'one dead letter does not account for two messages': [
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
  'a dead letter with an unknown id is corrupted': [
    'fail',
    ['corrupted unknown'],
    [
      send('a', { state: 'odd', ...at(0, 0) }),
      log('a', { offset: 0 }),
      { type: 'deadLetter', id: 'strange', reason: '', ...at(0, 0) },
      ...all,
    ],
  ],
  'a commit beyond the end of a log that may have grown is not overcommitted': [
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
  'a commit beyond the end of a log that Kafka may have truncated is not overcommitted': [
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
  'a commit beyond the end of a log that is final is overcommitted': [
    'fail',
    ['overcommitted consumer'],
    [...healthy, range(1), { type: 'position', ...at(0, 1) }, { type: 'commit', ...at(0, 2) }, ...all],
  ],
  'a tombstone whose outcome is unknown makes the loss of an earlier message undecidable': [
    'inconclusive',
    [],
    tombstoneSent({ outcome: 'unknown' }),
  ],
  'a tombstone whose ack names no offset makes the loss of an earlier message undecidable': [
    'inconclusive',
    [],
    tombstoneSent({}),
  ],
  'a rejected tombstone does not excuse a lost message': [
    'fail',
    ['lost broker'],
    tombstoneSent({ outcome: 'rejected' }),
  ],
  'a commit beyond records that compaction may have removed is not overcommitted': [
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
  'two messages of one key in the last possible partition (2^31 - 1) are in the same partition': [
    'pass',
    [],
    ['a', 'b'].flatMap((id, offset) => [
      send(id, { key: 'k', sequence: offset, ...at(2 ** 31 - 1, offset) }),
      log(id, { key: 'k', ...at(2 ** 31 - 1, offset) }),
      row(id),
      ...(offset === 1 ? all : []),
    ]),
  ],
  'a row with a wrong offset does not prove that the log was longer': [
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
  'fields that a type of line does not define are ignored': [
    'pass',
    [],
    [
      { type: 'run', run: 'r', topic: 'orders', partition: 'x' },
      ...healthy,
      ...all.map((line, index) => ({ ...line, topic: [7, null, 'b'][index], partition: null })),
    ],
  ],
  'a third record that equals the first differs from the second, so the message is corrupted': [
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
  'an attempt of unknown outcome does not excuse a record at another offset than acked': [
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
  'if many records of a message were stored once each, the producer alone duplicated it': [
    'fail',
    ['duplicated producer'],
    [
      send('a', at(0, 0)),
      ...many.flatMap((offset) => [log('a', { offset }), row('a', at(0, offset))]),
      ...all,
    ],
  ],
  'many rows of one message, two of them at one offset, were duplicated by the consumer': [
    'fail',
    ['duplicated consumer'],
    [
      send('a', at(0, 0)),
      ...many.map((offset) => row('a', at(0, offset))),
      row('a', at(0, 7)),
      ...complete('ledger', 'store'),
    ],
  ],
  'a row, a dead letter or a next offset in a partition that the topic lacks is a finding': [
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
  'a foreign row or a next offset in a partition without a known range is not a finding': [
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
  'if a topic was recreated, the journal does not prove that a message was written': [
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
  'if Kafka lost one record, it also lost the acked record whose offset another record has now': [
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
