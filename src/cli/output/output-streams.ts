/** The only place that decides what happens when stdout or stderr cannot be written. */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { WritableOptions } from 'node:stream';
import { messageOf } from '../../errors.ts';

export interface OutputTrouble {
  /** The reader of stdout, such as head, has had enough. */
  onReaderGone: () => void;
  /** Called once, with the reason why a part of stdout is missing. */
  onLost: (problem: string) => void;
}

/** By default, Node would print a stack trace and exit with 1, which means that a run has failed. */
export function watchOutput({ onReaderGone, onLost }: OutputTrouble): void {
  let isLost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return onReaderGone();
    if (isLost) return;
    isLost = true;
    onLost(messageOf(error));
  });
  // There is no way left to report it. The command goes on to its end and its exit code.
  process.stderr.on('error', () => undefined);
  if (!(process.stdout instanceof Socket)) writeWhole(process.stdout, 1);
  if (!(process.stderr instanceof Socket)) writeWhole(process.stderr, 2);
}

/** If a disk becomes full, the system writes only a part of the chunk. Node mistakes that for all of it. */
function writeWhole(stream: NodeJS.WriteStream, fd: number): void {
  const write: NonNullable<WritableOptions['write']> = (chunk: Uint8Array, _encoding, done) => {
    try {
      // A full device refuses even an empty write.
      if (chunk.length > 0) writeFileSync(fd, chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  Object.assign(stream, { _write: write });
}
