/** The code that plants defects is loaded only if the environment asks for a defect. */
import type { ConsumerSeams } from '../../pipeline/consumer/consumer-store.ts';
import type { ProducerSeams } from '../../pipeline/producer/producer.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';

/** For a producer or a consumer of this run. Throws `usage` if the environment asks for an impossible defect. */
export async function seamsOf(folder: RunFolder): Promise<ProducerSeams & ConsumerSeams> {
  if (process.env['NODROP_SABOTAGE'] === undefined) return {};
  const { seamsFromEnvironment } = await import('../../self-test/sabotage/seams.ts');
  return seamsFromEnvironment(folder);
}
