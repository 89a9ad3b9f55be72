/** Exit codes in the cases that resemble those in `test/cli/exit-codes.test.ts`. */
import { isInFull, testTroubles, troubles } from '../fixtures/exit-codes.ts';

testTroubles(troubles.filter(isInFull));
