const initialCount = 1024;

/** Integers by dense index, 0 where none was set. It takes memory only up to the highest index that was set. */
export class IntColumn {
  #values = new Int32Array(0);

  get(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const grown = new Int32Array(Math.max(initialCount, index + 1, this.#values.length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[index] = value;
  }
}
