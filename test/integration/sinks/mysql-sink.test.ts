/** Tables and queries of a real MariaDB, read as a sink. It stands for MySQL, too. */
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openMysqlSink } from '../../../src/sinks/mysql/sink.ts';
import type { Sink, SinkOptions } from '../../../src/sinks/sink.ts';
import { localNames, makeAuthority } from '../../fixtures/certificate-authority.ts';
import { connectMariadb, hasMariadb, startMariadb, type RunningMariadb } from '../../fixtures/mariadb.ts';
import {
  errorOf,
  openSinkAt,
  placesOf,
  readSink,
  rowsOfReading,
  type ReadSink,
} from '../../fixtures/sink-rows.ts';

let server: RunningMariadb;
let client: Connection;
let location: string;
const authority = makeAuthority('sinks');
const certificate = authority.sign('database', localNames);

const read = (options: Partial<SinkOptions>, ...places: string[]): Promise<ReadSink> =>
  readSink(openMysqlSink, { location, ...options }, ...places);

const openSink = (options: Partial<SinkOptions>): Promise<Sink> =>
  openSinkAt(openMysqlSink, location, options);

const columnsOf = (...names: string[]) => placesOf(names.map((name) => `column:${name}`));

/** How many statements with this text run in the server. */
async function running(containing: string): Promise<number> {
  const [rows] = await client.query(
    'SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO LIKE ?',
    [`%${containing}%`],
  );
  return (rows as unknown[]).length;
}

describe.skipIf(!hasMariadb)('a sink in MariaDB', () => {
  beforeAll(async () => {
    server = await startMariadb(
      { 'server.pem': certificate.certificate, 'server.key': certificate.key },
      { 'ssl-cert': 'FOLDER/server.pem', 'ssl-key': 'FOLDER/server.key' },
    );
    ({ location } = server);
    client = await connectMariadb(server);
    await client.query(
      `CREATE TABLE orders (id varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, status varchar(10), n int);
      INSERT INTO orders VALUES ('a', 'new', 1), ('A', 'paid', 2), ('a ', 'paid', 3), (NULL, 'new', 4), ('', 'new', 5),
        ('é', 'new', 6), (_utf8mb4 x'65CC81', 'new', 7);
      CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'h4nter2'; GRANT SELECT ON test.orders TO reader@'127.0.0.1';
      CREATE FUNCTION writes() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM orders; RETURN 1; END`,
    );
  });
  afterAll(async () => {
    await client.end();
    await server.remove();
  });
  beforeEach(() => {
    vi.stubEnv('MYSQL_PWD', server.password);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('a table gives its rows: NULL apart from the empty text, and all that its collation holds for equal', async () => {
    const { rows, kinds, noSnapshot } = await read({ table: 'orders' }, 'column:id', 'column:status');
    expect(rows).toEqual([
      ['a', 'new'],
      ['A', 'paid'],
      ['a ', 'paid'],
      [null, 'new'],
      ['', 'new'],
      ['é', 'new'],
      ['e\u0301', 'new'],
    ]);
    expect(kinds).toEqual(['text', 'text']);
    expect(noSnapshot).toBeUndefined();
  });

  test('each type has its kind, and no value is rounded, shifted or converted', async () => {
    await client.query(
      `SET time_zone = '+09:00'; CREATE TABLE typed (big bigint unsigned, price decimal(30,10), f float, d double, flag bit(1), bits bit(12),
        tiny tinyint(1), y year, c char(6), v varchar(10) CHARACTER SET latin1, e enum('x','y'), at timestamp(6) NULL,
        naive datetime(3), day date, hour time, raw binary(4), blb blob, doc json, u uuid, z int(6) zerofill);
      INSERT INTO typed VALUES (18446744073709551615, 12345678901234567890.0123456789, 16777217.1, 0.1, b'1', b'101010101010',
        1, 2024, 'ab', _latin1 x'E9', 'y', '2024-03-31 09:00:00.123456', '2024-03-31 01:30:00.5', '2024-03-31', '12:00:01', x'00FF0A',
        x'68C3A9', '{"id": 9007199254740993, "b": {"c": "x\\\\ty"}}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 42);
      SET time_zone = '+00:00'`,
    );
    const expected = {
      big: ['number', '18446744073709551615'],
      price: ['number', '12345678901234567890.0123456789'],
      f: ['number', '16777218'],
      d: ['number', '0.1'],
      flag: ['boolean', 'true'],
      bits: ['number', '2730'],
      tiny: ['number', '1'],
      y: ['number', '2024'],
      c: ['padded', 'ab'],
      v: ['text', 'é'],
      e: ['text', 'y'],
      at: ['time', '2024-03-31 00:00:00.123456'],
      naive: ['time', '2024-03-31 01:30:00.500'],
      day: ['time', '2024-03-31'],
      hour: ['text', '12:00:01'],
      blb: ['bytes', 'hé'],
      doc: ['json', String.raw`{"id": 9007199254740993, "b": {"c": "x\ty"}}`],
      u: ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      z: ['number', '000042'],
    };
    const places = Object.keys(expected).map((name) => `column:${name}`);
    for (const source of [{ table: 'typed' }, { query: 'SELECT * FROM typed' }]) {
      const { kinds, rows } = await read(source, ...places);
      expect(Object.keys(expected).map((name, at) => [name, kinds[at], rows[0]![at]])).toEqual(
        Object.entries(expected).map(([name, [kind, text]]) => [name, kind, text]),
      );
    }
    const sink = await openSink({ table: 'typed' });
    const reading = await sink.open(columnsOf('raw'));
    expect(reading.kinds).toEqual(['bytes']);
    for await (const { bytes, start, end } of reading.batches()) {
      expect(bytes.subarray(start[0], end[0]).toString('hex')).toBe('00ff0a00');
    }
    await reading.close();
    const { rows } = await read({ table: 'typed' }, 'json:doc.id', 'json:doc.b.c', 'json:v.x');
    expect(rows).toEqual([['9007199254740993', 'x\ty', null]]);
  });

  test.each([
    'SELECT id FROM orders WHERE n = 1;',
    'SELECT id FROM orders WHERE n = 1 # ; DROP TABLE orders',
    '/* ; */ SELECT id FROM orders WHERE n = 1 ; -- end\n ; ',
    "(SELECT id FROM orders WHERE n = 1 AND id <> '\\';') UNION ALL (SELECT 'b')",
    "SELECT id, '?' AS v FROM orders WHERE n = 1",
    'WITH o AS (SELECT * FROM orders) SELECT `id` FROM o WHERE n = 1',
  ])('the query %j is read', async (query) => {
    expect((await read({ query }, 'column:ID')).rows[0]).toEqual(['a']);
  });

  test.each([
    ['DELETE FROM orders RETURNING id', 'The query begins with DELETE'],
    ['SELECT id FROM orders; DELETE FROM orders', 'The query has more than one statement.'],
    ['SELECT 1) AS q; DELETE FROM orders; SELECT * FROM (SELECT 2', 'A parenthesis of the query'],
    ['SELECT 1 AS id /*!50000 INTO OUTFILE "/tmp/x" */', 'a comment that the database would run'],
    ['SELECT id INTO OUTFILE "/tmp/x" FROM orders', 'refuses the query'],
    ['SELECT writes() AS id', 'The query writes, and nodrop only reads'],
    ['SELECT id FROM orders FOR UPDATE', 'The query writes, and nodrop only reads'],
    ['SELECT id FROM nowhere', "Table 'test.nowhere' doesn't exist"],
    ['SELECT x AS id FROM orders', "Unknown column 'x'"],
    ['SELECT id, status AS id FROM orders', "Duplicate column name 'id'"],
    ['SELECT status FROM orders', 'column:id: there is no such column.'],
    ["SELECT 'a", 'A quotation of the query is not closed'],
  ])('the query %j is refused as wrong usage, and nothing changes', async (query, message) => {
    expect(await errorOf(read({ query }, 'column:id'))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
    const [rows] = await client.query('SELECT 1 FROM orders');
    expect(rows).toHaveLength(7);
  });

  test('a table is found by its exact name first, with and without its database', async () => {
    await client.query(
      'CREATE TABLE `Orders` (id int); INSERT INTO `Orders` VALUES (1); CREATE TABLE `with.dot` (id int)',
    );
    const count = async (table: string): Promise<number> => (await read({ table }, 'column:id')).rows.length;
    expect(await count('Orders')).toBe(1);
    expect(await count('test.orders')).toBe(7);
    expect(await count('`test`.`Orders`')).toBe(1);
    expect(await count('`with.dot`')).toBe(0);
    expect(await errorOf(count('nowhere'))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('has no table nowhere') as string,
      hint: expect.stringContaining('orders') as string,
    });
    expect(await errorOf(count('a.b.c'))).toMatchObject({ code: 'usage' });
  });

  describe('the user', () => {
    test('the password of a location is used, and is in no name and no message', async () => {
      const withPassword = location.replace(`${server.user}@`, 'reader:h4nter2@');
      const sink = await openSink({ location: withPassword, table: 'orders' });
      expect(sink.name).toBe(`mysql://127.0.0.1:${server.port}/test`);
      const reading = await sink.open(columnsOf('id'));
      expect(await rowsOfReading(reading)).toHaveLength(7);
      await reading.close();
      const wrong = withPassword.replace('h4nter2', 's3cret');
      const error = await errorOf(read({ location: wrong, table: 'orders' }, 'column:id'));
      expect(error).toMatchObject({
        code: 'unavailable',
        hint: expect.stringContaining('MYSQL_PWD') as string,
      });
      expect(`${error.message} ${error.hint}`).not.toContain('s3cret');
    });

    test('without the privilege to read the table, the sink is unavailable; for the columns that are read it is enough', async () => {
      await client.query(
        `CREATE TABLE secret (id int); CREATE TABLE partly (id int, secret int); INSERT INTO partly VALUES (1, 2);
        GRANT SELECT (id), INSERT (secret) ON test.partly TO reader@'127.0.0.1'`,
      );
      const asReader = location.replace(`${server.user}@`, 'reader:h4nter2@');
      expect(await errorOf(read({ location: asReader, table: 'secret' }, 'column:id'))).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('SELECT command denied') as string,
      });
      expect((await read({ location: asReader, table: 'partly' }, 'column:id')).rows).toEqual([['1']]);
      const query = 'SELECT secret FROM partly';
      expect(await errorOf(read({ location: asReader, query }, 'column:secret'))).toMatchObject({
        code: 'unavailable',
      });
    });
  });

  test('rows that are written while the sink is read do not count', async () => {
    await client.query('CREATE TABLE growing AS SELECT seq AS id FROM seq_1_to_50000');
    const sink = await openSink({ table: 'growing' });
    const reading = await sink.open(columnsOf('id'));
    await client.query('INSERT INTO growing SELECT seq FROM seq_50001_to_60000');
    let count = 0;
    for await (const batch of reading.batches()) {
      if (count === 0) await client.query('DELETE FROM growing');
      count += batch.count;
    }
    expect(count).toBe(50_000);
    await reading.close();
  });

  test('a table whose engine has no snapshots is said to have none, also behind a query or a view', async () => {
    await client.query(
      `CREATE DATABASE other; CREATE TABLE other.loose (id int) ENGINE = MyISAM;
      CREATE VIEW seen AS SELECT id FROM other.loose; CREATE VIEW sound AS SELECT id FROM orders`,
    );
    const why = async (source: Partial<SinkOptions>): Promise<string | undefined> =>
      (await read(source, 'column:id')).noSnapshot;
    expect(await why({ table: 'other.loose' })).toContain('loose has the engine MyISAM');
    expect(await why({ query: 'SELECT id FROM `other`.`loose`' })).toContain('loose, whose engine MyISAM');
    expect(await why({ table: 'seen' })).toContain('It is not known');
    expect(await why({ query: 'SELECT id FROM orders' })).toBeUndefined();
    await client.query('DROP DATABASE other');
    expect(await why({ table: 'sound' })).toBeUndefined();
  });

  test("the server's limits of rows and of time do not end the rows early", async () => {
    await client.query('SET GLOBAL sql_select_limit = 2, GLOBAL max_statement_time = 0.000001');
    try {
      expect((await read({ table: 'orders' }, 'column:id')).rows).toHaveLength(7);
    } finally {
      await client.query('SET GLOBAL sql_select_limit = DEFAULT, GLOBAL max_statement_time = 0');
    }
  });

  describe('a statement without an end', () => {
    test('if no row comes within the timeout, the sink is unavailable, and the server stops', async () => {
      const query = `SELECT 'silent' AS id, SLEEP(1000)`;
      expect(await errorOf(read({ query, timeoutMs: 500 }, 'column:id'))).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/gave no answer within 0.5 s \(SELECT 'silent' AS id/) as string,
      });
      await expect.poll(() => running(`'silent'`)).toBe(0);
    });

    test('close() ends a statement that sends rows for ever', async () => {
      const sink = await openSink({
        query: `SELECT CONCAT('endless', seq) AS id FROM seq_1_to_1000000000000`,
      });
      const reading = await sink.open(columnsOf('id'));
      for await (const batch of reading.batches()) {
        expect(batch.count).toBe(4096);
        break;
      }
      await reading.close();
      await expect.poll(() => running(`'endless'`)).toBe(0);
    });

    test('an abort ends the wait for an answer, and the statement', async () => {
      const stop = new AbortController();
      const query = `SELECT 'aborted' AS id, SLEEP(1000)`;
      const error = errorOf(read({ query, signal: stop.signal }, 'column:id'));
      await expect.poll(() => running(`'aborted'`)).toBe(1);
      stop.abort();
      expect(await error).toMatchObject({ code: 'interrupted' });
      await expect.poll(() => running(`'aborted'`)).toBe(0);
    });

    test.each(['KILL', 'KILL QUERY'])(
      '%s in the middle is an error, and not the end of the rows',
      async (kill) => {
        const sink = await openSink({
          query: `SELECT CONCAT('ended', seq) AS id FROM seq_1_to_1000000000000`,
        });
        const reading = await sink.open(columnsOf('id'));
        const all = async (): Promise<void> => {
          let isFirst = true;
          for await (const _ of reading.batches()) {
            if (!isFirst) continue;
            isFirst = false;
            const [rows] = await client.query(
              `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%ended%' AND ID <> CONNECTION_ID()`,
            );
            await client.query(`${kill} ${(rows as { ID: number }[])[0]!.ID}`);
          }
        };
        expect(await errorOf(all())).toMatchObject({ code: 'unavailable' });
        await reading.close();
      },
    );
  });

  describe('TLS', () => {
    const cipher =
      'SELECT VARIABLE_VALUE AS id FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = "Ssl_cipher"';
    const ofMode = async (parameters: string): Promise<string | null> => {
      const named = location.replace('127.0.0.1', 'localhost');
      return (await read({ location: `${named}${parameters}`, query: cipher }, 'column:id')).rows[0]![0]!;
    };

    test('by default the session is encrypted if the server can, and with DISABLED it is not', async () => {
      expect(await ofMode('')).not.toBe('');
      expect(await ofMode('?ssl-mode=DISABLED')).toBe('');
    });

    test('the CA and the name of the server are verified if the location asks for it', async () => {
      const ca = `ssl-ca=${encodeURIComponent(authority.certificatePath)}`;
      expect(await ofMode(`?ssl-mode=VERIFY_IDENTITY&${ca}`)).not.toBe('');
      expect(await ofMode(`?${ca}`)).not.toBe('');
      const other = `ssl-ca=${encodeURIComponent(makeAuthority('others').certificatePath)}`;
      expect(await errorOf(ofMode(`?${other}`))).toMatchObject({
        code: 'unavailable',
        hint: expect.stringContaining('ssl-ca') as string,
      });
      for (const wrong of [
        '?ssl-mode=maybe',
        '?ssl-mode=VERIFY_CA',
        '?sslaccept=strict',
        '?ssl-ca=/nowhere',
      ]) {
        expect(await errorOf(ofMode(wrong))).toMatchObject({ code: 'usage' });
      }
      expect(
        await errorOf(read({ location: `${location}?ssl-mode=VERIFY_IDENTITY`, query: cipher }, 'column:id')),
      ).toMatchObject({ code: 'usage' });
    });
  });

  test('a location that cannot be right is wrong usage, and one where nothing listens is unavailable', async () => {
    expect(await errorOf(openSink({ location: 'mysql://a:b/c@d/e', table: 't' }))).toMatchObject({
      code: 'usage',
      message: 'This is not a location of a MySQL sink, or its characters are not encoded.',
    });
    expect(await errorOf(openSink({ table: 't', query: 'SELECT 1' }))).toMatchObject({ code: 'usage' });
    expect(
      await errorOf(read({ location: 'mysql://x@127.0.0.1:1/x', table: 't' }, 'column:id')),
    ).toMatchObject({ code: 'unavailable' });
    expect(
      await errorOf(read({ location: location.replace('/test', '/nowhere'), table: 't' }, 'column:id')),
    ).toMatchObject({ code: 'unavailable', hint: 'Name a database that exists.' });
  });

  test('ids are looked up in columns of any type, and texts that are no values of it match nothing', async () => {
    await client.query(
      `CREATE TABLE looked_up (big bigint unsigned, exact decimal(9, 3), name varchar(20), code char(4), raw binary(2));
      INSERT INTO looked_up VALUES (9007199254740993, 1.5, 'a\\\\b\\'c', 'x', 'yz'), (9007199254740992, 2, 'z', 'z', 'zz')`,
    );
    const sink = await openSink({ table: 'looked_up' });
    const texts = [
      '9007199254740993',
      '1.50',
      "a\\b'c",
      'x',
      'yz',
      'nul\0',
      '1e99',
      '99999999999999999999999',
    ];
    for (const column of ['big', 'exact', 'name', 'code', 'raw']) {
      const [place] = columnsOf(column);
      const reading = await sink.find!([place!], place!, texts);
      expect(await rowsOfReading(reading!), column).toHaveLength(1);
      await reading!.close();
      const nothing = await sink.find!([place!], place!, ['no']);
      expect(await rowsOfReading(nothing!), column).toEqual([]);
      await nothing!.close();
    }
  });
});
