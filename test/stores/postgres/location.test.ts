import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isPostgresLocation, parsePostgresLocation } from '../../../src/stores/postgres/location.ts';

beforeEach(() => {
  for (const name of ['PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER']) vi.stubEnv(name, '');
  vi.stubEnv('USER', 'me');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const nameOf = (text: string): string => parsePostgresLocation(text).name;

test('a PostgreSQL location is recognized by its scheme', () => {
  expect(isPostgresLocation('postgres://h/d')).toBe(true);
  expect(isPostgresLocation('postgresql:///')).toBe(true);
  expect(isPostgresLocation('sqlite:postgres://')).toBe(false);
});

test('the schema is removed from the location, and the rest is passed to pg', () => {
  expect(parsePostgresLocation('postgres://u@h:1/d?sslmode=verify-full&schema=S_1')).toEqual({
    connectionString: 'postgres://u@h:1/d?sslmode=verify-full',
    schema: 'S_1',
    address: { host: 'h', port: 1 },
    name: 'postgres://h:1/d?schema=S_1',
  });
  expect(parsePostgresLocation('postgresql://h/d').schema).toBe('nodrop');
  expect(parsePostgresLocation('postgresql://[::1]/d').address).toEqual({ host: '::1', port: 5432 });
  expect(parsePostgresLocation('postgresql:///d?host=/run/pg&port=5').address).toEqual({
    path: '/run/pg/.s.PGSQL.5',
  });
});

test('the name of a store lacks the user, and contains the defaults of pg', () => {
  expect(nameOf('postgres://u@H.Example:5433/d')).toBe('postgres://h.example:5433/d?schema=nodrop');
  expect(nameOf('postgresql://')).toBe('postgres://localhost:5432/me?schema=nodrop');
  expect(nameOf('postgres://u@h')).toBe('postgres://h:5432/u?schema=nodrop');
  expect(nameOf('postgres://[::1]:7/d')).toBe('postgres://[::1]:7/d?schema=nodrop');
  expect(nameOf('postgres:///d?host=/var/run&port=6')).toBe('postgres://%2Fvar%2Frun:6/d?schema=nodrop');
  expect(nameOf('postgres://%2Fvar%2Frun/d')).toBe('postgres://%2Fvar%2Frun:5432/d?schema=nodrop');
  expect(nameOf('postgres://u@/d?host=/run')).toBe('postgres://%2Frun:5432/d?schema=nodrop');
  vi.stubEnv('PGHOST', 'db');
  vi.stubEnv('PGPORT', '9');
  vi.stubEnv('PGDATABASE', 'orders');
  expect(nameOf('postgres://')).toBe('postgres://db:9/orders?schema=nodrop');
  expect(nameOf('postgres://u@/')).toBe('postgres://db:9/orders?schema=nodrop');
  expect(nameOf('postgres://h:1/d')).toBe('postgres://h:1/d?schema=nodrop');
});

const secret = 'h4nter2';

test.each([
  `postgres://u:${secret}@h/d`,
  `postgres://u:%40${secret}@h/d`,
  `postgres://:${secret}@h/d`,
  `postgres://h/d?password=${secret}`,
  `postgres://h/d?password=`,
  `postgres://u:${secret}@/d`,
  `postgres://u:1#${secret}@h/d`,
  `postgres://u:1/${secret}@h/d`,
  `postgres://u:1?${secret}@h/d`,
  `postgres://u:${secret}@@h/d`,
  `postgres://u:${secret}%@h/d`,
  `postgres://h:port-${secret}/d`,
  `postgres://h/d#${secret}`,
  `postgres://h/d?schema=${secret}-x`,
  `postgres://h/d?schema=`,
  `postgres://h/%zz${secret}`,
])('the location %s is refused, and the error does not repeat it', (text) => {
  let refusal: unknown;
  try {
    parsePostgresLocation(text);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'usage' });
  const { message, hint, stack } = refusal as Error & { hint?: string };
  expect(`${message}${hint}${stack}`).not.toContain(secret);
});
