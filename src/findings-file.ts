/** All findings of an audit, one JSON line a message or partition concerned: the result holds examples only. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { messageOf } from './errors.ts';
import type { SingleFinding } from './verdict.ts';

const chunkChars = 64 * 1024;

export class FindingsFile {
  readonly #path: string;
  #file: number | undefined;
  #chunk = '';
  /** Why nothing more is written: a folder that may not be written must not keep an audit from its verdict. */
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
      writeSync(this.#file, chunk);
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
