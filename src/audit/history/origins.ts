/** Senders: each producer in each of its sessions is a small number, from 1. */
export class Origins {
  readonly #producers = new Map<string, number>();
  readonly #producerNames: string[] = [''];
  readonly #sessions: Map<number, number>[] = [];
  readonly #producerOf: number[] = [0];
  readonly #sessionOf: number[] = [0];

  of(producer: string, session: number): number {
    return this.ofCodes(this.producerCode(producer), session);
  }

  ofCodes(code: number, session: number): number {
    const sessions = (this.#sessions[code] ??= new Map<number, number>());
    let origin = sessions.get(session);
    if (origin === undefined) {
      origin = this.#producerOf.push(code) - 1;
      this.#sessionOf.push(session);
      sessions.set(session, origin);
    }
    return origin;
  }

  producerCode(name: string): number {
    let code = this.#producers.get(name);
    if (code === undefined) {
      code = this.#producerNames.push(name) - 1;
      this.#producers.set(name, code);
    }
    return code;
  }

  producerOf = (origin: number): number => this.#producerOf[origin]!;
  producerNameOf = (origin: number): string => this.#producerNames[this.#producerOf[origin]!]!;
  sessionOf = (origin: number): number => this.#sessionOf[origin]!;

  /** An order that does not depend on the numbers: producers by name, the shorter first, then sessions. */
  compare(a: number, b: number): number {
    if (this.#producerOf[a] === this.#producerOf[b]) return this.#sessionOf[a]! - this.#sessionOf[b]!;
    const [nameA, nameB] = [this.producerNameOf(a), this.producerNameOf(b)];
    return nameA.length - nameB.length || (nameA < nameB ? -1 : 1);
  }
}
