/** Reads a column of a row group page by page, so that there is no object for each value of the group at once. */
import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, DecodedArray, PageHeader } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import type { Leaf } from './parquet-leaves.ts';

type Decoder = Parameters<typeof readPage>[2];

/** Node has these; hyparquet brings Snappy. */
const compressors = {
  GZIP: (input: Uint8Array, maxOutputLength: number) => gunzipSync(input, { maxOutputLength }),
  BROTLI: (input: Uint8Array, maxOutputLength: number) => brotliDecompressSync(input, { maxOutputLength }),
  ZSTD: (input: Uint8Array, maxOutputLength: number) => zstdDecompressSync(input, { maxOutputLength }),
};

export class ParquetPages {
  readonly #reader: { view: DataView<ArrayBuffer>; offset: number };
  readonly #decoder: Decoder;
  readonly #depth: number;
  #dictionary: DecodedArray | undefined;
  #page: DecodedArray = [];
  #at = 0;

  /** `bytes`: the column's chunk of a row group. */
  constructor(bytes: ArrayBuffer, leaf: Leaf, metadata: ColumnMetaData) {
    this.#reader = { view: new DataView(bytes), offset: 0 };
    this.#depth = leaf.path.length;
    const parsers = { ...DEFAULT_PARSERS, timestampFromNanoseconds: (nanos: bigint) => nanos };
    this.#decoder = {
      pathInSchema: metadata.path_in_schema,
      element: leaf.schemaPath.at(-1)!.element,
      schemaPath: leaf.schemaPath,
      ...metadata,
      compressors,
      parsers,
      utf8: false,
    };
  }

  /** The next row's value as it is stored; null for NULL. Throws if there is none, or if it cannot be decoded. */
  next(): unknown {
    while (this.#at === this.#page.length) this.#nextPage();
    let value: unknown = this.#page[this.#at++];
    // A value within optional groups comes in a list for each of them, which is empty if the group is NULL.
    for (let depth = 1; depth < this.#depth && Array.isArray(value); depth++) {
      if (value.length === 0) return null;
      value = value[0];
    }
    if (value === undefined) throw new Error('a value is missing in a page');
    return value;
  }

  #nextPage(): void {
    const reader = this.#reader;
    if (reader.offset >= reader.view.byteLength) throw new Error('a page is missing');
    const header = parquetHeader(reader);
    this.#check(header);
    if (header.type === 'INDEX_PAGE') {
      reader.offset += header.compressed_page_size;
    } else if (header.type === 'DICTIONARY_PAGE') {
      const { data } = readPage(reader, header, this.#decoder, undefined, undefined, 0);
      this.#dictionary = convert(data ?? [], this.#decoder);
    } else {
      const { data } = readPage(reader, header, this.#decoder, this.#dictionary, undefined, 0);
      this.#page = data ?? [];
      this.#at = 0;
    }
  }

  #check(header: PageHeader): void {
    const { view, offset } = this.#reader;
    const length = header.compressed_page_size;
    if (!(length >= 0 && offset + length <= view.byteLength)) throw new Error('a page is cut off');
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0) {
      throw new Error('the checksum of a page is wrong');
    }
    // Without the dictionary, hyparquet would take the places in it for the values.
    const encoding = header.data_page_header?.encoding ?? header.data_page_header_v2?.encoding;
    if (encoding?.endsWith('_DICTIONARY') === true && this.#dictionary === undefined) {
      throw new Error('a dictionary is missing');
    }
  }
}
