/** An array for a statement that cannot bind values. */
export const bigints = (values: readonly number[]): string =>
  `'{${values.map(integer).join(',')}}'::bigint[]`;

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`not an integer: ${value}`);
  return String(value);
}
