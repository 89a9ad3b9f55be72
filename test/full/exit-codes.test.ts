/** The troubles and slow commands that `test/cli/exit-codes.test.ts` leaves out. */
import { isInFull, testTroubles } from '../fixtures/exit-codes.ts';

testTroubles(isInFull);
