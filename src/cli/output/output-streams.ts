/** The only place that decides what happens where stdout or stderr cannot be written. */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { WritableOptions } from 'node:stream';
import { messageOf } from '../../errors.ts';

export interface OutputTrouble {
  /** The reader of stdout, such as head, has had enough. */
  onReaderGone: () => void;
  /** Told once why something of stdout is missing. */
  onLost: (problem: string) => void;
}

/** Node's own answer would be a stack trace and exit code 1, which means that a run has failed. */
export function watchOutput({ onReaderGone, onLost }: OutputTrouble): void {
  let isLost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return onReaderGone();
    if (isLost) return;
    isLost = true;
    onLost(messageOf(error));
  });
  // Nobody is left to be told. What is under way comes to its end, and to its exit code.
  process.stderr.on('error', () => undefined);
  if (!(process.stdout instanceof Socket)) writeWhole(process.stdout, 1);
  if (!(process.stderr instanceof Socket)) writeWhole(process.stderr, 2);
}

/** Where a disk becomes full, the system writes a part of what it is given. Node takes that for all. */
function writeWhole(stream: NodeJS.WriteStream, fd: number): void {
  const write: NonNullable<WritableOptions['write']> = (chunk: Uint8Array, _encoding, done) => {
    try {
      // A device that is full refuses nothing as well as something.
      if (chunk.length > 0) writeFileSync(fd, chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  Object.assign(stream, { _write: write });
}
