/**
 * Frames: the format of the evidence files that grow during a run, the ledger and the journal.
 * Little-endian and append-only: written in order, never changed.
 *
 *   file   := frame*
 *   frame  := length:u32 crc:u32 body     length and CRC-32 of the body, which is never empty
 *   body   := type:u8 …
 *
 * Once `append` has returned, the frame survives the death of the process, but not a loss of power. A frame that is
 * cut short at the end of the file is a torn tail: its writer was killed. Any other damage means that the file cannot
 * be relied on.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { z } from 'zod';
import { regularFile } from '../system/regular-file.ts';

export const frameHeaderBytes = 8;
/** No frame is longer: the contents of every frame are bounded well below this. */
export const frameBytesMax = 64 * 1024 * 1024;
const readAheadBytes = 64 * 1024;

/** What is known about a file of frames, as far as it has been read. */
export interface FrameState {
  /** The file ends within a frame. */
  torn: boolean;
  /** How many bytes were read. The next reading begins after them. */
  bytes: number;
  /** Why the file cannot be relied on. */
  damage?: string;
}

export const nothingRead = (): FrameState => ({ torn: false, bytes: 0 });

/** Appends frames to a file of its own. Errors of the file system are thrown unchanged. */
export class FrameWriter {
  readonly #file: number;
  /** The size of the whole frames. */
  #bytes = 0;

  /** Creates the file; throws EEXIST if it exists already. */
  constructor(path: string) {
    this.#file = openSync(path, 'ax', 0o600);
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(body: Buffer): void {
    const frame = Buffer.allocUnsafe(frameHeaderBytes + body.length);
    frame.writeUInt32LE(body.length, 0);
    frame.writeUInt32LE(crc32(body), 4);
    body.copy(frame, frameHeaderBytes);
    let written = 0;
    try {
      while (written < frame.length) written += writeSync(this.#file, frame, written);
    } catch (error) {
      // A full disk may take a part of a frame. A later frame after that part would make the file a damaged one.
      if (written > 0) ftruncateSync(this.#file, this.#bytes);
      throw error;
    }
    this.#bytes += frame.length;
  }

  appendJson(type: number, value: object): void {
    this.append(Buffer.concat([Buffer.from([type]), Buffer.from(JSON.stringify(value))]));
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * Yields the bodies of the whole frames, beginning where the last reading of this state ended. Updates the state
 * meanwhile.
 */
export function* readFrames(path: string, state: FrameState): Generator<Buffer> {
  // The bytes after the damage mean nothing, however often they are read.
  if (state.damage !== undefined) return;
  const file = new ReadAhead(path);
  state.torn = false;
  try {
    for (;;) {
      const header = file.read(state.bytes, frameHeaderBytes);
      if (header.length === 0) return;
      const bodyBytes = header.length < frameHeaderBytes ? 0 : header.readUInt32LE(0);
      if (bodyBytes > frameBytesMax) {
        state.damage = 'a frame in it has an impossible length';
        return;
      }
      const body = file.read(state.bytes + frameHeaderBytes, bodyBytes);
      if (header.length < frameHeaderBytes || body.length < bodyBytes) {
        state.torn = true;
        return;
      }
      if (bodyBytes === 0 || crc32(body) !== header.readUInt32LE(4)) {
        state.damage = 'a frame in it fails its checksum';
        return;
      }
      state.bytes += frameHeaderBytes + bodyBytes;
      yield body;
    }
  } finally {
    file.close();
  }
}

/** The size of the time at the end of a frame's body, if the file's format has times: ms since the epoch. */
export const frameTimeBytes = 8;

/** A body without the time at its end, and that time; null if the file's format has no times. */
export function splitTime(body: Buffer, isTimed: boolean): { body: Buffer; timeMs: number | null } {
  if (!isTimed) return { body, timeMs: null };
  const end = Math.max(0, body.length - frameTimeBytes);
  return { body: body.subarray(0, end), timeMs: end === 0 ? null : body.readDoubleLE(end) };
}

/** The value that `appendJson` wrote; undefined if the body is not JSON or does not match the schema. */
export function jsonFrameOf<T>(body: Buffer, schema: z.ZodType<T>): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8', 1));
  } catch {
    return undefined;
  }
  return schema.safeParse(value).data;
}

/** Reads a file in larger pieces than the caller requests. Bytes that were handed out do not change later. */
class ReadAhead {
  readonly #file: number;
  #ahead = Buffer.alloc(0);
  #aheadAt = 0;

  constructor(path: string) {
    this.#file = openSync(regularFile(path), 'r');
  }

  /** Returns fewer bytes than requested if the file ends. */
  read(at: number, bytes: number): Buffer {
    const start = at - this.#aheadAt;
    const isThere = start >= 0 && start + bytes <= this.#ahead.length;
    if (isThere) return this.#ahead.subarray(start, start + bytes);
    const piece = Buffer.allocUnsafe(Math.max(bytes, readAheadBytes));
    this.#ahead = piece.subarray(0, readFully(this.#file, piece, at));
    this.#aheadAt = at;
    return this.#ahead.subarray(0, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads until the buffer is full or the file ends; returns how many bytes were read. */
function readFully(file: number, buffer: Buffer, at: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const bytes = readSync(file, buffer, filled, buffer.length - filled, at + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return filled;
}
