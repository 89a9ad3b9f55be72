/** What a person sees: colours, progress on stderr, and the only place that writes to stdout. */
import { styleText } from 'node:util';
import { barLine } from '../report/live-lines.ts';
import type { Palette } from '../report/palette.ts';
import { printable } from '../report/wrap.ts';
import { Rate } from './rate.ts';

export interface TerminalOptions {
  color: boolean;
  quiet: boolean;
}

type Style = Parameters<typeof styleText>[0];

const redrawMs = 100;
const lineMs = 10_000;

/** One bar: what it counts, how far it is, and where it ends if that is known. */
interface Bar {
  label: string;
  done: number;
  total: number | undefined;
  rate: Rate;
}

export class Terminal {
  readonly #color: boolean;
  readonly #quiet: boolean;
  readonly #bars = new Map<string, Bar>();
  #status = '';
  /** Instead of the bars. */
  #lines: readonly string[] = [];
  #drawnLines = 0;
  #drawnAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ color, quiet }: TerminalOptions) {
    this.#color = color;
    this.#quiet = quiet;
  }

  /** The colours for stdout: none where it is no terminal, or colours are not wanted. */
  get palette(): Palette {
    const paint =
      (style: Style) =>
      (text: string): string =>
        this.#color ? styleText(style, text, { stream: process.stdout }) : text;
    return {
      good: paint('green'),
      bad: paint('red'),
      doubtful: paint('yellow'),
      strong: paint('bold'),
      faint: paint('dim'),
    };
  }

  /** A line of result, on stdout. */
  print(line: string): void {
    this.#erase();
    process.stdout.write(`${line}\n`);
  }

  /** A line for the person, on stderr; shown even when quiet. */
  note(line: string): void {
    this.#erase();
    process.stderr.write(`${line.split('\n').map(printable).join('\n')}\n`);
  }

  /** What is going on now. */
  status(text: string): void {
    this.#status = printable(text);
    this.#changed();
  }

  progress(label: string, done: number, total?: number): void {
    const rate = this.#bars.get(label)?.rate ?? new Rate();
    rate.add(done, performance.now());
    this.#bars.set(label, { label, done, total, rate });
    this.#changed();
  }

  /** Whether somebody looks on: else there are lines now and then. */
  get isLive(): boolean {
    return process.stderr.isTTY && !this.#quiet;
  }

  /** Shows these instead of what `progress` tells, where somebody looks on. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#changed();
  }

  /** Takes the progress away. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#erase();
    this.#bars.clear();
    this.#lines = [];
    this.#status = '';
  }

  #changed(): void {
    if (this.#quiet || this.#timer !== undefined) return;
    const everyMs = process.stderr.isTTY ? redrawMs : lineMs;
    const waitMs = Math.max(0, this.#drawnAt + everyMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#drawnAt = performance.now();
      this.#draw();
    }, waitMs).unref();
  }

  #draw(): void {
    if (!process.stderr.isTTY) {
      process.stderr.write(`${[this.#status, ...this.#counts()].filter(Boolean).join(' · ')}\n`);
      return;
    }
    this.#erase();
    const details = this.#lines.length > 0 ? this.#lines : this.#barLines();
    const lines = [this.#status, ...details].filter(Boolean);
    const columns = process.stderr.columns || 80;
    for (const line of lines) process.stderr.write(`  ${line.slice(0, columns - 3)}\n`);
    this.#drawnLines = lines.length;
  }

  #barLines(): string[] {
    return [...this.#bars.values()].map(({ label, done, total, rate }) =>
      barLine(label, done, total ?? null, rate.seconds(performance.now())),
    );
  }

  #counts(): string[] {
    return [...this.#bars.values()].map(
      ({ label, done, total }) => `${label} ${done}${total === undefined ? '' : `/${total}`}`,
    );
  }

  #erase(): void {
    if (this.#drawnLines > 0) process.stderr.write(`\u001b[${this.#drawnLines}A\u001b[J`);
    this.#drawnLines = 0;
  }
}
