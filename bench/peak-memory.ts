/**
 * The peak memory of a process and of each of its descendants, as Linux counts it (VmHWM). A peak within the last few
 * hundredths of a second of a process is missed. On systems other than Linux, nothing is measured.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** By nodrop's command (`run`, `produce`, `consume`), or by the name of another program. */
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

  /** If several processes do the same, the largest counts. */
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

  /** Looks up the parent of each process only once: there may be hundreds of processes. */
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

/** Empty if the process is gone. */
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
