/**
 * Selects findings for a page from a file that may hold millions: the examples of the result, and some of each kind,
 * blame, hop and partition, so that none hides the others. Only a page that holds all findings may say that none names a
 * message.
 */
import { createReadStream } from 'node:fs';
import type { Finding, SingleFinding } from '../result/verdict.ts';
import { regularFile } from '../system/regular-file.ts';

const findingsMax = 1_000;
const bytesMax = 1024 * 1024;
/** Reading a file of millions would take seconds, so later lines are not read. */
const readBytesMax = 512 * 1024 * 1024;
const lineCharsMax = 1024 * 1024;
const chunkBytes = 256 * 1024;

export async function pageFindings(path: string, found: readonly Finding[]): Promise<SingleFinding[]> {
  const lines = new SpreadLines(findingsMax);
  for await (const line of linesOf(path)) lines.add(line);
  const rank = new Map(found.map((finding, index) => [groupOf(finding), index]));
  const examples = examplesOf(found);
  const chosen = new Map<string, SingleFinding>();
  let bytes = 0;
  for (const line of lines.inTurn()) {
    const finding = findingIn(line);
    if (finding === undefined) continue;
    const name = nameOf(finding);
    const isExample = examples.has(name);
    const isRoom = chosen.size + examples.size < findingsMax && bytes + line.length <= bytesMax;
    if (!isExample && !isRoom) continue;
    // The line may hold more than the example, such as the cause.
    examples.delete(name);
    chosen.set(name, finding);
    bytes += line.length;
  }
  return [...chosen.values(), ...examples.values()].sort(
    (a, b) =>
      (rank.get(groupOf(a)) ?? found.length) - (rank.get(groupOf(b)) ?? found.length) ||
      (a.partition ?? -1) - (b.partition ?? -1) ||
      (a.offset ?? -1) - (b.offset ?? -1),
  );
}

/** Lines grouped by kind, blame, hop and partition; each group holds no more than may be shown. */
class SpreadLines {
  readonly #max: number;
  readonly #groups = new Map<string, string[]>();
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(line: string): void {
    const [, what = ''] = /^\{("kind":"[^"]*","blame":"[^"]*")/.exec(line) ?? [];
    const [, partition = ''] = /[^\\]"partition":(\d+)/.exec(line) ?? [];
    const [, hop = ''] = /[^\\]"hop":"([^"\\]*)"/.exec(line) ?? [];
    const group = `${what} ${hop} ${partition}`;
    const lines = this.#groups.get(group) ?? [];
    if (lines.length >= this.#max) return;
    lines.push(line);
    this.#groups.set(group, lines);
    this.#held += 1;
    if (this.#held > this.#max * 10) this.#trim();
  }

  /** The first of each, then the second of each, and so on. */
  *inTurn(): Generator<string> {
    const groups = [...this.#groups.values()];
    const longest = Math.max(0, ...groups.map(({ length }) => length));
    for (let index = 0; index < longest; index++) {
      for (const lines of groups) if (index < lines.length) yield lines[index]!;
    }
  }

  /** Drops lines that can no longer have a turn. */
  #trim(): void {
    const groups = [...this.#groups.values()];
    const turns = Math.max(1, Math.ceil((this.#max * 2) / groups.length));
    for (const lines of groups) lines.splice(turns);
    this.#held = groups.reduce((sum, { length }) => sum + length, 0);
  }
}

/** Empty without a file, which only findings make. A last line without a newline is dropped. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    const limits = { highWaterMark: chunkBytes, end: readBytesMax - 1 };
    const file = createReadStream(regularFile(path), { encoding: 'utf8', ...limits });
    for await (const chunk of file as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      if (rest.length > lineCharsMax) rest = rest.slice(0, lineCharsMax);
      yield* lines;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function examplesOf(found: readonly Finding[]): Map<string, SingleFinding> {
  const examples = found.flatMap(({ kind, blame, hop, cause, examples: some }) =>
    some.map((example): SingleFinding => ({
      kind,
      blame,
      ...(hop !== undefined && { hop }),
      ...(cause !== undefined && { cause }),
      ...example,
    })),
  );
  return new Map(examples.map((example) => [nameOf(example), example]));
}

/** undefined if the line is damaged. */
function findingIn(line: string): SingleFinding | undefined {
  try {
    const finding = JSON.parse(line) as SingleFinding | null;
    return typeof finding?.kind === 'string' ? finding : undefined;
  } catch {
    return undefined;
  }
}

const groupOf = ({ kind, blame, hop }: Pick<SingleFinding, 'kind' | 'blame' | 'hop'>): string =>
  [kind, blame, hop].join(' ');

const nameOf = ({ kind, blame, hop, id, sink, topic, partition, offset, detail }: SingleFinding): string =>
  JSON.stringify([kind, blame, hop, id, sink, topic, partition, offset, detail]);
