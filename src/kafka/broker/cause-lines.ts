/** The last lines of a Java's output that say why it ended: indented lines are stack frames and lists of settings. */
export const causeLines = (lines: readonly string[], max: number): string[] =>
  lines
    .filter((line) => /^\S/.test(line))
    .slice(-max)
    .map((line) => `  ${line}`);
