/**
 * What all evidence of a run says about one message or one place in the log, hop by hop. It reports differences and
 * judges nothing: that is the task of the audit.
 *
 * It reads ledgers, scan and journals once for the message's name, and once for other events at its places. It reads
 * the store by place, along an index, and by id, for which it goes through all rows.
 */
import type { Place } from '../workload/place.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import {
  gap,
  isFact,
  limited,
  type ExpectedFacts,
  type GapEvent,
  type IntentEvent,
  type LogEvent,
  type OutcomeEvent,
  type PositionEvent,
  type TimelineEvent,
} from './timeline.ts';
import { readMessageId } from '../workload/workload.ts';
import { journalEvents } from './journal-events.ts';
import { LedgerEvents, type SentName } from './ledger-events.ts';
import { LogEvents } from './log-events.ts';
import { PlaceSet } from './place-set.ts';
import { rowDifferences } from './row-differences.ts';
import type { RunMessages } from '../audit/run-evidence/run-messages.ts';
import { findInStore, type FoundInStore } from './store-events.ts';

export interface TimelineRequest {
  folder: RunFolder;
  /** The manifest with the real number of messages of each producer, as far as it is known. */
  manifest: Manifest;
  messages: RunMessages;
  storeLocation: string;
  /** An id, or `PARTITION:OFFSET`. */
  asked: string;
}

export interface MessageTimeline {
  /** The id of the message; undefined if the request is a place at which no message of the run is known. */
  id: string | undefined;
  expected: ExpectedFacts | null;
  timeline: TimelineEvent[];
  /** The places of its records and acks, and the requested place; the best first. */
  places: Place[];
}

/** The requested message by its name, if its id has the form of one, and by its id; or only a place. */
interface Subject {
  id: string | undefined;
  sent: SentName | undefined;
  place: Place | undefined;
}

/** The limit of places: no reader looks at more copies. */
const placesMax = 200;

/** Undefined if the message was not planned and no evidence has anything about it. */
export async function messageTimeline(request: TimelineRequest): Promise<MessageTimeline | undefined> {
  const { folder, manifest, messages, storeLocation } = request;
  const ledger = await LedgerEvents.open(folder, manifest.id);
  const log = await LogEvents.open(folder, manifest, messages);
  const subject = await subjectOf(request, ledger, log);
  const { id, sent } = subject;
  const attempts = sent === undefined ? { events: [], gaps: [] } : await ledger.attemptsOf(sent);
  const acked = attempts.events.flatMap(ackedPlace);
  const places = new PlaceSet(placesMax);
  for (const place of [...(subject.place ? [subject.place] : []), ...acked]) places.add(place);
  const records = log.find(sent, places);
  const own = records.filter((record) => id !== undefined && record.id === id);
  for (const place of own) places.add(place);
  const stored = await findInStore(storeLocation, manifest, id, places);
  const elsewhere = placesOfRows(stored, places);
  records.push(...log.find(undefined, elsewhere));
  for (const place of elsewhere) places.add(place);
  const others = (await ledger.ackedAt(places)).filter(({ id: other }) => other !== id);
  const isPlanned = sent !== undefined && messages.isPlanned(messages.indexOf(sent.producer, sent.sequence));
  if (isPlanned) compareRows(request, sent, stored, own, acked);
  const standing = [...own, ...acked, ...(subject.place ? [subject.place] : [])].map(placeOf);
  const timeline = [
    ...limited('outcome', [...attempts.events, ...others]),
    ...attempts.gaps,
    ...limited('log', records.sort(byPlace)),
    ...log.gaps(acked, own.length > 0 || (sent === undefined && records.length > 0)),
    // Offsets of the two topics cannot be compared, and the journal has nothing but offsets.
    ...(log.isRecreated
      ? [gap.missing('delivery', 'the topic was recreated: the journal may be about the earlier topic')]
      : await journalEvents({ folder, manifest, storeLocation }, places)),
    ...positionEvents(standing, stored, manifest, log.commits),
    ...storeEvents(stored, id),
  ];
  if (!isPlanned && !timeline.some((event) => isFact(event) && !isPosition(event))) return undefined;
  return { id, expected: isPlanned ? expectedOf(messages, sent) : null, timeline, places: standing };
}

async function subjectOf(
  { asked, manifest, storeLocation }: TimelineRequest,
  ledger: LedgerEvents,
  log: LogEvents,
): Promise<Subject> {
  const place = placeIn(asked);
  if (place === undefined) return { id: asked, sent: nameIn(asked), place };
  const there = new PlaceSet();
  there.add(place);
  const [record] = log.find(undefined, there);
  const { rows } = await findInStore(storeLocation, manifest, undefined, there);
  const id =
    record?.id ??
    (await ledger.ackedAt(there))[0]?.id ??
    rows.find(({ event }) => event.id !== null)?.event.id ??
    undefined;
  return { id, sent: id === undefined ? undefined : nameIn(id), place };
}

function placeIn(asked: string): Place | undefined {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(asked) ?? [];
  return partition === undefined ? undefined : { partition: Number(partition), offset: Number(offset) };
}

function nameIn(id: string): SentName | undefined {
  const name = { producer: 0, sequence: 0 };
  const bytes = Buffer.from(id);
  return readMessageId(bytes, 0, bytes.length, name) ? name : undefined;
}

function ackedPlace(event: IntentEvent | OutcomeEvent): Place[] {
  if (event.hop === 'intent' || event.outcome !== 'acked') return [];
  const { partition, offset } = event;
  return partition === null || offset === null ? [] : [{ partition, offset }];
}

/** The places that rows of the message name and that are not known yet. */
function placesOfRows({ rows }: FoundInStore, known: PlaceSet): PlaceSet {
  const places = new PlaceSet(placesMax);
  for (const { event } of rows) {
    const { partition, offset } = event;
    if (partition === null || offset === null || known.has(partition, offset)) continue;
    places.add({ partition, offset });
  }
  return places;
}

function compareRows(
  { manifest, messages }: TimelineRequest,
  sent: SentName,
  { rows }: FoundInStore,
  own: readonly LogEvent[],
  acked: readonly Place[],
): void {
  const index = messages.indexOf(sent.producer, sent.sequence);
  const session = messages.sessionOf(index);
  const sessions = [session, ...messages.otherSessions(session)];
  const digests = sessions.map((each) => messages.expected(index, each)!.digest);
  // `expected` reuses its memory, so the message of the latest session is made last and stays.
  const { producer, sequence, key, payload } = messages.expected(index, session)!;
  const { id, state: category = '' } = messages.name(index);
  const places = own.length > 0 ? own : acked;
  const right = { topicId: manifest.topicId, category, producer, sequence, key, payload, digests, places };
  for (const { event, row } of rows) {
    if (event.id === id) event.differs = rowDifferences(row, right);
  }
}

function expectedOf(messages: RunMessages, sent: SentName): ExpectedFacts {
  const index = messages.indexOf(sent.producer, sent.sequence);
  const { producer, sequence, key, payload } = messages.expected(index, messages.sessionOf(index))!;
  const { state = '' } = messages.name(index);
  return { state, key: Buffer.from(key).toString(), payloadBytes: payload.length, producer, sequence };
}

/** The next offset of the store and of the group, for each partition that has the message. */
function positionEvents(
  standing: readonly Place[],
  stored: FoundInStore,
  { base }: Manifest,
  commits: ReadonlyMap<number, number> | string,
): (PositionEvent | GapEvent)[] {
  const highest = new Map<number, number>();
  for (const { partition, offset } of standing) {
    highest.set(partition, Math.max(offset, highest.get(partition) ?? 0));
  }
  const events: (PositionEvent | GapEvent)[] = [];
  const add = (hop: 'position' | 'commit', place: Place, next: number): void => {
    events.push({ hop, time: null, ...place, next, isPast: next > place.offset });
  };
  for (const [partition, offset] of highest) {
    const place = { partition, offset };
    // A consumer that has stored nothing of a partition yet is at the offset where the run began.
    const next = stored.positions.get(partition) ?? base[partition];
    if (stored.problem === undefined && next !== undefined) add('position', place, next);
    const commit = typeof commits === 'string' ? undefined : commits.get(partition);
    if (commit !== undefined) add('commit', place, commit);
    else if (typeof commits !== 'string') {
      events.push(gap.nothing('commit', `the group had no committed offset for partition ${partition}`));
    }
  }
  if (highest.size > 0 && typeof commits === 'string') events.push(gap.missing('commit', commits));
  return events;
}

function storeEvents({ rows, letters, problem }: FoundInStore, id: string | undefined): TimelineEvent[] {
  const hasRow = rows.some(({ event }) => id === undefined || event.id === id);
  return [
    ...limited(
      'row',
      rows.map(({ event }) => event),
    ),
    ...limited('dead-letter', letters),
    ...(problem === undefined && !hasRow ? [gap.nothing('row', 'no row of it')] : []),
    ...(problem === undefined ? [] : [gap.missing('row', problem)]),
  ];
}

const isPosition = ({ hop }: TimelineEvent): boolean => hop === 'position' || hop === 'commit';

const placeOf = ({ partition, offset }: Place): Place => ({ partition, offset });

const byPlace = (a: Place, b: Place): number => a.partition - b.partition || a.offset - b.offset;
