/**
 * The rules of the audit a second time, as plainly as possible: lists of lines, searched again for every question.
 * It shares only types with the audit, so that the two can be compared.
 */
import { parsePlace, states, type History } from './build-evidence.ts';
import {
  contradictsItself,
  isAcked,
  isReordered,
  logContradicts,
  redeliveries,
  tellOf,
  timesDelivered,
  type Part,
} from './naive-lines.ts';
import { NaiveMessage } from './naive-message.ts';
import { partitionFindings } from './naive-positions.ts';

type Say = (kind: string, blame: string) => void;

export interface NaiveAudit {
  verdict: string;
  /** `kind blame count: ids`, sorted. */
  findings: string[];
  ledger: Record<string, number>;
  written: number;
  notWritten: number;
  foreign: number;
  redelivered: number | null;
  unrooted: number;
  dropped: number;
  confusion: Record<string, Record<string, number>>;
}

export function naiveAudit(h: History): NaiveAudit {
  const ids = Object.keys(h.messages);
  const found = new Map<string, string[]>();
  const audit: NaiveAudit = {
    verdict: '',
    findings: [],
    ledger: {
      sent: 0,
      acked: 0,
      rejected: 0,
      unknown: 0,
      unsent: 0,
      ...(h.transactions && h.sends.length > 0 && { aborted: 0 }),
    },
    written: 0,
    notWritten: 0,
    foreign: h.log.filter((line) => line.id === undefined && !isAcked(h, line.at)).length,
    redelivered: redeliveries(h),
    unrooted: 0,
    dropped: 0,
    confusion: {},
  };
  let isOpen =
    h.missing.some((hop) => hop === 'plan' || (h.required.includes(hop) && isGiven(h, hop))) ||
    h.interruptions.length > 0 ||
    h.stalls.length > 0 ||
    h.topicRecreated ||
    contradictsItself(h);
  for (const id of ids) {
    const life = new Case(h, id);
    const say: Say = (kind, blame) => {
      const key = `${kind} ${blame}`;
      const list = found.get(key) ?? [];
      if (!list.includes(id)) list.push(id);
      found.set(key, list);
    };
    if (life.judge(say) === 'open') isOpen = true;
    if (life.outcome !== 'unsent') audit.ledger['sent']! += 1;
    const isOwed = h.messages[id]!.planned && h.root !== 'log';
    if (life.isUnrooted()) audit.unrooted += life.ownRows().length;
    if (life.isDropped && life.hasReachedLog()) audit.dropped += 1;
    if (life.outcome !== 'unsent' || isOwed) audit.ledger[life.outcome]! += 1;
    if (life.outcome === 'unknown' && life.wasWritten() === true) audit.written += 1;
    if (life.outcome === 'unknown' && life.wasWritten() === false) audit.notWritten += 1;
    const { state } = h.messages[id]!;
    if (state === null || !life.isDue()) continue;
    const stored = [...states, 'dead-letters'].filter((name) =>
      life.rows.some((row) => row.category === name),
    );
    const place = stored.includes(state) ? state : (stored[0] ?? '(missing)');
    audit.confusion[state] ??= {};
    audit.confusion[state][place] = (audit.confusion[state][place] ?? 0) + 1;
  }
  if (audit.ledger['unsent']! > 0 || audit.ledger['acked'] === 0) isOpen = true;
  const beside = partitionFindings(h);
  if (beside.isOpen) isOpen = true;
  for (const [key, partition] of beside.found) found.set(key, [...(found.get(key) ?? []), partition]);
  // The examples of a topic stand in the order of their places.
  if (h.root === 'log') for (const list of found.values()) list.sort();
  audit.findings = [...found].map(([key, list]) => `${key} ${list.length}: ${list.join(' ')}`).sort();
  audit.verdict = found.size > 0 ? 'fail' : isOpen ? 'inconclusive' : 'pass';
  return audit;
}

/** A journal that no consumer kept lacks nothing. */
const isGiven = (h: History, hop: string): boolean =>
  (hop !== 'deliveries' && hop !== 'written') || h[hop] !== undefined;

/** Judges one message. */
class Case extends NaiveMessage {
  isCharged = false;

  /** Returns the findings, and `open` if something could not be judged. */
  judge(say: Say): 'open' | 'judged' {
    const { h, good, rows } = this;
    const own = this.ownRows();
    if (own.length < rows.length) say('aborted-read', 'consumer');
    else if (
      rows.length > 0 &&
      this.outcome === 'aborted' &&
      this.ledgerWhole &&
      this.standing().length === 0
    ) {
      const isShown = this.acks.length > 0 && this.acks.every((at) => this.isVisible(at));
      say('aborted-read', isShown ? 'consumer' : 'unknown');
    }
    const isJournalAlone =
      this.writes.some(({ id }) => id === this.id) && good.length + rows.length === 0 && !this.isDue();
    const isKnown = h.messages[this.id]!.planned || this.outcome !== 'unsent';
    const isSeen = good.length > 0 || own.length > 0;
    if (!isKnown && !h.missing.includes('plan') && this.ledgerWhole) {
      if (isSeen && !this.isUnrooted()) say('phantom', this.writtenBy());
      return isJournalAlone ? 'open' : 'judged';
    }
    let open = (!isKnown && isSeen) || isJournalAlone;
    if (this.outcome === 'rejected' && isSeen) {
      if (this.ledgerWhole) say('rejected-but-written', this.writtenBy());
      else open = true;
    }
    if (this.outcome === 'unknown' && this.wasWritten() === undefined && !this.mayBeCompacted()) open = true;
    const conflict = this.conflict();
    if (conflict !== undefined) say('offset-conflict', conflict);
    else {
      const torn = this.torn();
      if (torn !== undefined) say('torn-transaction', torn);
      else {
        if (isReordered(h, this.id)) say('reordered', 'producer');
        if (this.isDue() && this.judgeLoss(say) === 'open') open = true;
        if (this.isDropped && this.judgeLossOfDropped(say) === 'open') open = true;
      }
    }
    this.judgeCopies(say);
    return this.judgeBytes(say) === 'open' ? 'open' : open ? 'open' : 'judged';
  }

  judgeLoss(say: Say): 'open' | 'judged' {
    const { acks, rows, good } = this;
    const isStored = rows.length > 0;
    const lost = (other: string): 'judged' => {
      say('lost', this.storeOr(other, this.writes.length > 0));
      return 'judged';
    };
    if (good.length > 0) {
      if (isStored) return 'judged';
      if (!this.storeWhole || !good.some(({ at }) => this.isDrained(at))) return 'open';
      if (this.isReplacement()) say('lost', 'broker');
      else if (this.mayReplaceMarker()) say('lost', 'unknown');
      else if (this.isLeftOut()) say('lost', 'consumer');
      else return lost('consumer');
      return 'judged';
    }
    const handed = [
      ...acks.filter((at) => timesDelivered(this.h, at) > 0),
      ...this.writes.map((line) => line.at),
    ];
    const compaction = this.compaction();
    if (compaction !== 'no') {
      if (isStored || handed.length === 0) return compaction === 'yes' ? 'judged' : 'open';
      return this.storeWhole && handed.some((at) => this.isDrained(at)) ? lost('consumer') : 'open';
    }
    const candidates = this.candidates();
    const gone = candidates.filter((at) => !this.isVisible(at));
    if (this.logWhole && gone.length === 0) {
      say('lost', 'broker');
      return 'judged';
    }
    if (isStored) return 'judged';
    if (!this.storeWhole) return 'open';
    const isNewTopicRead =
      this.h.topicRecreated && !this.h.missing.includes('log') && !logContradicts(this.h);
    if (!this.logWhole && !isNewTopicRead) {
      const isPast = candidates.every((at) => this.isDrained(at)) || handed.some((at) => this.isDrained(at));
      return isPast ? lost(handed.length > 0 ? 'consumer' : 'unknown') : 'open';
    }
    if (handed.length > 0) return lost('consumer');
    const isUnreached = (at: string | undefined): boolean => {
      if (at === undefined || timesDelivered(this.h, at) > 0) return false;
      const { partition, offset } = parsePlace(at);
      const position = this.h.positions[partition] ?? this.h.commits[partition];
      return this.isWhole('deliveries') || (position !== undefined && position <= offset);
    };
    const isBelow = (at: string): boolean => parsePlace(at).offset < (this.range(at)?.start ?? 0);
    if (isNewTopicRead) say('lost', candidates.every(isUnreached) ? 'broker' : 'unknown');
    else if (gone.every((at) => isUnreached(at) && isBelow(at!))) say('expired', 'broker');
    else say('lost', 'unknown');
    return 'judged';
  }

  /** Nothing is due in the store, but the broker must have kept what it acknowledged. */
  judgeLossOfDropped(say: Say): 'open' | 'judged' {
    if (this.good.length > 0 || !this.hasReachedLog() || !this.candidates().every((at) => this.isVisible(at)))
      return 'judged';
    const compaction = this.compaction();
    if (compaction === 'no') say('lost', 'broker');
    return compaction === 'unclear' ? 'open' : 'judged';
  }

  judgeDropped(say: Say): 'judged' {
    const own = this.ownRows();
    const isForbidden = (this.outcome === 'rejected' || this.outcome === 'aborted') && this.ledgerWhole;
    if (own.length === 0 || isForbidden) return 'judged';
    say('unexpected', this.storeOr('consumer', this.isNeverWritten()));
    return 'judged';
  }

  judgeCopies(say: Say): void {
    const { good, aborted, rows } = this;
    if (new Set(good.map(({ at }) => at)).size > 1) say('duplicated', 'producer');
    if (rows.length < 2 || this.isDropped) return;
    const places = [...new Set([...good, ...aborted].map(({ at }) => at))];
    const ats = rows.flatMap(({ at }) => at ?? []);
    const mirrored = places.filter((at) => ats.includes(at));
    const left = new Set(good.map(({ at }) => at).filter((at) => !ats.includes(at))).size;
    const unplaced = rows.length - ats.length;
    const explained = mirrored.length + Math.min(left, unplaced);
    if (rows.length <= explained) return;
    const isTwiceThere = new Set(ats).size < ats.length;
    const strays = rows.filter(({ at }) => at === undefined || !places.includes(at));
    const isRead = places.length > 0 && strays.every(({ at }) => this.isVisible(at));
    const other = isTwiceThere || isRead ? 'consumer' : 'unknown';
    const count = this.writes.length;
    if (this.h.written === undefined || count > explained + (explained === 0 ? 1 : 0))
      say('duplicated', other);
    else if (!this.isWhole('written')) say('duplicated', 'unknown');
    else say('duplicated', count > 0 ? 'store' : other);
  }

  judgeBytes(say: Say): 'open' | 'judged' {
    const { h, good, rows } = this;
    const { state } = h.messages[this.id]!;
    const expected = h.messages[this.id]!;
    const told = (line: object, part: Part): string | null => tellOf(h, { id: this.id, ...line }, part);
    const wrong = good.filter((line, index) => {
      if (line.crc === 'bad' || line.id === undefined) return true;
      return (['content', 'key'] as const).some((part) => {
        const others = [
          expected[part] ?? null,
          ...good
            .slice(0, index)
            .filter(({ id }) => id)
            .map((other) => told(other, part)),
        ];
        return (
          told(line, part) !== null && others.some((other) => other !== null && other !== told(line, part))
        );
      });
    });
    if (wrong.length > 0) say('corrupted', wrong.every(({ crc }) => crc === 'ok') ? 'producer' : 'broker');
    if (this.isDropped) return this.judgeDropped(say);
    if (wrong.length > 0) return 'judged';
    const wrongRow = rows.find(({ category }) => category !== state && category !== 'dead-letters');
    if (state !== null && wrongRow !== undefined) {
      const told = this.writes.flatMap(({ category }) => category ?? []);
      const isRight = told.length > 0 && told.every((category) => category === state);
      const isUnwritten = this.isWhole('written') && this.writes.length === 0;
      const isAltered = wrongRow.at === undefined ? this.h.tellsPlaces === true : isUnwritten;
      say('misclassified', this.storeOr(isAltered ? 'unknown' : 'consumer', isRight));
    }
    if (
      state !== null &&
      state !== 'dead-letters' &&
      rows.some(({ category }) => category === 'dead-letters')
    ) {
      say('wrongly-dead-lettered', 'consumer');
    }
    for (const part of ['content', 'key'] as const) {
      const inLog = good.map((line) => told(line, part)).filter((text) => text !== null);
      const inRows = rows.map((row) => (row.id === undefined ? (row[part] ?? null) : told(row, part)));
      // A write that names the message counts for more than one at its place.
      const named = this.writes.filter(({ id }) => id !== undefined);
      const inWrites = [...named, ...this.writes.filter(({ id }) => id === undefined)]
        .map((line) => (line.id === undefined ? (line.content ?? null) : told(line, 'content')))
        .filter((text) => text !== null);
      const right =
        expected.content ?? good.map((line) => told(line, 'content')).find((text) => text !== null);
      const reference =
        expected[part] ??
        inLog[0] ??
        (part === 'content' ? inWrites[0] : undefined) ??
        inRows.find((text) => text !== null) ??
        null;
      if (!inRows.some((text) => text !== null && text !== reference)) continue;
      const sample = part === 'content' ? (right ?? inWrites[0]) : right;
      const isWrittenRight = inWrites.length > 0 && inWrites.every((text) => text === sample);
      say('corrupted', this.storeOr(inLog.length > 0 ? 'consumer' : 'unknown', isWrittenRight));
      return 'judged';
    }
    const placed = this.judgePlace(say);
    if (placed === 'open' || this.isCharged) return placed;
    // A dead letter needs no id; if it has one, it is its message's.
    const areUnnamed = rows.every(
      ({ id, category }) => id !== this.id && (category !== 'dead-letters' || id !== undefined),
    );
    if (rows.length === 0 || !areUnnamed) return 'judged';
    const right = [expected.content ?? null, ...good.map((line) => told(line, 'content'))];
    const reference = right.find((text) => text !== null) ?? null;
    const inWrites = this.writes
      .map((line) => (line.id === undefined ? (line.content ?? null) : told(line, 'content')))
      .filter((text) => text !== null);
    const isWrittenRight = inWrites.length > 0 && inWrites.every((text) => text === reference);
    const isInLog = good.some((line) => told(line, 'content') !== null);
    say('corrupted', this.storeOr(isInLog ? 'consumer' : 'unknown', isWrittenRight));
    return 'judged';
  }

  judgePlace(say: Say): 'open' | 'judged' {
    const { good, aborted, acks } = this;
    const own = this.ownRows();
    const inLog = [...good, ...aborted].map(({ at }) => at);
    const right = inLog.length > 0 ? inLog : this.anyAck ? [] : acks;
    const isComparable = own.length > 0 && right.length > 0 && own.every(({ at }) => at !== undefined);
    if (!isComparable || own.some(({ at }) => right.includes(at!))) return 'judged';
    const isBefore = (at: string): boolean => parsePlace(at).offset < (this.range(at)?.base ?? 0);
    if (inLog.length > 0 && !own.every(({ at }) => this.isVisible(at) || isBefore(at!))) return 'open';
    this.isCharged = true;
    const isWrittenThere = this.writes.some(({ at }) => right.includes(at));
    say('corrupted', this.storeOr(inLog.length > 0 ? 'consumer' : 'unknown', isWrittenThere));
    return 'judged';
  }
}
