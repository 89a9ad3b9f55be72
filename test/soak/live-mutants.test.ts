/**
 * Each mutant on a live pipeline, with several seeds: the audit finds each that occurred and blames the right stage.
 * Mutants that a pipeline must survive lead to no finding.
 */
import { tryMutants } from './try-mutants.ts';

tryMutants(Number(process.env['NODROP_SOAK_SEEDS'] ?? 5), false);
