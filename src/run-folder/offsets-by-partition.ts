import { z } from 'zod';
import { isPartition } from '../workload/place.ts';

/** Offsets by partition, as in JSON, where keys are strings. */
export const offsetsByPartition = z.record(
  z.string().refine((key) => /^(0|[1-9]\d*)$/.test(key) && isPartition(Number(key)), 'it is not a partition'),
  z.int().min(0),
);
