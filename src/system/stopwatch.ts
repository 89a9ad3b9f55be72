/** Adds up how long some work takes. */
export class Stopwatch {
  /** In all, in ms. */
  ms = 0;

  async time<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.ms += performance.now() - startedAt;
    }
  }
}
