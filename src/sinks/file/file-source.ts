/** The bytes of a file, decompressed if its name ends in `.gz`. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { isSystemError, messageOf } from '../../errors.ts';
import type { ByteSource } from './byte-window.ts';
import { newline } from './byte-window.ts';
import { noAnswer, unreadable } from './file-format.ts';

const chunkBytes = 2 ** 20;
const sampleBytes = 2 ** 16;

export function fileSource(path: string): ByteSource {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  const source = {
    stream: file,
    onTimeout: () => noAnswer(path),
    onError: (error: unknown) => readError(path, error),
  };
  if (!path.endsWith('.gz')) return source;
  const gunzip = createGunzip();
  // The error reaches who reads the decompressed bytes.
  const stream = pipeline(file, gunzip, () => undefined);
  const onEnd = (): void => {
    // Node passes over what is behind the compressed data, and so over a part that is damaged at its beginning.
    if (gunzip.bytesWritten === file.bytesRead) return;
    throw unreadable(path, undefined, `byte ${gunzip.bytesWritten} begins no compressed data`);
  };
  return { ...source, stream, onEnd };
}

/** What an error means that came while a file was read. */
export function readError(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR')
    return unreadable(path, undefined, 'the file is cut off within its compressed data');
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return unreadable(path, undefined, `its compressed data is damaged: ${messageOf(error)}`);
  }
  if (code === 'ENOENT') return unreadable(path, undefined, 'the file vanished before it was read');
  if (isSystemError(error))
    return unreadable(path, undefined, `the file cannot be read: ${messageOf(error)}`);
  throw error;
}

export interface Sample {
  bytes: Buffer;
  /** How many bytes of the file they take. */
  stored: number;
  isWhole: boolean;
}

/** The first bytes of the file, decompressed. */
export async function sampleOf(path: string): Promise<Sample> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    const stored = buffer.subarray(0, bytesRead);
    const isWhole = bytesRead < sampleBytes;
    if (!path.endsWith('.gz') || bytesRead === 0) return { bytes: stored, stored: bytesRead, isWhole };
    const bytes = gunzipSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
    return { bytes, stored: bytesRead, isWhole };
  } catch (error) {
    throw readError(path, error);
  }
}

/** How many lines there are for each byte of the file, from its beginning. */
export async function linesEachByte(path: string): Promise<number> {
  const { bytes, stored } = await sampleOf(path);
  if (stored === 0) return 0;
  let lines = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines += 1;
  return Math.max(lines, 1) / stored;
}
