/** `import 'nodrop/vitest'` adds `toHaveLostNothing()` to vitest's `expect`. */
import { expect } from 'vitest';
import { toHaveLostNothing } from './lost-nothing.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** The run's verdict is `pass`, and it missed no threshold. */
    toHaveLostNothing(): R;
  }
}

expect.extend({ toHaveLostNothing });
