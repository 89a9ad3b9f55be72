/** Collects the lines of a history, in any order. */
import { deadLetterCategory, type LogRange } from '../evidence.ts';
import { JournalCollector } from './journal-collector.ts';
import { plannedMax, type HopName, type Line, type LineOf } from './line-types.ts';
import { MessageCollector } from './message-collector.ts';
import { LineError } from './parse-line.ts';
import { Places } from './places.ts';

/** The limit of categories. Numbers above it stand for rows without a category. */
const categoriesMax = 60_000;

export class Collector {
  run: LineOf<'run'> | undefined;
  readonly said = new MessageCollector();
  readonly journal = new JournalCollector();
  readonly places = new Places();
  readonly ranges = new Map<number, LogRange>();
  /** Partitions for which two `logRange` lines differ. */
  readonly disputedRanges = new Set<number>();
  readonly positions = new Map<number, number>();
  readonly commits = new Map<number, number>();
  /** The hops that have a line. */
  readonly seen = new Set<HopName>();
  readonly complete = new Set<HopName>();
  /** Categories by the numbers that rows have. */
  readonly categories: string[] = [];
  readonly #categoryNumbers = new Map<string, number>();

  add(line: Line): void {
    if (line.type !== 'run' && line.type !== 'complete' && line.type !== 'transaction') {
      const number = this.places.numberIn(line);
      if (number !== undefined) line.partition = number;
    }
    switch (line.type) {
      case 'run':
        return this.#addRun(line);
      case 'send':
        this.seen.add('ledger');
        return this.said.addSend(line);
      case 'transaction':
        this.seen.add('ledger');
        return this.said.transactions.add(line);
      case 'log':
        this.seen.add('log');
        return this.said.addRecord(line);
      case 'logRange':
        this.seen.add('log');
        return this.#addRange(line);
      case 'delivery':
        this.seen.add('deliveries');
        return this.journal.addDelivery(line, this.#messageOf(line));
      case 'written':
        return this.#addWritten(line);
      case 'position':
        return void this.positions.set(line.partition, line.offset);
      case 'commit':
        return void this.commits.set(line.partition, line.offset);
      case 'store':
        this.seen.add('store');
        return this.said.addRow(line, this.#categoryNumber(line.category));
      case 'deadLetter':
        this.seen.add('store');
        return this.said.addRow(line, deadLetterCategory);
      case 'complete':
        this.seen.add(line.of);
        return void this.complete.add(line.of);
    }
  }

  #addRun(line: LineOf<'run'>): void {
    if (this.run !== undefined) throw new LineError('is a second run line');
    const planned = Object.values(line.messages ?? {}).reduce((sum, count) => sum + count, 0);
    if (planned > plannedMax) throw new LineError(`plans more than ${plannedMax} messages`);
    this.run = line;
  }

  #addRange(line: LineOf<'logRange'>): void {
    const { partition, start, end, base = 0, compacted = false, compactionUnknown = false, stableEnd } = line;
    const range: LogRange = { partition, start, end, base, compacted: compacted || compactionUnknown };
    if (compactionUnknown) range.compactionUnknown = true;
    if (stableEnd !== undefined) range.stableEnd = stableEnd;
    const known = this.ranges.get(partition);
    if (end < start || (known !== undefined && !isSame(known, range))) this.disputedRanges.add(partition);
    this.ranges.set(partition, known === undefined ? range : narrowest(known, range));
  }

  #addWritten(line: LineOf<'written'>): void {
    this.seen.add('written');
    const digest = line.digest === undefined ? 0 : this.said.messages.digests.numberOf(line.digest);
    const category = line.category === undefined ? undefined : this.#writtenCategory(line.category);
    this.journal.addWritten(line, this.#messageOf(line), digest, category);
  }

  #writtenCategory(name: string): number {
    return name === 'dead-letters' ? deadLetterCategory : this.#categoryNumber(name);
  }

  #messageOf({ id }: { id?: string }): number | undefined {
    return id === undefined ? undefined : this.said.messages.indexOf(id);
  }

  #categoryNumber(name: string): number {
    let number = this.#categoryNumbers.get(name);
    if (number === undefined) {
      if (this.categories.length === categoriesMax) {
        throw new LineError(`names one category more than ${categoriesMax}`);
      }
      number = this.categories.push(name) - 1;
      this.#categoryNumbers.set(name, number);
    }
    return number;
  }
}

const isSame = (a: LogRange, b: LogRange): boolean =>
  a.start === b.start &&
  a.end === b.end &&
  a.base === b.base &&
  a.compacted === b.compacted &&
  a.compactionUnknown === b.compactionUnknown &&
  a.stableEnd === b.stableEnd;

/** The part that two contradictory ranges have in common. */
function narrowest(a: LogRange, b: LogRange): LogRange {
  const start = Math.max(a.start, b.start);
  const stableEnd = Math.min(a.stableEnd ?? Infinity, b.stableEnd ?? Infinity);
  return {
    partition: a.partition,
    start,
    end: Math.min(a.end, b.end),
    base: Math.min(a.base, b.base),
    compacted: a.compacted || b.compacted,
    ...((a.compactionUnknown || b.compactionUnknown) && { compactionUnknown: true }),
    ...(stableEnd !== Infinity && { stableEnd }),
  };
}
