/** The naive audit's judgement of one message. */
import { parsePlace } from './build-evidence.ts';
import { isReordered, logContradicts, tellOf, timesDelivered, type Part } from './naive-lines.ts';
import { standingOf } from './naive-keys.ts';
import { NaiveMessage } from './naive-message.ts';

export type Say = (kind: string, blame: string) => void;

export class NaiveCase extends NaiveMessage {
  isCharged = false;
  readonly key = standingOf(this.h, this.id);

  isDueByKey(): boolean {
    if (!this.isDue()) return false;
    if (this.key?.role === 'expected') return !this.key.isTombstone;
    return this.key === undefined || (this.key.role !== 'superseded' && this.rows.length > 0);
  }

  repeats(): number {
    if (this.h.rule !== 'at-least-once' || !this.isDue()) return 0;
    const records = new Set(this.good.map(({ at }) => at)).size;
    const own = this.ownRows().filter(({ category }) => category === this.h.messages[this.id]!.state);
    return Math.max(records, own.length, 1) - 1;
  }

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
        if (this.isDue() && this.judgeMissing(say) === 'open') open = true;
        if (this.isDropped && this.judgeLossOfDropped(say) === 'open') open = true;
      }
    }
    this.judgeCopies(say);
    return this.judgeBytes(say) === 'open' ? 'open' : open ? 'open' : 'judged';
  }

  judgeMissing(say: Say): 'open' | 'judged' {
    const { key } = this;
    if (key === undefined) return this.judgeLoss(say);
    if (key.role === 'superseded') return this.judgeLossOfDropped(say);
    if (key.role === 'unordered') {
      let isLost = false;
      this.judgeLossOfDropped((...words) => {
        isLost = true;
        say(...words);
      });
      return isLost ? 'judged' : 'open';
    }
    if (key.role === 'ahead') {
      const isShown =
        this.good.length === 0 && this.logWhole && this.candidates().every((at) => this.isVisible(at));
      if (isShown) return this.judgeLossOfDropped(say);
      return this.rows.length > 0 ? 'judged' : 'open';
    }
    if (!key.isTombstone) {
      return this.judgeLoss((kind, blame) =>
        say(kind === 'lost' && blame !== 'broker' && key.hasOldRow ? 'stale' : kind, blame),
      );
    }
    const own = this.ownRows().filter(({ category }) => category !== 'dead-letters');
    if (!key.hasOldRow && own.length === 0) return this.judgeLossOfDropped(say);
    const other = this.good.length > 0 ? 'consumer' : 'unknown';
    say('stale', own.length > 0 ? other : this.storeOr(other, this.writes.length > 0));
    return 'judged';
  }

  /** The newest of its key, which removes the row. */
  get isRemoval(): boolean {
    return this.key?.role === 'expected' && this.key.isTombstone;
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
    if (this.h.rule === 'at-least-once') return;
    let isSaid = false;
    this.judgeOwnCopies((...words) => {
      isSaid = true;
      say(...words);
    }, say);
    if (!isSaid && this.key?.isShared === true && !this.isRemoval && !this.isDropped)
      say('duplicated', 'consumer');
  }

  judgeOwnCopies(say: Say, sayOfLog: Say): void {
    const { good, aborted, rows } = this;
    if (new Set(good.map(({ at }) => at)).size > 1) sayOfLog('duplicated', 'producer');
    if (rows.length < 2 || this.isDropped || this.isRemoval) return;
    const places = [...new Set([...good, ...aborted].map(({ at }) => at))];
    const ats = rows.flatMap(({ at }) => at ?? []);
    const mirrored = places.filter((at) => ats.includes(at));
    const left = new Set(good.map(({ at }) => at).filter((at) => !ats.includes(at))).size;
    const unplaced = rows.length - ats.length;
    const explained = mirrored.length + Math.min(left, unplaced);
    if (rows.length <= explained) return;
    const isTwiceThere = new Set(ats).size < ats.length;
    const strays = rows.filter(({ at }) => at === undefined || !places.includes(at));
    const isRead =
      this.h.hasAllCopies !== false && places.length > 0 && strays.every(({ at }) => this.isVisible(at));
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
    const isWronglyDead = state !== null && rows.some(({ category }) => category === 'dead-letters');
    if (this.isRemoval) {
      if (isWronglyDead) say('wrongly-dead-lettered', 'consumer');
      return 'judged';
    }
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
      this.key?.role !== 'superseded' &&
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
