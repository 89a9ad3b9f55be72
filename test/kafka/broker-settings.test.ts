import { expect, test } from 'vitest';

import { brokerProperties } from '../../src/kafka/broker-settings.ts';

test('what a Java properties file would misread is escaped', () => {
  const text = brokerProperties('/tmp/a b\\c=é', [1, 2]);
  expect(text).toContain('log.dirs=/tmp/a\\u0020b\\\\c\\=\\u00e9\n');
  expect(text).toContain('listeners=PLAINTEXT\\://127.0.0.1\\:1,CONTROLLER\\://127.0.0.1\\:2\n');
});

test("the caller's settings win", () => {
  const text = brokerProperties('/data', [1, 2], { 'num.io.threads': '9', 'message.max.bytes': '5' });
  expect(text.match(/num\.io\.threads=.*/g)).toEqual(['num.io.threads=9']);
  expect(text).toContain('message.max.bytes=5\n');
});
