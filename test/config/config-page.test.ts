/** The reference page of the config agrees with the schema. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configPage } from './config-page.ts';

test('docs/reference/config.md agrees with the schema and the examples', async () => {
  const update =
    'Run npx vitest run --project unit test/config/config-page.test.ts --update, and commit the page';
  const file = join(import.meta.dirname, '../../docs/reference/config.md');
  await expect(configPage(), update).toMatchFileSnapshot(file);
});
