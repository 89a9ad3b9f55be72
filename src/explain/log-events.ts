/** What a run's saved log scan says about one message or place. */
import { messageOf } from '../errors.ts';
import {
  emptyScanRow,
  readScan,
  scanFlags,
  timeOfStamp,
  type ScanRow,
  type ScanSummary,
} from '../run-folder/log-scan-file.ts';
import type { Place } from '../workload/place.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import { gap, type GapEvent, type LogEvent } from './timeline.ts';
import { messageId } from '../workload/workload.ts';
import type { SentName } from './ledger-events.ts';
import { summaryOfScan } from '../audit/run-evidence/log-hop.ts';
import { PlaceSet } from './place-set.ts';
import type { RunMessages } from '../audit/run-evidence/run-messages.ts';

/** The limit of copies that are counted: memory is limited, and a log may hold a message a million times. */
const recordsMax = 10_000;

export class LogEvents {
  readonly #folder: RunFolder;
  readonly #manifest: Manifest;
  readonly #messages: RunMessages;
  /** A sentence if the scan cannot be relied on. */
  readonly #summary: ScanSummary | string;
  #damage: string | undefined;

  private constructor(
    folder: RunFolder,
    manifest: Manifest,
    messages: RunMessages,
    summary: ScanSummary | string,
  ) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#messages = messages;
    this.#summary = summary;
  }

  static async open(folder: RunFolder, manifest: Manifest, messages: RunMessages): Promise<LogEvents> {
    return new LogEvents(folder, manifest, messages, await summaryOfScan(folder, manifest));
  }

  /** Whether the scanned topic is not the one with which the run began. */
  get isRecreated(): boolean {
    return typeof this.#summary !== 'string' && this.#summary.topicId !== this.#manifest.topicId;
  }

  /** The group's committed offsets at the time of the scan, or why they are not known. */
  get commits(): ReadonlyMap<number, number> | string {
    if (typeof this.#summary === 'string') return this.#summary;
    const { commits } = this.#summary;
    if (commits === undefined) return 'the scan did not read them';
    return new Map(Object.entries(commits).map(([partition, offset]) => [Number(partition), offset]));
  }

  /** The records of a message, and the records at these places, partition by partition. */
  find(sent: SentName | undefined, places: PlaceSet): LogEvent[] {
    if (this.#problem() !== undefined) return [];
    const found: LogEvent[] = [];
    try {
      for (const row of this.#rows(sent, places)) {
        if (found.push(this.#record(row)) === recordsMax) break;
      }
    } catch (error) {
      this.#damage = `the saved log scan cannot be read: ${messageOf(error)}`;
    }
    found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    const id = sent && messageId(sent.producer, sent.sequence);
    let copies = 0;
    for (const record of found) if (record.id === id) record.copy = copies += 1;
    return found;
  }

  /** The gaps of the scan for a message that was acknowledged at these places, or why it has no record. */
  gaps(acked: readonly Place[], isFound: boolean): GapEvent[] {
    const problem = this.#problem();
    if (problem !== undefined) return [gap.missing('log', problem)];
    const { problems, ranges, compacted, settingsUnknown } = this.#summary as ScanSummary;
    const gaps = problems.map((text) => gap.missing('log', text));
    if (isFound) return gaps;
    const rangeOf = ({ partition }: Place) => ranges.find((range) => range.partition === partition);
    const removed = acked.find((place) => {
      const range = rangeOf(place);
      return range !== undefined && place.offset < Math.max(range.start, range.startAfter);
    });
    const beyond = acked.find((place) => place.offset >= (rangeOf(place)?.end ?? 0));
    if (removed) {
      gaps.push(
        gap.missing('log', `the log began above ${removed.partition}:${removed.offset} when it was scanned`),
      );
    } else if (beyond) {
      const end = rangeOf(beyond)?.end ?? 0;
      const text = `no record of it: partition ${beyond.partition} ended at ${end} when it was scanned`;
      gaps.push(gap.nothing('log', text));
    } else {
      const isTaken = ', a later record of its key may have taken its place';
      const why = compacted
        ? `; the topic is compacted${isTaken}`
        : settingsUnknown === undefined
          ? ''
          : `; if the topic is compacted, which is not known${isTaken}`;
      gaps.push(gap.nothing('log', `no record of it${why}`));
    }
    return gaps;
  }

  #problem(): string | undefined {
    if (this.#damage !== undefined) return this.#damage;
    if (typeof this.#summary === 'string') return this.#summary;
    return this.isRecreated ? 'the topic was recreated: the scan is of another topic' : undefined;
  }

  /** Yields the same object for all rows. */
  *#rows(sent: SentName | undefined, places: PlaceSet): Generator<ScanRow> {
    const row = emptyScanRow();
    const [sequence, producer] = sent === undefined ? [-1, -1] : [sent.sequence, sent.producer];
    for (const rows of readScan(this.#folder.logScan)) {
      for (let index = 0; index < rows.count; index++) {
        const isNamed = rows.sequenceAt(index) === sequence && rows.producerAt(index) === producer;
        const isPlaced = places.has(rows.partitionAt(index), rows.offsetAt(index));
        if (!isNamed && !isPlaced) continue;
        rows.get(index, row);
        // Records without a name have zeros instead of one.
        if (isPlaced || isTold(row)) yield row;
      }
    }
  }

  #record(row: ScanRow): LogEvent {
    const { partition, offset, flags, producer, sequence } = row;
    const sent = isTold(row) ? { producer, sequence } : undefined;
    return {
      hop: 'log',
      time: timeOfStamp(row.stamp, this.#manifest.createdAt),
      id: sent === undefined ? null : messageId(producer, sequence),
      partition,
      offset,
      copy: 1,
      session: sent === undefined ? null : row.session,
      isAborted: (flags & scanFlags.aborted) !== 0,
      isCrcBad: (flags & scanFlags.crcBad) !== 0,
      differs: this.#differences(row, sent),
    };
  }

  #differences(row: ScanRow, sent: SentName | undefined): string[] | null {
    if (row.flags & scanFlags.nameless) return ["it has the run's id, but does not say which message it is"];
    if (sent === undefined) return null;
    const index = this.#messages.indexOf(sent.producer, sent.sequence);
    const expected = this.#messages.expected(index, row.session);
    if (expected === undefined) return null;
    const isStated = (row.flags & scanFlags.unstated) === 0;
    return [
      row.digest === expected.digest ? '' : 'its key, payload or headers differ from the planned ones',
      isStated ? '' : 'its header states no digest',
      !isStated || row.statedDigest === expected.digest ? '' : 'its header states another digest',
    ].filter(Boolean);
  }
}

const isTold = ({ flags }: ScanRow): boolean => (flags & (scanFlags.foreign | scanFlags.nameless)) === 0;
