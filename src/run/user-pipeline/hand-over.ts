/** Makes the messages of a run and hands them to the source. Each intent is in the ledger before its message leaves. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Pacer } from '../../pipeline/producer/pacer.ts';
import { Schedule } from '../../pipeline/producer/schedule.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import { LatencyLog } from '../../run-folder/latency-log.ts';
import { latencyLogOfPipeline } from '../../run-folder/measurements.ts';
import { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import { outcomeCodes, type Outcome } from '../../run-folder/ledger/outcome.ts';
import { messageLogName, MessageLogWriter } from '../../run-folder/message-log.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { seal } from '../../run-folder/seal.ts';
import type { PreparedMessage } from '../../config/outgoing-message.ts';
import { messageOf, OperationalError } from '../../errors.ts';
import type { Handover, OutgoingMessage } from '../../sources/source.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { unsent } from '../../proof/made-facts.ts';
import type { MadeMessages, ReportedMessages } from './open-messages.ts';
import { none } from '../../workload/place.ts';

const lingerMs = 5;
const errorsMax = 3;
/** Of values that are under way, unless one is larger. */
const bytesMax = 16 * 1024 * 1024;
/** A program may report as many sends as a run may have messages. */
const reportedMax = 100_000_000;
/** So many reported sends are noted at a time. */
const reportedBatch = 1_000;

export interface HandOverOptions {
  folder: RunFolder;
  count: number;
  /** Messages a second; undefined: as fast as the source takes them. */
  rate: number | undefined;
  /** What is expected of a message, as JSON; undefined: the default. */
  expectationOf: (message: PreparedMessage) => string | undefined;
  source: MadeMessages | ReportedMessages;
  onProgress: (settled: number) => void;
  signal: AbortSignal;
}

export interface HandedOver {
  /** How many messages were to be handed over; as many as were reported, if a program makes its own. */
  planned: number;
  /** By sequence: a code of `outcomeCodes`, or `unsent`. */
  outcomes: Uint8Array;
  counts: Record<Outcome | 'sent', number>;
  /** The first errors of messages that were rejected, and of those whose outcome is unknown. */
  errors: Record<'rejected' | 'unknown', string[]>;
  /** What makes the source's answers doubtful, in sentences. */
  problems: string[];
  /** From the first send to the last outcome. */
  tookMs: number;
}

/**
 * Stops on the signal, with what was sent until then. Throws if nothing was handed over, or if the source cannot carry
 * a message.
 */
export async function handOver(options: HandOverOptions): Promise<HandedOver> {
  const { folder, source, count } = options;
  const notes = new HandOverNotes(folder, 'reported' in source ? 0 : count);
  try {
    if ('reported' in source) await takeReported(options, source, notes);
    else await handOverMade(options, source, notes);
  } catch (error) {
    const isUsage = error instanceof OperationalError && error.code === 'usage';
    if (isUsage || notes.handed.counts.sent === 0 || options.signal.aborted) throw error;
    notes.handed.problems.push(`The source takes nothing more: ${messageOf(error)}`);
  } finally {
    await notes.close();
  }
  return notes.handed;
}

async function handOverMade(
  { count, rate, expectationOf, onProgress, signal }: HandOverOptions,
  { make, source }: MadeMessages,
  notes: HandOverNotes,
): Promise<void> {
  const pacer =
    rate === undefined
      ? undefined
      : new Pacer({
          schedule: new Schedule(wallClockMs(), rate),
          batchMessagesMax: source.batchMax,
          lingerMs,
        });
  const underWay = new UnderWay(source.concurrency);
  let settled = 0;
  const send = async (messages: readonly OutgoingMessage[]): Promise<void> => {
    const sentAtMs = wallClockMs();
    notes.settle(messages, await source.send(messages));
    notes.measure(messages.length, sentAtMs);
    onProgress((settled += messages.length));
  };
  for (let next = 0; next < count && !signal.aborted && underWay.failure === undefined;) {
    const ready = pacer?.countReady(next, wallClockMs()) ?? source.batchMax;
    const size = Math.min(ready, count - next);
    if (size === 0) {
      await pacer?.pause(next, signal);
      continue;
    }
    const messages = Array.from({ length: size }, (_, index) => make(next + index));
    notes.intend(messages, expectationOf);
    next += size;
    underWay.add(messages, send(messages));
    // Answers are processed between any two batches.
    await nextTurn();
    await underWay.room();
  }
  // A program may tell the last outcomes only when it has heard of the end.
  const ending = underWay.failure === undefined ? source.end() : undefined;
  ending?.catch(() => undefined);
  await underWay.end();
  notes.handed.problems.push(...((await ending) ?? []));
}

/** The messages that the source has, and of which nothing is known yet. */
class UnderWay {
  readonly #max: number;
  readonly #sends = new Set<Promise<void>>();
  #messages = 0;
  #bytes = 0;
  /** The first send that failed. */
  failure: { error: unknown } | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  add(messages: readonly OutgoingMessage[], send: Promise<void>): void {
    const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    this.#messages += messages.length;
    this.#bytes += bytes;
    const sending = send
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.#sends.delete(sending);
        this.#messages -= messages.length;
        this.#bytes -= bytes;
      });
    this.#sends.add(sending);
  }

  /** Waits until more may be sent. */
  async room(): Promise<void> {
    while (this.#messages >= this.#max || this.#bytes >= bytesMax) await Promise.race(this.#sends);
  }

  /** Waits for all. Throws the first failure. */
  async end(): Promise<void> {
    while (this.#sends.size > 0) await Promise.race(this.#sends);
    if (this.failure !== undefined) throw this.failure.error;
  }
}

/** Notes the sends of a program that makes its own messages: their values are their ids. */
async function takeReported(
  { expectationOf, onProgress, signal }: HandOverOptions,
  { reported }: ReportedMessages,
  notes: HandOverNotes,
): Promise<void> {
  let messages: PreparedMessage[] = [];
  let answers: Handover[] = [];
  let sequence = 0;
  const flush = (): void => {
    if (messages.length === 0) return;
    notes.intend(messages, expectationOf);
    notes.settle(messages, answers);
    [messages, answers] = [[], []];
    onProgress(sequence);
  };
  for await (const { key, value, ...answer } of reported.sends()) {
    if (signal.aborted || sequence >= reportedMax) break;
    messages.push({
      id: value,
      sequence: sequence++,
      key: key === null ? null : Buffer.from(key),
      headers: [],
      value: Buffer.from(value),
      document: value,
      made: { key, value },
    });
    answers.push(answer);
    if (messages.length >= reportedBatch) flush();
  }
  flush();
  notes.handed.planned = sequence;
  notes.handed.problems.push(...(await reported.end()));
}

/** What is written down while messages are handed over: the messages, and the ledger. */
class HandOverNotes {
  readonly handed: HandedOver;
  readonly #paths: readonly string[];
  readonly #log: MessageLogWriter;
  readonly #ledger: LedgerWriter;
  readonly #latencies: LatencyLog;
  readonly #startedAt = performance.now();

  constructor(folder: RunFolder, planned: number) {
    const [messages, ledger] = [folder.file(messageLogName), folder.file(ledgerFileName(0, 0))];
    this.#paths = [messages, ledger];
    this.#log = new MessageLogWriter(messages);
    this.#latencies = new LatencyLog(folder.file(latencyLogOfPipeline.acked[0]!), wallClockMs());
    this.#ledger = new LedgerWriter(ledger, { run: folder.id, producer: 0, session: 0, pid: process.pid });
    this.handed = {
      planned,
      outcomes: new Uint8Array(planned).fill(unsent),
      counts: { sent: 0, acked: 0, rejected: 0, unknown: 0 },
      errors: { rejected: [], unknown: [] },
      problems: [],
      tookMs: 0,
    };
  }

  /** To be called before the messages, which follow on those before, are handed over. */
  intend(messages: readonly PreparedMessage[], expectationOf: HandOverOptions['expectationOf']): void {
    const { handed } = this;
    const first = messages[0]!.sequence;
    const end = first + messages.length;
    this.#log.append(messages.map((message) => ({ ...message, expectation: expectationOf(message) })));
    this.#ledger.intend(first, messages.length);
    if (end > handed.outcomes.length) handed.outcomes = grown(handed.outcomes, end);
    handed.outcomes.fill(outcomeCodes.unknown, first, end);
    handed.counts.sent += messages.length;
  }

  /** Notes the outcomes of one call. Those that stand one after the other in a partition share a frame. */
  settle(messages: readonly OutgoingMessage[], answers: readonly Handover[]): void {
    const frames: (Required<Omit<Handover, 'error'>> & { sequences: number[] })[] = [];
    for (const [index, { outcome, partition = none, offset = none, errorCode = 0 }] of answers.entries()) {
      const { sequence } = messages[index]!;
      const frame = frames.findLast(
        (each) => each.partition === partition && each.outcome === outcome && each.errorCode === errorCode,
      );
      const next = frame === undefined || frame.offset < 0 ? none : frame.offset + frame.sequences.length;
      if (frame !== undefined && next === offset) frame.sequences.push(sequence);
      else frames.push({ outcome, partition, offset, errorCode, sequences: [sequence] });
    }
    for (const frame of frames) this.#ledger.record(frame);
    const { outcomes, counts, errors } = this.handed;
    for (const [index, { outcome, error }] of answers.entries()) {
      outcomes[messages[index]!.sequence] = outcomeCodes[outcome];
      counts[outcome] += 1;
      if (outcome === 'acked' || error === undefined) continue;
      const known = errors[outcome];
      if (known.length < errorsMax && !known.includes(error)) known.push(error);
    }
  }

  /** Notes how long the answer to messages took. */
  measure(count: number, sentAtMs: number): void {
    const nowMs = wallClockMs();
    this.#latencies.record(nowMs - sentAtMs, count, nowMs);
  }

  async close(): Promise<void> {
    const { handed } = this;
    handed.outcomes = handed.outcomes.subarray(0, Math.max(handed.planned, handed.counts.sent));
    handed.counts.unknown = handed.outcomes.reduce(
      (sum, code) => sum + Number(code === outcomeCodes.unknown),
      0,
    );
    if (handed.counts.sent === handed.planned) this.#ledger.finish();
    this.#ledger.close();
    this.#log.close();
    this.#latencies.close();
    for (const path of this.#paths) await seal(path);
    handed.tookMs = performance.now() - this.#startedAt;
  }
}

function grown(outcomes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(Math.max(size, 2 * outcomes.length)).fill(unsent);
  larger.set(outcomes);
  return larger;
}
