/** Output for a person: colours, and progress on stderr. The only place that writes to stdout. */
import { randomUUID } from 'node:crypto';
import { styleText } from 'node:util';
import { printable } from '../../text/printable.ts';
import { say } from '../../text/say.ts';
import { barLine } from '../../report/terminal/live-lines.ts';
import type { Palette } from '../../report/text/colours.ts';
import { Rate } from './rate.ts';

export interface TerminalOptions {
  color: boolean;
  quiet: boolean;
}

type Style = Parameters<typeof styleText>[0];

const escape = '\u001b';
const redrawMs = 100;
const lineMs = 10_000;

/** One progress bar. `total` is undefined if the end is not known. */
interface Bar {
  label: string;
  done: number;
  total: number | undefined;
  rate: Rate;
}

export class Terminal {
  readonly #color: boolean;
  /** Replaces ESC in lines until they are printed: text from outside cannot hold it. */
  readonly #escape = randomUUID();
  readonly #quiet: boolean;
  readonly #bars = new Map<string, Bar>();
  #status = '';
  /** Shown instead of the bars. */
  #lines: readonly string[] = [];
  #drawnLines = 0;
  #drawnAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ color, quiet }: TerminalOptions) {
    this.#color = color;
    this.#quiet = quiet;
  }

  /** The colours for stdout: none if it is not a terminal or if `--no-color` is given. */
  get palette(): Palette {
    const paint =
      (style: Style) =>
      (text: string): string =>
        this.#color
          ? styleText(style, printable(text), { stream: process.stdout }).replaceAll(escape, this.#escape)
          : text;
    return {
      good: paint('green'),
      bad: paint('red'),
      doubtful: paint('yellow'),
      strong: paint('bold'),
      faint: paint('dim'),
    };
  }

  /** Prints a line of the result for a person on stdout. Only the palette's colours pass as control sequences. */
  print(line: string): void {
    this.printDocument(printable(line).replaceAll(this.#escape, escape));
  }

  /** Prints a document for programs on stdout. The caller has escaped its control characters. */
  printDocument(text: string): void {
    this.#erase();
    process.stdout.write(`${text}\n`);
  }

  /** A line for the person, on stderr; shown even when quiet. */
  note(line: string): void {
    this.#erase();
    say(line);
  }

  /** Shows the current step. */
  status(text: string): void {
    this.#status = text;
    this.#changed();
  }

  progress(label: string, done: number, total?: number): void {
    const rate = this.#bars.get(label)?.rate ?? new Rate();
    rate.add(done, performance.now());
    this.#bars.set(label, { label, done, total, rate });
    this.#changed();
  }

  /** Whether progress is redrawn in place, on a terminal; otherwise a line is printed every 10 s. */
  get isLive(): boolean {
    return process.stderr.isTTY && !this.#quiet;
  }

  /** Shows these lines instead of the bars of `progress`, if progress is live. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#changed();
  }

  /** Removes the progress from the terminal. */
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
      say([this.#status, ...this.#counts()].filter(Boolean).join(' · '));
      return;
    }
    this.#erase();
    const details = this.#lines.length > 0 ? this.#lines : this.#barLines();
    const lines = [this.#status, ...details].filter(Boolean);
    const columns = process.stderr.columns || 80;
    for (const line of lines) say(`  ${printable(line).slice(0, columns - 3)}`);
    this.#drawnLines = lines.length;
  }

  #barLines(): string[] {
    const nowMs = performance.now();
    return [...this.#bars.values()].map((bar) => {
      const { label, done, total = null, rate } = bar;
      const isDone = total !== null && done >= total;
      return barLine(label, done, total, isDone ? [] : rate.seconds(nowMs)) + leftText(bar, nowMs, '  ');
    });
  }

  #counts(): string[] {
    const nowMs = performance.now();
    return [...this.#bars.values()].map((bar) => {
      const { label, done, total } = bar;
      return `${label} ${done}${total === undefined ? '' : `/${total}`}${leftText(bar, nowMs, ', ')}`;
    });
  }

  #erase(): void {
    if (this.#drawnLines > 0) process.stderr.write(`\u001b[${this.#drawnLines}A\u001b[J`);
    this.#drawnLines = 0;
  }
}

/** `, about 40 s left`; empty if that cannot be told. */
function leftText({ total, rate }: Bar, nowMs: number, before: string): string {
  const seconds = total === undefined ? undefined : rate.secondsLeft(total, nowMs);
  if (seconds === undefined) return '';
  const text = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  return `${before}about ${text} left`;
}
