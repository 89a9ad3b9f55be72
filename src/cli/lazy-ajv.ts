/** What the client library takes for Ajv: the same, but that a schema is compiled at its first validation. */
import { createRequire } from 'node:module';

type Ajv = Record<'addKeyword' | 'addFormat' | 'addSchema', (...args: unknown[]) => unknown> & {
  compile(schema: unknown): Validator;
  errorsText(...args: unknown[]): string;
};
type Validator = ((data: unknown) => boolean) & { errors?: unknown };

class LazyAjv {
  readonly #options: unknown;
  readonly #additions: ((ajv: Ajv) => void)[] = [];
  #ajv: Ajv | undefined;

  constructor(options: unknown) {
    this.#options = options;
  }

  addKeyword(...args: unknown[]): this {
    this.#additions.push((ajv) => ajv.addKeyword(...args));
    return this;
  }

  compile(schema: unknown): Validator {
    let compiled: Validator | undefined;
    const validate: Validator = (data) => {
      compiled ??= this.#real().compile(schema);
      const isValid = compiled(data);
      validate.errors = compiled.errors;
      return isValid;
    };
    return validate;
  }

  errorsText(...args: unknown[]): string {
    return this.#real().errorsText(...args);
  }

  #real(): Ajv {
    if (this.#ajv === undefined) {
      const library = createRequire(import.meta.resolve('@platformatic/kafka'));
      const real = library('ajv/dist/2020.js') as { Ajv2020: new (options: unknown) => Ajv };
      this.#ajv = new real.Ajv2020(this.#options);
      for (const add of this.#additions) add(this.#ajv);
    }
    return this.#ajv;
  }
}

export { LazyAjv as Ajv2020 };
