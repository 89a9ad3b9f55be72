/**
 * Each way of doing wrong, on a live pipeline, with several seeds: whatever came about is found, and blamed on
 * whoever did it; what a pipeline must survive is survived without a finding.
 */
import { tryMutants } from './try-mutants.ts';

tryMutants(Number(process.env['NODROP_SOAK_SEEDS'] ?? 5), false);
