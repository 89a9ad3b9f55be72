/** Kafka's names come with the client library, which takes long to load: most messages have no error. */
export const errorNameOf = async (code: number): Promise<string> =>
  (await import('./kafka-errors.ts')).errorName(code);
