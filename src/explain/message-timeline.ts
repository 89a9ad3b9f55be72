/**
 * What all evidence of a run says of one message, hop by hop, or of one place in the log. It reads, and judges
 * nothing: what differs is told, and what that means is for the audit to say.
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
  /** With the number of messages of each producer, as far as it is known. */
  manifest: Manifest;
  messages: RunMessages;
  storeLocation: string;
  /** An id, or `PARTITION:OFFSET`. */
  asked: string;
}

export interface MessageTimeline {
  /** Of the message; undefined where none of the run is known at the place that was asked for. */
  id: string | undefined;
  expected: ExpectedFacts | null;
  timeline: TimelineEvent[];
  /** Where it stands or was acknowledged, and the place that was asked for: the best one first. */
  places: Place[];
}

/** Which message it is about: by its name, if it has one that a workload gives; by its id; or a place alone. */
interface Subject {
  id: string | undefined;
  sent: SentName | undefined;
  place: Place | undefined;
}

/** More places than these are more copies than anybody looks at. */
const placesMax = 200;

/** Undefined where nobody planned it and no evidence has anything of it. */
export async function messageTimeline(request: TimelineRequest): Promise<MessageTimeline | undefined> {
  const { folder, manifest, messages, storeLocation } = request;
  const ledger = await LedgerEvents.open(folder);
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
    // Offsets of the two topics are not to be compared, and the journal tells nothing else.
    ...(log.isRecreated
      ? [gap.missing('delivery', 'the topic was recreated: the journal may speak of the one before')]
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

/** Where rows of the message say that they belong, and nothing is known of it. */
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
  // The message is made in memory that serves again: that of the latest session is what is left.
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

/** In each partition where it stands: the store's next offset, and the group's. */
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
    // A consumer that has stored nothing of a partition yet stands where the run began.
    const next = stored.positions.get(partition) ?? base[partition];
    if (stored.problem === undefined && next !== undefined) add('position', place, next);
    const commit = typeof commits === 'string' ? undefined : commits.get(partition);
    if (commit !== undefined) add('commit', place, commit);
    else if (typeof commits !== 'string') {
      events.push(gap.nothing('commit', `the group had committed nothing of partition ${partition}`));
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
