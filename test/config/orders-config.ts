/** The example of the documents: it has to compile. A user imports from 'nodrop'. */
import { column, defineConfig, dropped, env, header, json, once, postgres, topic } from '../../src/index.ts';

export default defineConfig({
  kafka: { brokers: 3 },
  processes: {
    api: { command: 'npm run api', ready: { url: 'http://127.0.0.1:3000/health' } },
    worker: {
      command: ['java', '-jar', 'target/worker.jar'],
      count: 2,
      ready: { group: 'orders-worker' },
      stop: { signal: 'SIGTERM', within: '10s' },
    },
  },
  pipelines: {
    orders: {
      source: topic('orders'),
      messages: {
        count: 10_000,
        rate: '500/s',
        make: ({ id, random }) => ({
          headers: { 'event-id': id },
          value: { sku: random.pick(['a', 'b']), test: random.chance(0.01) },
        }),
      },
      hops: {
        enriched: topic('orders.enriched', { id: json('meta.eventId'), group: 'orders-worker' }),
      },
      sinks: {
        table: postgres(env('DATABASE_URL'), {
          id: column('event_id'),
          query: 'select event_id, status from orders',
        }),
        dlt: topic('orders.DLT', { id: header('event-id'), deadLetters: true }),
      },
      expect: ({ value }) =>
        value.test ? dropped('test orders are filtered') : { enriched: once(), table: once() },
      settle: '5s',
    },
  },
  faults: ['kill-leader@20s+3s'],
});
