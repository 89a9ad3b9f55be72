/** The naive audit's rule `latest`: one row for each key, that of its newest message. */
import { parsePlace, type History } from './build-evidence.ts';
import { tellOf } from './naive-lines.ts';
import { NaiveMessage } from './naive-message.ts';

export interface NaiveStanding {
  role: 'expected' | 'ahead' | 'superseded' | 'unordered';
  isTombstone: boolean;
  /** A row of an older message than the expected one, and none of another. */
  hasOldRow: boolean;
  hasRow: boolean;
  /** It is the newest of several that have rows. */
  isShared: boolean;
}

interface Version {
  message: NaiveMessage;
  version: number | undefined;
  /** The partition and offset of its last record; undefined if it has none, or in several partitions. */
  partition: number | undefined;
  offset: number;
  isConsumed: boolean;
  hasRow: boolean;
}

/** undefined for a message that is judged by itself. */
export function standingOf(h: History, id: string): NaiveStanding | undefined {
  if (h.rule !== 'latest') return undefined;
  const name = keyNameOf(h, new NaiveMessage(h, id));
  if (name === undefined) return undefined;
  const group = Object.keys(h.messages)
    .map((other) => new NaiveMessage(h, other))
    .filter((message) => keyNameOf(h, message) === name)
    .map((message) => versionIn(h, message));
  const self = group.find(({ message }) => message.id === id)!;
  const stored = group.filter(({ hasRow }) => hasRow);
  const isTombstone = h.messages[id]!.tombstone === true;
  const hasRow = stored.length > 0;
  if (!isOrdered(h, group)) {
    const isShared = stored.length > 1 && self === stored[0];
    return { role: 'unordered', isTombstone, hasOldRow: false, hasRow, isShared };
  }
  const areVersioned = group.every(({ version }) => version !== undefined);
  const isOlder = (a: Version, b: Version): boolean =>
    areVersioned ? a.version! < b.version! : a.offset < b.offset;
  const newestOf = (versions: Version[]): Version | undefined =>
    versions.reduce<Version | undefined>((best, one) => {
      if (best === undefined || isOlder(best, one)) return one;
      return !isOlder(one, best) && one.offset > best.offset ? one : best;
    }, undefined);
  const newest = newestOf(group)!;
  const expected = newestOf(group.filter(({ isConsumed }) => isConsumed));
  const isCurrent = (one: Version): boolean => expected === undefined || !isOlder(one, expected);
  const current = stored.filter(isCurrent);
  const role = (): NaiveStanding['role'] => {
    if (self === expected) return !self.hasRow && current.length > 0 ? 'superseded' : 'expected';
    if (!isCurrent(self)) return 'superseded';
    return self === newest || self.hasRow ? 'ahead' : 'superseded';
  };
  return {
    role: role(),
    isTombstone,
    hasOldRow: hasRow && current.length === 0,
    hasRow,
    isShared: stored.length > 1 && self === newestOf(stored),
  };
}

/** Topic and key of a message that counts to its key. */
function keyNameOf(h: History, message: NaiveMessage): string | undefined {
  const { state, key } = h.messages[message.id]!;
  if (state === 'dead-letters' || message.isDropped) return undefined;
  const isKnown = h.messages[message.id]!.planned || message.outcome !== 'unsent';
  const isSeen = message.good.length > 0 || (isKnown && (isStored(message) || mayHaveStood(message)));
  if (!isSeen) return undefined;
  const told = h.log
    .filter((line) => line.id === message.id)
    .map((line) => tellOf(h, line as never, 'key'))
    .find((text) => text !== null);
  const name = key ?? told;
  if (name === undefined) return undefined;
  const [at] = placesOf(message);
  const areApart = h.hasTwoTopics === true && h.root !== 'log';
  const topic = areApart && at !== undefined && parsePlace(at).partition === 2 ? 'u' : 't';
  return `${topic} ${name}`;
}

const isStored = (message: NaiveMessage): boolean =>
  message.ownRows().some(({ category }) => category !== 'dead-letters');

/** It was acked, and a whole log would not show it. */
function mayHaveStood(message: NaiveMessage): boolean {
  if (message.aborted.length > 0 || message.outcome !== 'acked') return false;
  const places = message.acks.length > 0 ? message.acks : [undefined];
  return !places.every((at) => message.isVisible(at)) || message.compaction() !== 'no';
}

function placesOf({ good, acks, rows }: NaiveMessage): string[] {
  if (good.length > 0) return good.map(({ at }) => at);
  return acks.length > 0 ? acks : rows.flatMap(({ at }) => at ?? []);
}

function versionIn(h: History, message: NaiveMessage): Version {
  const ats = placesOf(message);
  const places = ats.map(parsePlace);
  const partitions = [...new Set(places.map(({ partition }) => partition))];
  const { version } = h.messages[message.id]!;
  return {
    message,
    version: Number.isNaN(version) ? undefined : version,
    partition: partitions.length === 1 ? partitions[0] : undefined,
    offset: partitions.length === 1 ? Math.max(...places.map(({ offset }) => offset)) : -1,
    isConsumed: (ats.length > 0 ? ats : [undefined]).every((at) => message.isDrained(at)),
    hasRow: isStored(message),
  };
}

/** Whether it can be said which of two is the newer. */
function isOrdered(h: History, group: readonly Version[]): boolean {
  if (group.length === 1) return true;
  if (h.topicRecreated) return false;
  if (group.every(({ version }) => version !== undefined)) return true;
  const [first] = group;
  if (group.some(({ partition }) => partition === undefined || partition !== first!.partition)) return false;
  const told = group.toSorted((a, b) => a.offset - b.offset).flatMap(({ version }) => version ?? []);
  return told.every((version, index) => index === 0 || told[index - 1]! <= version);
}
