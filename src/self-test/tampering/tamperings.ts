/** Tamperings with a run that passed: with its store, and with the files in its folder. */
import type { LiveDefect } from '../live/live-defect.ts';
import {
  allOf,
  copyTo,
  journal,
  keepBytes,
  keepFrames,
  ledger,
  remove,
  replaceByFolder,
  rewrite,
  sealAgain,
  sql,
  takeFromOther,
  type Tampering,
} from './tampering.ts';

/** The run's own journal shows that the consumer wrote these correctly, so the store is blamed. */
const ofStore = (kind: 'lost' | 'corrupted' | 'phantom'): LiveDefect['expected'] => ({
  kind,
  blame: 'store',
});
/** The journal records no contents, so the consumer is blamed. */
const corruptedContent: LiveDefect['expected'] = { kind: 'corrupted', blame: 'consumer' };

const ours = `run = 'made' AND id = 'p0-0'`;
const foreign = `run IS NULL OR run <> 'made'`;
const columns = `run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at`;
const copyOf = (values: string): string =>
  `INSERT INTO completed (${columns}) SELECT ${values} FROM failed WHERE ${ours}`;
const deleted = sql(`DELETE FROM failed WHERE ${ours}`);

const storeTamperings: readonly Tampering[] = [
  {
    name: 'a partition number beyond 32 bits',
    hop: 'store',
    expected: ofStore('corrupted'),
    plant: sql(`UPDATE failed SET partition = partition + 4294967296 WHERE ${ours}`),
    twin: sql('UPDATE failed SET partition = partition + 0'),
  },
  {
    name: 'a row deleted',
    hop: 'store',
    expected: ofStore('lost'),
    plant: deleted,
    twin: sql(`DELETE FROM completed WHERE ${foreign}`),
  },
  {
    name: 'a row moved to another category',
    hop: 'store',
    expected: { kind: 'misclassified', blame: 'store' },
    plant: allOf(sql(copyOf(columns)), deleted),
    twin: sql(
      `INSERT INTO failed SELECT * FROM completed WHERE ${foreign}; DELETE FROM completed WHERE ${foreign}`,
    ),
  },
  {
    name: 'a second row, without an id, in another category',
    hop: 'store',
    expected: { kind: 'duplicated', blame: 'store', besides: ['misclassified'] },
    plant: sql(copyOf(columns.replace('run, producer, sequence, id', 'NULL, NULL, NULL, NULL'))),
    twin: sql(copyOf(columns.replace('topic_id', `'another topic'`).replace('run, ', `'another run', `))),
  },
  {
    name: 'a row that no consumer wrote',
    hop: 'store',
    expected: ofStore('phantom'),
    plant: sql(
      copyOf(
        columns.replace('sequence, id', `sequence + 4000, 'p0-4000'`).replace('"offset"', '"offset" + 4000'),
      ),
    ),
  },
  {
    name: "a row of no message, beyond the log's end",
    hop: 'store',
    expected: ofStore('phantom'),
    plant: sql(`UPDATE completed SET "offset" = "offset" + 4000 WHERE run IS NULL`),
    twin: sql('UPDATE completed SET key = NULL WHERE run IS NULL'),
  },
  {
    name: 'an id that names no message',
    hop: 'store',
    expected: corruptedContent,
    plant: sql(`UPDATE failed SET id = 'p0-00' WHERE ${ours}`),
    twin: sql('UPDATE failed SET id = CAST(id AS BLOB)'),
  },
  {
    name: 'a day that no calendar has',
    hop: 'store',
    expected: corruptedContent,
    plant: sql(`UPDATE failed SET stored_at = '2026-02-31T00:00:00.000Z' WHERE ${ours}`),
    twin: sql(`UPDATE failed SET stored_at = '2028-02-29T00:00:00.000Z' WHERE ${ours}`),
  },
  {
    name: "a next offset beyond the log's end",
    hop: 'store',
    expected: { kind: 'overcommitted', blame: 'store', cause: 'position-beyond-end' },
    plant: sql('UPDATE offsets SET next_offset = next_offset + 1 WHERE partition = 0'),
    twin: sql('UPDATE offsets SET epoch = epoch + 1'),
  },
  {
    name: 'rows hidden by a view',
    hop: 'store',
    expected: 'inconclusive',
    plant: sql(
      `ALTER TABLE failed RENAME TO _failed; CREATE VIEW failed AS SELECT * FROM _failed WHERE id <> 'p0-0'`,
    ),
    twin: sql('CREATE VIEW others AS SELECT * FROM failed; CREATE INDEX more ON failed (id)'),
  },
];

const fileTamperings: readonly Tampering[] = [
  {
    name: 'the plan cut short',
    hop: 'plan',
    expected: 'inconclusive',
    plant: rewrite('run.json', /"p0": \d+/, '"p0": 40'),
  },
  {
    name: 'the plan cut short, and sealed again',
    hop: 'plan',
    expected: 'inconclusive',
    plant: allOf(rewrite('run.json', /"p0": \d+/, '"p0": 40'), sealAgain('run.json')),
    twin: sealAgain('run.json'),
  },
  {
    name: 'a plan of a million billion messages, sealed again',
    hop: 'plan',
    expected: 'inconclusive',
    plant: allOf(rewrite('run.json', /"p0": \d+/, '"p0": 1000000000000000'), sealAgain('run.json')),
  },
  {
    name: "a ledger cut at a frame's border, and sealed again",
    hop: 'ledger',
    expected: 'inconclusive',
    plant: allOf(keepFrames(ledger, 12), sealAgain(ledger)),
    twin: sealAgain(ledger),
  },
  { name: 'a ledger of another run', hop: 'ledger', expected: 'inconclusive', plant: takeFromOther(ledger) },
  {
    name: 'a ledger of a producer that is not planned',
    hop: 'ledger',
    expected: 'inconclusive',
    plant: copyTo(ledger, 'ledger-p7-0.bin'),
    twin: copyTo(ledger, 'somebodys.bin'),
  },
  {
    name: "a folder in a ledger's place",
    hop: 'ledger',
    expected: 'inconclusive',
    plant: replaceByFolder(ledger),
  },
  {
    name: 'a scan cut short, and sealed again',
    hop: 'log',
    expected: 'inconclusive',
    plant: allOf(keepBytes('log.scan', 400), sealAgain('log.scan')),
    twin: sealAgain('log.scan'),
  },
  {
    name: 'a scan of another run',
    hop: 'log',
    expected: 'inconclusive',
    plant: takeFromOther('log.scan', 'log.json'),
  },
  {
    name: 'a range that ends below records, sealed again',
    hop: 'log',
    expected: 'inconclusive',
    plant: allOf(rewrite('log.json', /"end": \d+/, '"end": 9'), sealAgain('log.json')),
    twin: sealAgain('log.json'),
  },
  {
    name: 'a row deleted, and the journal',
    hop: 'journal',
    expected: { kind: 'lost', blame: 'unknown' },
    plant: allOf(deleted, remove(journal)),
    twin: remove(journal),
  },
  {
    name: 'a row deleted, and a journal of another run',
    hop: 'journal',
    expected: { kind: 'lost', blame: 'unknown' },
    plant: allOf(deleted, takeFromOther(journal)),
    twin: takeFromOther(journal),
  },
];

export const tamperings: readonly Tampering[] = [...storeTamperings, ...fileTamperings];
