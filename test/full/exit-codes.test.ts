/** Each command in the troubles that are like those in `test/cli/exit-codes.test.ts`. */
import { testTroubles, troubles } from '../fixtures/exit-codes.ts';

testTroubles(troubles.filter(({ isLikeOthers }) => isLikeOthers === true));
