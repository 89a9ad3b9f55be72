/** The time of day in the reader's time zone. A damaged file may hold an invalid time. */
export function clockText(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '?';
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${date.toLocaleTimeString(undefined, { hour12: false })}.${ms}`;
}
