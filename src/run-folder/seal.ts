/**
 * Seals: a SHA-256 next to each file of evidence (`FILE.sha256`, which `sha256sum --check` can read). A file
 * that no longer matches its seal is missing evidence.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { regularFile } from '../system/regular-file.ts';
import { writeWhole } from '../system/write-whole.ts';

const chunkBytes = 1024 * 1024;

export type SealState = 'intact' | 'broken' | 'none';

/** The path of a file's seal. */
export const sealPathOf = (path: string): string => `${path}.sha256`;

/** Seals a file that is finished. `name`: the file's final name, if it is still a draft. */
export async function seal(path: string, name = basename(path)): Promise<void> {
  writeWhole(sealPathOf(path), sealOf(name, await sha256Of(path)));
}

/** Seals a file with this text. `name`: the file's final name, if it is still a draft. */
export function sealText(path: string, text: string, name = basename(path)): void {
  const sum = createHash('sha256').update(text).digest('hex');
  writeWhole(sealPathOf(path), sealOf(name, sum));
}

const sealOf = (name: string, sum: string): string => `${sum}  ${name}\n`;

export const hasSeal = (path: string): boolean => existsSync(sealPathOf(path));

export async function checkSeal(path: string): Promise<SealState> {
  let stated: string;
  try {
    stated = await readFile(regularFile(sealPathOf(path)), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
  return stated.split(' ', 1)[0] === (await sha256Of(path)) ? 'intact' : 'broken';
}

/** In hexadecimal digits. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const chunks = createReadStream(regularFile(path), { highWaterMark: chunkBytes, signal });
  for await (const chunk of chunks) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
