import { z } from 'zod';
import { isPartition } from '../workload/place.ts';

/** Offsets by partition, as JSON keeps them: its keys are texts. */
export const offsetsByPartition = z.record(
  z.string().refine((key) => /^(0|[1-9]\d*)$/.test(key) && isPartition(Number(key)), 'it is no partition'),
  z.int().min(0),
);
