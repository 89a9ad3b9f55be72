/** Reads a history that another program wrote: files of JSON lines, or lines in memory. */
import { isUtf8 } from 'node:buffer';
import { createReadStream, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, usageError } from '../../errors.ts';
import { Collector } from './collector.ts';
import { historyEvidence, type HistoryEvidence } from './history-evidence.ts';
import { LineError, parseLine } from './parse-line.ts';

export type { HistoryEvidence } from './history-evidence.ts';

const lineBytesMax = 16 * 2 ** 20;
const newline = 0x0a;

/** All files together are one history. Throws a usage error that names file and line. */
export async function readHistory(paths: readonly string[]): Promise<HistoryEvidence> {
  const collector = new Collector();
  const known = new Set<string>();
  for (const path of paths) {
    if (known.has(identityOf(path))) throw usageError(`${path} is named twice: its lines would count twice.`);
    known.add(identityOf(path));
    await readFile(path, collector);
  }
  return historyEvidence(collector, basename(paths[0] ?? ''));
}

/** `name` stands for the file's name in errors, and for the run if no line names it. */
export function historyFromLines(lines: Iterable<string>, name: string): HistoryEvidence {
  const collector = new Collector();
  let number = 0;
  for (const line of lines) addLine(collector, line, name, ++number);
  return historyEvidence(collector, name);
}

function identityOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The error shows when the file is opened.
    return path;
  }
}

async function readFile(path: string, collector: Collector): Promise<void> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line === undefined) throw lineError(path, number, `is longer than ${lineBytesMax} bytes`);
    if (!isUtf8(line)) throw lineError(path, number, 'is not UTF-8');
    const text = line.toString('utf8');
    addLine(collector, number === 1 ? text.replace(/^\ufeff/, '') : text, path, number);
  }
}

function addLine(collector: Collector, text: string, name: string, number: number): void {
  if (text.trim() === '') return;
  try {
    collector.add(parseLine(text));
  } catch (error) {
    if (error instanceof LineError) throw lineError(name, number, error.message);
    throw error;
  }
}

const lineError = (name: string, number: number, what: string): Error =>
  usageError(`${name}:${number}: the line ${what}.`);

/** The lines as bytes; undefined for a line that is too long, after which there are no more. */
async function* linesOf(path: string): AsyncIterable<Buffer | undefined> {
  const pending: Buffer[] = [];
  let pendingBytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        const rest = chunk.subarray(from, end);
        yield pendingBytes + rest.length > lineBytesMax ? undefined : join(pending, rest);
        pending.length = pendingBytes = 0;
        from = end + 1;
      }
      pendingBytes += chunk.length - from;
      if (pendingBytes > lineBytesMax) yield undefined;
      if (from < chunk.length) pending.push(chunk.subarray(from));
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw usageError(`The history ${path} cannot be read: ${messageOf(error)}`);
  }
  if (pendingBytes > 0) yield join(pending, Buffer.alloc(0));
}

const join = (pending: readonly Buffer[], rest: Buffer): Buffer =>
  pending.length === 0 ? rest : Buffer.concat([...pending, rest]);
