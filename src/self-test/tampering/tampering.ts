/** The type of a tampering with a run that passed, and the changes to its folder that tamperings are made of. */
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { frameHeaderBytes } from '../../run-folder/frames.ts';
import { journalFileName } from '../../run-folder/journal/journal-format.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { seal, sealPathOf } from '../../run-folder/seal.ts';
import type { LiveDefect } from '../live/live-defect.ts';
import type { EvidencePart } from '../histories/history-edits.ts';

/** Changes a copy of a run's folder. `other`: another run that passed. */
export type FolderChange = (folder: RunFolder, other: RunFolder) => Promise<void>;

export interface Tampering {
  /** In plain words, for a table. */
  name: string;
  /** The hop whose evidence is tampered with. */
  hop: EvidencePart;
  expected: LiveDefect['expected'];
  plant: FolderChange;
  /** A change that looks similar but changes nothing that is judged. Without one, the twin is the unchanged run. */
  twin?: FolderChange;
}

export const ledger = ledgerFileName(0, 0);
export const journal = journalFileName(1);

/** Executes SQL on the store. Message p0-0 has its row in the table `failed`. */
export const sql =
  (text: string): FolderChange =>
  async (folder) => {
    const database = new DatabaseSync(folder.file('store.sqlite'));
    try {
      database.exec(text);
    } finally {
      database.close();
    }
  };

export const allOf =
  (...changes: FolderChange[]): FolderChange =>
  async (folder, other) => {
    for (const change of changes) await change(folder, other);
  };

export const remove =
  (name: string): FolderChange =>
  async (folder) => {
    rmSync(folder.file(name));
    rmSync(sealPathOf(folder.file(name)), { force: true });
  };

export const sealAgain =
  (name: string): FolderChange =>
  async (folder) =>
    await seal(folder.file(name));

/** Copies files together with their seals. */
export const takeFromOther =
  (...names: string[]): FolderChange =>
  async (folder, other) => {
    for (const name of names.flatMap((each) => [each, sealPathOf(each)])) {
      cpSync(other.file(name), folder.file(name));
    }
  };

export const replaceByFolder =
  (name: string): FolderChange =>
  async (folder) => {
    rmSync(folder.file(name));
    mkdirSync(folder.file(name));
  };

/** Copies a file and seals the copy. */
export const copyTo =
  (name: string, copy: string): FolderChange =>
  async (folder) => {
    cpSync(folder.file(name), folder.file(copy));
    await seal(folder.file(copy));
  };

/** Cuts a file off after so many frames. */
export const keepFrames =
  (name: string, frames: number): FolderChange =>
  async (folder) => {
    const path = folder.file(name);
    const bytes = readFileSync(path);
    let end = 0;
    for (let frame = 0; frame < frames; frame++) end += frameHeaderBytes + bytes.readUInt32LE(end);
    truncateSync(path, end);
  };

export const keepBytes =
  (name: string, bytes: number): FolderChange =>
  async (folder) =>
    truncateSync(folder.file(name), bytes);

export const rewrite =
  (name: string, pattern: RegExp, replacement: string): FolderChange =>
  async (folder) => {
    const text = readFileSync(folder.file(name), 'utf8');
    const changed = text.replace(pattern, replacement);
    if (changed === text) throw new Error(`bug: ${name} has nothing like ${pattern.source}`);
    writeFileSync(folder.file(name), changed);
  };
