/**
 * Frames: how evidence lies on disk that grows while it is written, the ledger and the journal.
 * Little-endian, append-only; written in order, never changed.
 *
 *   file   := frame*
 *   frame  := length:u32 crc:u32 body     length and CRC-32 of the body, which is never empty
 *   body   := type:u8 …
 *
 * A frame is there once `append` has returned: it survives the death of the process, though not the loss
 * of power. One that is cut short at the end of the file is a torn tail: its writer was killed. Any other
 * damage means that the file cannot be relied on.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export const frameHeaderBytes = 8;
/** No frame is longer: what one holds is bounded well below this. */
export const frameBytesMax = 64 * 1024 * 1024;

/** What is known of a file of frames once it has been read to its end. */
export interface FrameState {
  /** The file ends in the midst of a frame. */
  torn: boolean;
  /** Why the file cannot be relied on. */
  damage?: string;
}

/** Appends frames to a file of its own. What the system refuses is thrown as it comes. */
export class FrameWriter {
  readonly #file: number;
  /** Of the frames that are there whole. */
  #bytes = 0;

  /** Creates the file; throws EEXIST where there is one already. */
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
      // A full disk takes a part of a frame. A frame after that part would make the file a damaged one.
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

/** Yields the bodies of the frames that are there whole; `state` is filled while it reads. */
export function* readFrames(path: string, state: FrameState): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.allocUnsafe(frameHeaderBytes);
    for (;;) {
      const headerBytes = readFully(file, header);
      if (headerBytes === 0) return;
      const bodyBytes = headerBytes < frameHeaderBytes ? 0 : header.readUInt32LE(0);
      if (bodyBytes > frameBytesMax) {
        state.damage = 'a frame in it has an impossible length';
        return;
      }
      const body = Buffer.allocUnsafe(bodyBytes);
      if (headerBytes < frameHeaderBytes || readFully(file, body) < bodyBytes) {
        state.torn = true;
        return;
      }
      if (bodyBytes === 0 || crc32(body) !== header.readUInt32LE(4)) {
        state.damage = 'a frame in it fails its checksum';
        return;
      }
      yield body;
    }
  } finally {
    closeSync(file);
  }
}

/** At the end of a frame's body, where its file's format has times: ms since the epoch. */
export const frameTimeBytes = 8;

/** A body without the time at its end, and that time; null for a file whose format had none. */
export function splitTime(body: Buffer, isTimed: boolean): { body: Buffer; timeMs: number | null } {
  if (!isTimed) return { body, timeMs: null };
  const end = Math.max(0, body.length - frameTimeBytes);
  return { body: body.subarray(0, end), timeMs: end === 0 ? null : body.readDoubleLE(end) };
}

/** The JSON that `appendJson` wrote. */
export const parseJsonFrame = (body: Buffer): unknown => JSON.parse(body.toString('utf8', 1));

/** Reads until the buffer is full or the file ends; returns how many bytes came. */
function readFully(file: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const bytes = readSync(file, buffer, filled, buffer.length - filled, null);
    if (bytes === 0) break;
    filled += bytes;
  }
  return filled;
}
