/** Exit codes in the cases that resemble those in `test/cli/exit-codes.test.ts`. */
import { testTroubles, troubles } from '../fixtures/exit-codes.ts';

testTroubles(troubles.filter(({ isLikeOthers }) => isLikeOthers === true));
