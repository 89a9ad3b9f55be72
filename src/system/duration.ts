/** Durations as people write them: `500ms`, `5s`, `2m`. */

const units = { ms: 1, s: 1_000, m: 60_000 } as const;

/** In ms; undefined if the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * units[match[2] as keyof typeof units];
}

/** The shortest form of a duration. */
export function durationText(ms: number): string {
  if (ms % units.m === 0 && ms > 0) return `${ms / units.m}m`;
  return ms % units.s === 0 ? `${ms / units.s}s` : `${ms}ms`;
}
