import { none } from '../../workload/place.ts';

const pageOffsets = 256;

/** The message that lines name for each position, to notice two at one position. */
export class Claims {
  readonly #pages = new Map<number, Map<number, Int32Array>>();

  /** Whether no line has named another message at this position. */
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
