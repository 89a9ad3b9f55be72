/** A peer: the client library's own producer. Arguments: address, topic, messages, batch size, payload bytes. */
import { Producer } from '@platformatic/kafka';

const [address, topic, ...numbers] = process.argv.slice(2) as [string, string, ...string[]];
const [messages, batchSize, payloadBytes] = numbers.map(Number) as [number, number, number];
const value = Buffer.alloc(payloadBytes, 'x');
const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [address], idempotent: true });
for (let sent = 0; sent < messages; sent += batchSize) {
  const length = Math.min(batchSize, messages - sent);
  await producer.send({ messages: Array.from({ length }, () => ({ topic, value })) });
}
await producer.close();
