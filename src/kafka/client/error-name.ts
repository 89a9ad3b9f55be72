/**
 * Loads Kafka's error names only when needed: the client library takes long to load, and most messages have no error.
 */
export const errorNameOf = async (code: number): Promise<string> =>
  (await import('./kafka-errors.ts')).errorName(code);
