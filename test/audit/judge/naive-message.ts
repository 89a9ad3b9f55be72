/** The naive audit's questions about one message: what is known of it, and what follows from that. */
import { parsePlace, type History, type LogLine, type Row, type Write } from './build-evidence.ts';
import {
  isOfAnother,
  ledgerContradicts,
  linesOf,
  logContradicts,
  ownersOf,
  tellOf,
  timesDelivered,
  writesOf,
} from './naive-lines.ts';

/** Whether a transaction has acks, and none of them names a place. */
const isVague = (acked: History['sends']): boolean =>
  [...Map.groupBy(acked, ({ transaction }) => transaction).values()].some((lines) =>
    lines.every(({ at }) => at === undefined),
  );

/** What an attempt and its transaction come to together. */
function endOf(h: History, { outcome, transaction }: History['sends'][number]) {
  if (outcome === 'rejected' || transaction === undefined) return outcome;
  const end = h.transactions![transaction]!;
  return end === 'committed' ? outcome : end;
}

/** A message with the lines that belong to it. */
export class NaiveMessage {
  readonly h: History;
  readonly id: string;
  readonly acks: string[];
  readonly anyAck: boolean;
  readonly outcome: 'acked' | 'rejected' | 'unknown' | 'aborted' | 'unsent';
  readonly good: LogLine[];
  readonly aborted: LogLine[];
  readonly rows: Row[];
  readonly writes: Write[];
  readonly logWhole: boolean;
  readonly ledgerWhole: boolean;
  readonly storeWhole: boolean;

  constructor(h: History, id: string) {
    this.h = h;
    this.id = id;
    const outcomes = h.sends.filter((send) => send.id === id);
    const acked = outcomes.filter(({ outcome }) => outcome === 'acked');
    this.acks = [...new Set(acked.flatMap(({ at }) => at ?? []))];
    this.anyAck = acked.some(({ at }) => at === undefined);
    const ends = outcomes.map((send) => endOf(h, send));
    const known = (['acked', 'unknown', 'aborted', 'rejected'] as const).find((end) => ends.includes(end));
    this.outcome = known ?? 'unsent';
    const lines = linesOf(h, id);
    this.good = lines.filter((line) => !line.aborted);
    this.aborted = lines.filter((line) => line.aborted);
    this.rows = h.rows.filter((row) => ownersOf(h, row).includes(id));
    const own = [...this.acks, ...lines.map(({ at }) => at)];
    const places = [...own, ...this.rows.map(({ at }) => at).filter((at) => !isOfAnother(h, at, own))];
    // At a place that only a row of this message names, a write to another category is of another message.
    this.writes = writesOf(h, id, places).filter(
      (line) =>
        line.id !== undefined ||
        own.includes(line.at) ||
        line.category === undefined ||
        this.rows.some((row) => row.at === line.at && row.category === line.category),
    );
    this.logWhole = !h.missing.includes('log') && !logContradicts(h) && !h.topicRecreated;
    this.ledgerWhole = !h.missing.includes('ledger') && !ledgerContradicts(h);
    this.storeWhole = !h.missing.includes('store');
  }

  get isDropped(): boolean {
    return this.h.messages[this.id]!.dropped === true;
  }

  isDue(): boolean {
    return !this.isDropped && this.hasReachedLog();
  }

  /** Rows whose id neither ledger nor log has, where the log is only a part of what the topic held. */
  isUnrooted(): boolean {
    const isKnown = this.h.messages[this.id]!.planned || this.outcome !== 'unsent';
    const isCertain = !this.h.missing.includes('plan') && this.ledgerWhole;
    return this.h.isWholeLife === false && !isKnown && isCertain && this.good.length === 0;
  }

  /** The places at which it must have been. */
  candidates(): readonly (string | undefined)[] {
    if (this.acks.length > 0) return this.acks;
    return this.rows.length > 0 ? this.rows.map(({ at }) => at) : [undefined];
  }

  hasReachedLog(): boolean {
    const { h } = this;
    if (this.good.length === 0) {
      const isAborted = this.aborted.length > 0 && this.acks.every((at) => this.isAborted(at));
      const isPromised = h.sends.some(
        ({ id, outcome, transaction = '' }) =>
          id === this.id && outcome === 'acked' && h.transactions?.[transaction] === 'committed',
      );
      return this.outcome === 'acked' && (isPromised || !isAborted);
    }
    if (this.outcome === 'rejected' || this.outcome === 'aborted') return !this.ledgerWhole;
    return (
      this.outcome !== 'unsent' ||
      h.messages[this.id]!.planned ||
      h.missing.includes('plan') ||
      !this.ledgerWhole
    );
  }

  wasWritten(): boolean | undefined {
    if (this.good.length > 0 || this.ownRows().length > 0) return true;
    if (this.aborted.length > 0) return false;
    if (!this.logWhole || this.someRemoved() || this.compaction() !== 'no') return undefined;
    return false;
  }

  /** Whether compaction explains why a message of unknown outcome is missing from a log that is whole. */
  mayBeCompacted(): boolean {
    return this.logWhole && !this.someRemoved() && this.compaction() === 'yes';
  }

  isAborted = (at: string | undefined): boolean => this.aborted.some((line) => line.at === at);

  /** The records that can not be aborted any more. */
  standing = (): LogLine[] =>
    this.good.filter(({ at, id }) => {
      const { partition, offset } = parsePlace(at);
      const range = this.h.ranges.find((one) => one.partition === partition);
      return id !== undefined && offset < (range?.stableEnd ?? Infinity);
    });

  /** The transactions of the message, each with its acks and what can be told of its records by them. */
  transactions(): {
    name: string;
    acks: string[];
    isRejected: boolean;
    of: (lines: LogLine[]) => LogLine[];
  }[] {
    const sends = this.h.sends.filter(({ id }) => id === this.id);
    const names = [...new Set(sends.map(({ transaction }) => transaction))];
    return names.flatMap((name) => {
      if (name === undefined) return [];
      const own = sends.filter(({ transaction }) => transaction === name);
      const acks = own.filter(({ outcome }) => outcome === 'acked').flatMap(({ at }) => at ?? []);
      const isRejected = own.every(({ outcome }) => outcome === 'rejected');
      const of = (lines: LogLine[]): LogLine[] =>
        names.length === 1 ? lines : lines.filter(({ at }) => acks.includes(at));
      return [{ name, acks, isRejected, of }];
    });
  }

  /** The blame for a torn transaction. */
  torn(): string | undefined {
    const { h } = this;
    if (h.topicRecreated) return undefined;
    for (const { name, acks, isRejected, of } of this.transactions()) {
      const end = h.transactions![name];
      const isOnly =
        new Set(h.sends.filter(({ id }) => id === this.id).map((one) => one.transaction)).size === 1;
      const others = h.sends.filter(
        ({ id, outcome, transaction }) =>
          id === this.id &&
          outcome === 'acked' &&
          (transaction === undefined || h.transactions![transaction] !== 'aborted'),
      );
      if (end === 'aborted' && isVague(others)) continue;
      const standing = of(this.standing()).filter((line) => !others.some(({ at }) => at === line.at));
      if (end === 'aborted') {
        if (isRejected || standing.length === 0) continue;
        if (standing.some(({ at }) => acks.includes(at))) return 'broker';
        if (this.ledgerWhole) return acks.length > 0 ? 'producer' : 'unknown';
        continue;
      }
      const isAcked = h.sends.some(
        ({ id, outcome, transaction }) => id === this.id && outcome === 'acked' && transaction === name,
      );
      const messages = Object.keys(h.messages).map((id) => new NaiveMessage(h, id));
      const isPartly = messages.some((other) =>
        other
          .transactions()
          .some((one) => one.name === name && !one.isRejected && one.of(other.standing()).length > 0),
      );
      if (!isAcked || !isPartly || of(this.good).length > 0 || (!isOnly && acks.length === 0)) continue;
      const places: (string | undefined)[] = acks.length > 0 ? acks : [undefined];
      if (!places.every((at) => this.isVisible(at)) || this.compaction() !== 'no') continue;
      return of(this.aborted).length === 0 || end === 'committed' ? 'broker' : 'unknown';
    }
    return undefined;
  }

  ownRows = (): Row[] =>
    this.rows.filter(({ at }) => {
      const onlyAborted = this.aborted.length > 0 && this.good.length === 0 && this.isVisible(at);
      return !this.isAborted(at) && !onlyAborted;
    });

  writtenBy(): string {
    if (this.good.length > 0) return 'producer';
    const own = this.ownRows();
    const hasLostPlace = this.isOfAnyWrite() && this.h.tellsPlaces === true;
    const other = !hasLostPlace && own.every(({ at }) => this.isVisible(at)) ? 'consumer' : 'unknown';
    return this.storeOr(other, this.isNeverWritten());
  }

  /** A row without a place may be that of a write without an id. */
  isOfAnyWrite(): boolean {
    const areAllNamed = (this.h.written ?? []).every(({ id }) => id !== undefined);
    return !areAllNamed && this.ownRows().some(({ at }) => at === undefined);
  }

  isNeverWritten = (): boolean => this.writes.length === 0 && !this.isOfAnyWrite() && this.isWhole('written');

  isWhole = (hop: 'deliveries' | 'written'): boolean =>
    this.h[hop] !== undefined && !this.h.missing.includes(hop);

  /** The store or the other; unknown if the journal may lack the write that decides. */
  storeOr(other: string, isStore: boolean): string {
    if (isStore) return 'store';
    const mayLack = this.h.written !== undefined && !this.isWhole('written') && this.writes.length === 0;
    return mayLack ? 'unknown' : other;
  }

  someRemoved = (): boolean => this.h.ranges.some(({ start, base }) => start > base);

  range = (at: string) => this.h.ranges.find(({ partition }) => partition === parsePlace(at).partition);

  /** Whether the log would show a record at this place. */
  isVisible(at: string | undefined): boolean {
    if (!this.logWhole) return false;
    if (at === undefined) return !this.someRemoved();
    const range = this.range(at);
    return (
      range === undefined || (parsePlace(at).offset >= range.start && parsePlace(at).offset >= range.base)
    );
  }

  isDrained(at: string | undefined): boolean {
    if (this.h.topicRecreated) return false;
    const { positions, commits } = this.h;
    const none = Object.keys(positions).length + Object.keys(commits).length === 0;
    if (at === undefined) return none;
    const { partition, offset } = parsePlace(at);
    const stable = this.range(at)?.stableEnd;
    if (stable !== undefined && offset >= stable) return false;
    return none || offset < (positions[partition] ?? commits[partition] ?? 0);
  }

  conflict(): string | undefined {
    const { h, acks } = this;
    if (h.topicRecreated) return undefined;
    const acksElse = h.sends.filter((send) => send.outcome === 'acked' && send.id !== this.id);
    const isShared = (at: string): boolean => acksElse.some((send) => send.at === at);
    if (acks.some((at) => isShared(at) && !this.isRewritten(at))) return 'producer';
    if (acks.length === 0 || [...this.good, ...this.aborted].some(({ at }) => acks.includes(at)))
      return undefined;
    // If the message in this place was acked here too, Kafka assigned the offset twice: the earlier message is lost.
    const isAckedThere = (id: string, at: string): boolean =>
      h.sends.some((send) => send.outcome === 'acked' && send.id === id && send.at === at);
    const taken = (at: string): boolean =>
      h.log.some((line) => line.at === at && line.id !== undefined && !isAckedThere(line.id, at));
    if (this.good.length === 0) return acks.some(taken) ? 'broker' : undefined;
    if (this.anyAck) return undefined;
    return acks.every((at) => taken(at) || this.isVisible(at)) ? 'broker' : 'unknown';
  }

  /** Whether a stored message of the partition is missing from the log, and another has its offset now. */
  isRewritten(at: string): boolean {
    const { h } = this;
    if (!this.logWhole) return false;
    const acked = h.sends.filter(
      (send) => send.outcome === 'acked' && send.at !== undefined && this.range(send.at) === this.range(at),
    );
    const inPartition = acked.filter((send) => parsePlace(send.at).partition === parsePlace(at).partition);
    return inPartition.some((before) => {
      const isGone = linesOf(h, before.id).length === 0;
      const isStored = h.rows.some((row) => row.at === before.at && ownersOf(h, row).includes(before.id));
      const now = inPartition.filter((send) => send.at === before.at && send.id !== before.id);
      return isGone && isStored && now.some(({ id }) => linesOf(h, id).some((line) => line.at === before.at));
    });
  }

  /** Whether its record is at the offset of a lost message, which was acked there or has a row there. */
  isReplacement(): boolean {
    const { h } = this;
    return this.good.some(({ at }) => {
      const ids = h.sends.filter((send) => send.outcome === 'acked' && send.at === at).map(({ id }) => id);
      const owners = h.rows.filter((row) => row.at === at).flatMap((row) => ownersOf(h, row));
      const isOutlived = owners.some((id) => linesOf(h, id).length === 0);
      return (new Set(ids).size > 1 || isOutlived) && this.isRewritten(at);
    });
  }

  /** Whether a marker may have stood in its place: in a rewritten partition, if there are transactions. */
  mayReplaceMarker(): boolean {
    return (
      Object.keys(this.h.transactions ?? {}).length > 0 && this.good.some(({ at }) => this.isRewritten(at))
    );
  }

  /** Whether a journal was kept that has all rows of the partition, but not this message. */
  isLeftOut(): boolean {
    const { h, good, writes } = this;
    if (h.written === undefined || h.deliveries === undefined || writes.length > 0) return false;
    const isUnheardOf = (at: string): boolean => timesDelivered(h, at) === 0;
    return good.some(({ at }) => {
      const isBeside = (row: Row): boolean =>
        row.at !== undefined && parsePlace(row.at).partition === parsePlace(at).partition;
      const others = h.rows.filter((row) => isBeside(row) && isUnheardOf(row.at!));
      return isUnheardOf(at) && (this.isWhole('deliveries') || others.length === 0);
    });
  }

  /** Whether the last acked message of the key is a tombstone at or behind one of the places. */
  isRemovedBy(partition: number, key: string | undefined, places: readonly string[]): boolean {
    const acked = this.h.sends.filter(({ id, outcome, at }) => {
      const isHere = outcome === 'acked' && parsePlace(at).partition === partition;
      return isHere && this.h.messages[id]!.key === key;
    });
    const offsets = acked.map(({ at }) => parsePlace(at).offset);
    const last = acked.find(({ at }) => parsePlace(at).offset === Math.max(...offsets));
    if (last === undefined || this.h.messages[last.id]!.tombstone !== true) return false;
    const isBehind = (at: string): boolean => parsePlace(last.at).offset >= parsePlace(at).offset;
    return this.acks.length === 0 || places.some(isBehind);
  }

  /** Whether a tombstone of the key may have been written at an unknown place. */
  hasTombstoneAnywhere = (key: string): boolean =>
    this.h.sends.some(({ id, outcome, at }) => {
      const message = this.h.messages[id]!;
      const isPlaced = outcome === 'acked' && at !== undefined;
      return message.tombstone === true && message.key === key && outcome !== 'rejected' && !isPlaced;
    });

  compaction(acks = this.acks): 'yes' | 'no' | 'unclear' {
    const { h } = this;
    const { key } = h.messages[this.id]!;
    const ranges = h.ranges.filter(
      ({ compacted, partition }) =>
        compacted && (acks.length === 0 || acks.some((at) => parsePlace(at).partition === partition)),
    );
    if (ranges.length === 0 || h.topicRecreated) return 'no';
    const later = h.log.some((line) => {
      const { partition, offset } = parsePlace(line.at);
      const isAfter = acks.some(
        (at) => parsePlace(at).partition === partition && parsePlace(at).offset < offset,
      );
      const isRange = ranges.some((range) => range.partition === partition);
      return (
        isRange && (isAfter || acks.length === 0) && !line.aborted && tellOf(h, line as never, 'key') === key
      );
    });
    const removed = ranges.some((range) => {
      const places = acks.filter((at) => parsePlace(at).partition === range.partition);
      return this.isRemovedBy(range.partition, key, places);
    });
    if (key !== undefined && (later || removed)) return 'yes';
    return key === undefined || !this.logWhole || this.hasTombstoneAnywhere(key) ? 'unclear' : 'no';
  }
}
