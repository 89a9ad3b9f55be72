/**
 * Under the rule `latest`, the records of one id are versions, each a message of its own, and a row is that of one of them.
 * Its version tells of which; without one, it is of the newest record that has its values; if none has, of the newest.
 */
import { none } from '../../workload/place.ts';
import { factFlags } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { BucketMessages } from './bucket-messages.ts';

const nothing: readonly number[] = [];

/** Whose row it is. */
export interface RowOfVersion {
  message: number;
  /**
   * `later`: of a record beyond the range, which is newer than all that is judged: so it is right. `older`: of an older
   * version, which no record of the range tells. `odd`: no record has its version. `elsewhere`: of a record that belongs in
   * another sink.
   */
  kind: 'own' | 'later' | 'older' | 'odd' | 'elsewhere';
}

export class KeyVersions {
  readonly #records: BucketFacts;
  readonly #later: BucketFacts;
  readonly #messages: BucketMessages;
  /** By the first fact of a key: its messages, the newest last, and its facts beyond the range. */
  readonly #messagesOf = new Map<number, number[]>();
  readonly #laterOf = new Map<number, number[]>();
  /** By the first fact of a key: the records of the range that belong in another sink. */
  readonly #elsewhereOf = new Map<number, number[]>();
  /** By message: how many versions of its key are older. Known once all messages were added. */
  #ranks: Map<number, number> | undefined;

  constructor({ records, later }: { records: BucketFacts; later: BucketFacts }, messages: BucketMessages) {
    this.#records = records;
    this.#later = later;
    this.#messages = messages;
  }

  add(first: number, message: number): void {
    put(this.#messagesOf, first, message);
  }

  addLater(first: number, fact: number): void {
    put(this.#laterOf, first, fact);
  }

  addElsewhere(first: number, fact: number): void {
    put(this.#elsewhereOf, first, fact);
  }

  /** The keys whose last record lies beyond the range and removes the key: their rows may be gone. */
  *removedLater(): Iterable<number> {
    for (const [first, facts] of this.#laterOf) {
      if (this.#later.flags(facts.at(-1)!) & factFlags.tombstone) yield first;
    }
  }

  /** Of all that are to arrive, if there are any. */
  newestOf(first: number): number | undefined {
    const messages = this.#sorted(first);
    return (
      messages.findLast(this.#isDue) ??
      messages.findLast((message) => this.#messages.firstCommitted(message) !== none) ??
      messages.at(-1)
    );
  }

  /** Whether a row is that of a record: by its version; without one, by its values. */
  isRowOf(
    facts: BucketFacts,
    fact: number,
    rows: BucketFacts,
    row: number,
    isSame: (facts: BucketFacts, fact: number) => boolean,
  ): boolean {
    if (!this.#messages.isVersioned || rows.flags(row) & factFlags.unversioned) return isSame(facts, fact);
    return !(facts.flags(fact) & factFlags.unversioned) && facts.version(fact) === rows.version(row);
  }

  #isDue = (message: number): boolean =>
    this.#messages.firstCommitted(message) !== none && !this.#messages.isDropped(message);

  /**
   * A number by which the versions of a key have their order: versions have 64 bits, and the judge's numbers fewer.
   * undefined: the message tells no version.
   */
  rankOf(message: number): number | undefined {
    if (!this.#messages.isVersioned || !this.#isTold(message)) return undefined;
    this.#ranks ??= this.#rankAll();
    return this.#ranks.get(message) ?? 0;
  }

  /** Finds whose row it is. `isSame` says whether a record's category and values are those of the row. */
  rowOf(
    first: number,
    rows: BucketFacts,
    row: number,
    isSame: (facts: BucketFacts, fact: number) => boolean,
  ): RowOfVersion | undefined {
    const newest = this.newestOf(first);
    if (newest === undefined) return undefined;
    const isVersioned = this.#messages.isVersioned && !(rows.flags(row) & factFlags.unversioned);
    const isIts = (facts: BucketFacts, fact: number): boolean => this.isRowOf(facts, fact, rows, row, isSame);
    const isFound = (message: number): boolean => isIts(this.#records, this.#messages.factOf(message));
    const later = this.#laterOf.get(first) ?? nothing;
    if (isVersioned) {
      // Several records may tell one version: that with the row's values counts first.
      const isExact = (message: number): boolean =>
        this.#isDue(message) && isFound(message) && isSame(this.#records, this.#messages.factOf(message));
      const exact = this.#sorted(first).findLast(isExact);
      if (exact !== undefined) return { message: exact, kind: 'own' };
      if (later.some((fact) => isIts(this.#later, fact) && isSame(this.#later, fact)))
        return { message: newest, kind: 'later' };
    }
    if (isFound(newest)) return { message: newest, kind: 'own' };
    if (later.some((fact) => isIts(this.#later, fact))) return { message: newest, kind: 'later' };
    const messages = this.#sorted(first);
    // A record that is to arrive counts before a declared drop, and one of an aborted transaction comes last.
    const found =
      messages.findLast((message) => this.#isDue(message) && isFound(message)) ??
      messages.findLast((message) => this.#messages.firstCommitted(message) !== none && isFound(message)) ??
      messages.findLast(isFound);
    if (found !== undefined) return { message: found, kind: 'own' };
    const elsewhere = this.#elsewhereOf.get(first) ?? nothing;
    if (elsewhere.some((fact) => isIts(this.#records, fact))) return { message: newest, kind: 'elsewhere' };
    return this.#nearest(messages, newest, isVersioned ? rows.version(row) : undefined);
  }

  /** No record is that of the row. If its version is older than the newest, it is of an older record. */
  #nearest(messages: readonly number[], newest: number, version: bigint | undefined): RowOfVersion {
    const isTombstone = (message: number): boolean =>
      (this.#flagsOf(message) & factFlags.tombstone) !== 0 && this.#messages.firstCommitted(message) !== none;
    const due = messages.filter((message) => message !== newest && this.#isDue(message));
    if (version !== undefined && this.#isTold(newest) && version < this.#versionOf(newest)) {
      const older = due.findLast((message) => this.#isTold(message) && this.#versionOf(message) < version);
      const message = older ?? due[0];
      if (message !== undefined) return { message, kind: 'older' };
    }
    // A key that was removed has no row of its last record.
    const left = isTombstone(newest) ? due.findLast((message) => !isTombstone(message)) : newest;
    return { message: left ?? newest, kind: version === undefined ? 'own' : 'odd' };
  }

  /** The messages of a key, the newest last. To be called once all were added. */
  #sorted(first: number): readonly number[] {
    this.#ranks ??= this.#rankAll();
    return this.#messagesOf.get(first) ?? nothing;
  }

  #rankAll(): Map<number, number> {
    const ranks = new Map<number, number>();
    if (!this.#messages.isVersioned) return ranks;
    for (const messages of this.#messagesOf.values()) {
      if (messages.length < 2) continue;
      messages.sort((a, b) => this.#compare(a, b));
      let rank = 0;
      for (const [index, message] of messages.entries()) {
        if (index > 0 && this.#versionOf(messages[index - 1]!) < this.#versionOf(message)) rank = index;
        ranks.set(message, rank);
      }
    }
    return ranks;
  }

  /** By versions; messages without one come first. Within a version, the topic's order counts. */
  #compare(a: number, b: number): number {
    const [isToldA, isToldB] = [this.#isTold(a), this.#isTold(b)];
    if (!isToldA || !isToldB) return Number(isToldA) - Number(isToldB) || a - b;
    const [versionA, versionB] = [this.#versionOf(a), this.#versionOf(b)];
    return versionA < versionB ? -1 : versionA > versionB ? 1 : a - b;
  }

  #isTold = (message: number): boolean => !(this.#flagsOf(message) & factFlags.unversioned);
  #flagsOf = (message: number): number => this.#records.flags(this.#messages.factOf(message));
  #versionOf = (message: number): bigint => this.#records.version(this.#messages.factOf(message));
}

function put(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
