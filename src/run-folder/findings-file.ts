/** All findings of an audit, one JSON line for each message or partition concerned: the result has examples only. */
import { closeSync, createReadStream, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf } from '../errors.ts';
import type { SingleFinding } from '../result/verdict.ts';
import { regularFile } from '../system/regular-file.ts';

const chunkChars = 64 * 1024;

/** Yields the wanted findings of a file, a line at a time; none if there is no file. Throws for a malformed line. */
export async function* readFindings(
  path: string,
  isWanted: (finding: SingleFinding) => boolean,
): AsyncGenerator<SingleFinding> {
  // An audit without a finding leaves no file.
  if (!existsSync(path)) return;
  const lines = createInterface({ input: createReadStream(regularFile(path)), crlfDelay: Infinity });
  for await (const line of lines) {
    const finding = JSON.parse(line) as SingleFinding;
    if (isWanted(finding)) yield finding;
  }
}

export class FindingsFile {
  readonly #path: string;
  #file: number | undefined;
  #chunk = '';
  /** Why nothing more is written. An audit of a folder that is not writable must still reach its verdict. */
  problem: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#attempt(() => rmSync(path, { force: true }));
  }

  add(finding: SingleFinding): void {
    this.#chunk += `${JSON.stringify(finding)}\n`;
    if (this.#chunk.length >= chunkChars) this.#flush();
  }

  close(): void {
    if (this.#chunk !== '') this.#flush();
    const file = this.#file;
    if (file !== undefined) this.#attempt(() => closeSync(file));
  }

  #flush(): void {
    const chunk = this.#chunk;
    this.#chunk = '';
    this.#attempt(() => {
      this.#file ??= openSync(this.#path, 'w', 0o600);
      // Unlike `writeSync`, `writeFileSync` writes everything or throws.
      writeFileSync(this.#file, chunk);
    });
  }

  #attempt(action: () => void): void {
    if (this.problem !== undefined) return;
    try {
      action();
    } catch (error) {
      this.problem = `${this.#path} was not written: ${messageOf(error)}`;
    }
  }
}
