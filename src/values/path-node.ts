import { isText } from './json-bytes.ts';

/** A name on some of the paths into a document, and what follows it. */
export class PathNode {
  readonly children: { name: Buffer; node: PathNode }[] = [];
  /** The paths that end here. */
  readonly paths: number[] = [];
  /** The number of the last document that had an object here. */
  document = 0;

  static rootOf(paths: readonly (readonly string[])[]): PathNode {
    const root = new PathNode();
    for (const [index, path] of paths.entries()) {
      path.reduce((node, name) => node.#add(name), root).paths.push(index);
    }
    return root;
  }

  /** The child whose name are the bytes from `start` to `end`. */
  child(bytes: Uint8Array, start: number, end: number): PathNode | undefined {
    const { children } = this;
    for (let index = 0; index < children.length; index++) {
      const { name, node } = children[index]!;
      if (isText(bytes, start, end, name)) return node;
    }
    return undefined;
  }

  #add(name: string): PathNode {
    const bytes = Buffer.from(name);
    const known = this.child(bytes, 0, bytes.length);
    if (known !== undefined) return known;
    const node = new PathNode();
    this.children.push({ name: bytes, node });
    return node;
  }
}
