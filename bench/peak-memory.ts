/**
 * The most memory that a process and its descendants have had, each by itself, as Linux counts it (VmHWM).
 * What one takes in its last few hundredths of a second is not seen. Elsewhere than on Linux nothing is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** By what a process does: nodrop's command (`run`, `produce`, `consume`), else the program's name. */
export type PeakBytes = Record<string, number>;

const intervalMs = 50;

export class PeakMemory {
  readonly #family = new Map<number, { name: string; peakBytes: number }>();
  readonly #timer: NodeJS.Timeout;
  #strangers = new Set<number>();

  constructor(pid: number) {
    this.#family.set(pid, { name: '', peakBytes: 0 });
    this.#look();
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  /** Of several processes that do the same, the largest. */
  stop(): PeakBytes {
    clearInterval(this.#timer);
    const peaks: PeakBytes = {};
    for (const { name, peakBytes } of this.#family.values()) {
      if (peakBytes > 0) peaks[name] = Math.max(peaks[name] ?? 0, peakBytes);
    }
    return peaks;
  }

  #look(): void {
    this.#adoptChildren();
    for (const [pid, member] of this.#family) {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? [];
      if (kilobytes === undefined) continue;
      member.peakBytes = Number(kilobytes) * 1024;
      member.name = nameOf(read(pid, 'cmdline'));
    }
  }

  /** Each process is asked for its parent once: there may be hundreds. */
  #adoptChildren(): void {
    const strangers = new Set<number>();
    for (const pid of processIds()) {
      if (this.#family.has(pid)) continue;
      if (!this.#strangers.has(pid)) {
        const parent = Number(/\) \S (\d+) /.exec(read(pid, 'stat'))?.[1]);
        if (this.#family.has(parent)) {
          this.#family.set(pid, { name: '', peakBytes: 0 });
          continue;
        }
      }
      strangers.add(pid);
    }
    this.#strangers = strangers;
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** Nothing for a process that is gone. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function nameOf(commandLine: string): string {
  const words = commandLine.split('\0');
  const program = words.findIndex((word) => word.endsWith('nodrop.js'));
  return program < 0 ? basename(words[0]!) : (words[program + 1] ?? '');
}
