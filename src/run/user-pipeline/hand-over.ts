/** Makes the messages of a run and hands them to the source. Each intent is in the ledger before its message leaves. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Pacer } from '../../pipeline/producer/pacer.ts';
import { Schedule } from '../../pipeline/producer/schedule.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import { outcomeCodes, type Outcome } from '../../run-folder/ledger/outcome.ts';
import { messageLogName, MessageLogWriter } from '../../run-folder/message-log.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { seal } from '../../run-folder/seal.ts';
import type { Handover, OpenedSource, OutgoingMessage } from '../../sources/source.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { unsent } from '../../proof/made-facts.ts';
import { none } from '../../workload/place.ts';

const lingerMs = 5;
const errorsMax = 3;

export interface HandOverOptions {
  folder: RunFolder;
  count: number;
  /** Messages a second; undefined: as fast as the source takes them. */
  rate: number | undefined;
  make: (sequence: number) => OutgoingMessage;
  /** What is expected of a message, as JSON; undefined: the default. */
  expectationOf: (message: OutgoingMessage) => string | undefined;
  source: OpenedSource;
  onProgress: (settled: number) => void;
  signal: AbortSignal;
}

export interface HandedOver {
  /** By sequence: a code of `outcomeCodes`, or `unsent`. */
  outcomes: Uint8Array;
  counts: Record<Outcome | 'sent', number>;
  /** The first errors of messages that were rejected, and of those whose outcome is unknown. */
  errors: Record<'rejected' | 'unknown', string[]>;
  /** What makes the source's answers doubtful, in sentences. */
  problems: readonly string[];
  /** From the first send to the last outcome. */
  tookMs: number;
}

/** Stops on the signal, with what was sent until then. Throws if the source takes nothing more. */
export async function handOver(options: HandOverOptions): Promise<HandedOver> {
  const { folder, count, rate, make, expectationOf, source, onProgress, signal } = options;
  const path = folder.file(ledgerFileName(0, 0));
  const log = new MessageLogWriter(folder.file(messageLogName));
  const ledger = new LedgerWriter(path, { run: folder.id, producer: 0, session: 0, pid: process.pid });
  const startedAt = performance.now();
  const pacer =
    rate === undefined
      ? undefined
      : new Pacer({
          schedule: new Schedule(wallClockMs(), rate),
          batchMessagesMax: source.batchMax,
          lingerMs,
        });
  const handed: HandedOver = {
    outcomes: new Uint8Array(count).fill(unsent),
    counts: { sent: 0, acked: 0, rejected: 0, unknown: 0 },
    errors: { rejected: [], unknown: [] },
    problems: [],
    tookMs: 0,
  };
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let settled = 0;
  const send = async (messages: readonly OutgoingMessage[]): Promise<void> => {
    const answers = await source.send(messages);
    note(handed, ledger, messages, answers);
    onProgress((settled += messages.length));
  };
  try {
    for (let next = 0; next < count && !signal.aborted && failure === undefined;) {
      const ready = pacer?.countReady(next, wallClockMs()) ?? source.batchMax;
      const size = Math.min(ready, count - next);
      if (size === 0) {
        await pacer?.pause(next, signal);
        continue;
      }
      const messages = Array.from({ length: size }, (_, index) => make(next + index));
      log.append(messages.map((message) => ({ ...message, expectation: expectationOf(message) })));
      ledger.intend(next, size);
      handed.outcomes.fill(outcomeCodes.unknown, next, next + size);
      handed.counts.sent += size;
      next += size;
      const sending = send(messages)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      // Answers are processed between any two batches.
      await nextTurn();
      while (underWay.size >= source.concurrency) await Promise.race(underWay);
    }
    // A program may tell the last outcomes only when it has heard of the end.
    const ending = failure === undefined ? source.end() : undefined;
    ending?.catch(() => undefined);
    while (underWay.size > 0) await Promise.race(underWay);
    if (failure !== undefined) throw failure.error;
    handed.problems = (await ending) ?? [];
    if (handed.counts.sent === count) ledger.finish();
  } finally {
    handed.counts.unknown = handed.outcomes.reduce(
      (sum, code) => sum + Number(code === outcomeCodes.unknown),
      0,
    );
    ledger.close();
    log.close();
    for (const file of [path, folder.file(messageLogName)]) await seal(file);
    handed.tookMs = performance.now() - startedAt;
  }
  return handed;
}

/** Notes the outcomes of one call. Those that stand one after the other in a partition share a frame. */
function note(
  { outcomes, counts, errors }: HandedOver,
  ledger: LedgerWriter,
  messages: readonly OutgoingMessage[],
  answers: readonly Handover[],
): void {
  const open: (Required<Omit<Handover, 'error'>> & { sequences: number[] })[] = [];
  for (const [index, { outcome, partition = none, offset = none, errorCode = 0 }] of answers.entries()) {
    const { sequence } = messages[index]!;
    const frame = open.findLast(
      (each) => each.partition === partition && each.outcome === outcome && each.errorCode === errorCode,
    );
    const next = frame === undefined || frame.offset < 0 ? none : frame.offset + frame.sequences.length;
    if (frame !== undefined && next === offset) frame.sequences.push(sequence);
    else open.push({ outcome, partition, offset, errorCode, sequences: [sequence] });
  }
  for (const frame of open) ledger.record(frame);
  for (const [index, { outcome, error }] of answers.entries()) {
    outcomes[messages[index]!.sequence] = outcomeCodes[outcome];
    counts[outcome] += 1;
    if (outcome === 'acked' || error === undefined) continue;
    const known = errors[outcome];
    if (known.length < errorsMax && !known.includes(error)) known.push(error);
  }
}
