/** A time as a clock shows it where the page is read; what a damaged file holds need not be a time. */
export function clockText(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '?';
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${date.toLocaleTimeString(undefined, { hour12: false })}.${ms}`;
}
