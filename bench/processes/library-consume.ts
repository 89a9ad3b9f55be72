/** A peer: the client library's own consumer, without a store. Arguments: address, topic, group, messages. */
import { Consumer } from '@platformatic/kafka';

const [address, topic, groupId, wanted] = process.argv.slice(2) as [string, string, string, string];
const consumer = new Consumer({ clientId: 'bench', groupId, bootstrapBrokers: [address] });
const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
let records = 0;
let bytes = 0;
for await (const { key, value } of stream) {
  bytes += (key?.length ?? 0) + value.length;
  if (++records === Number(wanted)) break;
}
await stream.close();
await consumer.close(true);
process.stdout.write(`${JSON.stringify({ records, bytes })}\n`);
