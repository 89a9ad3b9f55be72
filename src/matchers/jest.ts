/** `import 'nodrop/jest'` adds `toHaveLostNothing()` to Jest's global `expect`. */
import { toHaveLostNothing } from './lost-nothing.ts';

declare global {
  namespace jest {
    interface Matchers<R> {
      /** The run's verdict is `pass`, and it missed no threshold. */
      toHaveLostNothing(): R;
    }
  }
}

const { expect } = globalThis as { expect?: { extend(matchers: object): void } };
if (expect === undefined) {
  throw new Error(
    "nodrop/jest needs Jest's global expect: import it in a test, or in a file of setupFilesAfterEnv.",
  );
}
expect.extend({ toHaveLostNothing });
