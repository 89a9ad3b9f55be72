/** The live mutants with random faults in addition: each is still found and blamed rightly. */
import { tryMutants } from './try-mutants.ts';

tryMutants(Number(process.env['NODROP_SOAK_SEEDS'] ?? 3), true);
