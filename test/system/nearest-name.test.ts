import { expect, test } from 'vitest';
import { nearestName } from '../../src/system/nearest-name.ts';

test('the nearest name takes the fewest edits, and a far one is none', () => {
  const names = ['brokers', 'topic', 'url', 'key'];
  const near = ['brokrs', 'tpoic', 'topics', 'uri', 'port', 'x', ''].map((name) => nearestName(name, names));
  expect(near).toEqual(['brokers', 'topic', 'topic', 'url', undefined, undefined, undefined]);
});
