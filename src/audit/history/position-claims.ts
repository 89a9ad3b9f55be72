import { none } from '../../workload/place.ts';

const pageOffsets = 256;

/** Which message each position is said to hold, to see when two are. */
export class Claims {
  readonly #pages = new Map<number, Map<number, Int32Array>>();

  /** Whether nobody has named another message there. */
  agrees(partition: number, offset: number, message: number): boolean {
    if (message === none) return true;
    let pages = this.#pages.get(partition);
    if (pages === undefined) this.#pages.set(partition, (pages = new Map<number, Int32Array>()));
    const number = Math.floor(offset / pageOffsets);
    let page = pages.get(number);
    if (page === undefined) pages.set(number, (page = new Int32Array(pageOffsets)));
    const known = page[offset % pageOffsets]!;
    if (known === 0) page[offset % pageOffsets] = message + 1;
    return known === 0 || known === message + 1;
  }
}
