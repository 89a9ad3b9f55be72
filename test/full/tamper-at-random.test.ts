/** As in `test/tamper/tamper.test.ts`, with more cases. */
import { tamperAtRandom } from '../tamper/at-random.ts';

tamperAtRandom({ store: 550, evidence: 300, both: 150 });
