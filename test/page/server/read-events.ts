/** Reads server-sent events one by one. */
export interface ReadEvent {
  name: string;
  data: unknown;
}

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<ReadEvent | undefined> {
    while (!this.#text.includes('\n\n')) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
    const end = this.#text.indexOf('\n\n');
    const lines = this.#text.slice(0, end).split('\n');
    this.#text = this.#text.slice(end + 2);
    const field = (name: string): string =>
      lines
        .filter((line) => line.startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2))
        .join('\n');
    return { name: field('event'), data: JSON.parse(field('data')) };
  }

  /** The data of the next event of that name; skips others. Throws if the stream ends first. */
  async nextNamed(name: string): Promise<unknown> {
    for (;;) {
      const event = await this.next();
      if (event === undefined) throw new Error(`the stream ended without ${name}`);
      if (event.name === name) return event.data;
    }
  }

  /** Cancels the stream, like a browser that leaves the page. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}
