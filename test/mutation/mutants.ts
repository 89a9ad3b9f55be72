/** Small ways to break a source text: one condition, comparison or check at a time. */

export interface Mutant {
  file: string;
  line: number;
  /** The line before and after the mutation, with single spaces. */
  before: string;
  after: string;
  text: string;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

export function mutantsOf(file: string, text: string): Mutant[] {
  const masked = withoutTexts(text);
  return [...conditions(masked), ...operators(masked), ...checks(masked)].map(
    ({ start, end, text: added }) => {
      const mutated = text.slice(0, start) + added + text.slice(end);
      const lineStart = text.lastIndexOf('\n', start) + 1;
      return {
        file,
        line: text.slice(0, start).split('\n').length,
        before: lineAt(text, lineStart),
        after: lineAt(mutated, lineStart),
        text: mutated,
      };
    },
  );
}

const lineAt = (text: string, start: number): string =>
  text
    .slice(start, (text.indexOf('\n', start) + text.length + 1) % (text.length + 1))
    .trim()
    .replaceAll(/\s+/g, ' ');

/** Replaces comments, strings and types, which must not be mutated, by blanks of the same length. */
function withoutTexts(text: string): string {
  const blank = (found: string): string => found.replaceAll(/[^\n]/g, ' ');
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, blank)
    .replaceAll(/\/\/.*/g, blank)
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, blank)
    .replaceAll(/^(export )?type [\s\S]*?;$/gm, blank)
    .replaceAll(/^import[\s\S]*?;$/gm, blank);
}

/** Replaces the condition of each `if` by `false`. */
function conditions(masked: string): Edit[] {
  return [...masked.matchAll(/\bif \(/g)].map(({ index }) => {
    const start = index + 'if ('.length;
    return { start, end: closingOf(masked, start), text: 'false' };
  });
}

function closingOf(masked: string, start: number): number {
  let depth = 1;
  let at = start;
  for (; depth > 0; at++) depth += masked[at] === '(' ? 1 : masked[at] === ')' ? -1 : 0;
  return at - 1;
}

const replacements: [RegExp, string][] = [
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
];

function operators(masked: string): Edit[] {
  return replacements.flatMap(([pattern, text]) =>
    [...masked.matchAll(pattern)].map(({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
      text,
    })),
  );
}

/** Removes each check from the judge's list. */
function checks(masked: string): Edit[] {
  return [...masked.matchAll(/(?<=[[\s(] *)(\w+)\(subject(?:, proof)?\)(?=[,\]])/g)].map(
    ({ 0: found, index }) => ({ start: index, end: index + found.length, text: 'undefined' }),
  );
}
