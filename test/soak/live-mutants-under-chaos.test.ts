/** The same on bad days: what was done wrong is found and blamed rightly while other things break, too. */
import { tryMutants } from './try-mutants.ts';

tryMutants(Number(process.env['NODROP_SOAK_SEEDS'] ?? 3), true);
