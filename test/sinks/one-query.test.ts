/** The text of a user's query, before a database sees it. */
import { describe, expect, test } from 'vitest';
import { mysqlDialect, oneQuery, postgresDialect, sqliteDialect } from '../../src/sinks/one-query.ts';

const dialects = { PostgreSQL: postgresDialect, MySQL: mysqlDialect, SQLite: sqliteDialect };
type Name = keyof typeof dialects;

test.each<[Name, string, string]>([
  ['PostgreSQL', ' ; SELECT 1 ; ; ', 'SELECT 1'],
  ['PostgreSQL', 'select 1 -- ; select 2', 'select 1'],
  ['PostgreSQL', 'select 1 /* ; /* nested */ ; */', 'select 1'],
  ['PostgreSQL', '-- first\nselect 1', '-- first\nselect 1'],
  ['PostgreSQL', "select 'a;''b\\'", "select 'a;''b\\'"],
  ['PostgreSQL', "select E'a;\\'b', e'\\\\';", "select E'a;\\'b', e'\\\\'"],
  ['PostgreSQL', "select name'a\\'", "select name'a\\'"],
  ['PostgreSQL', 'select $$;$$, $x$ $$ ; $y$ $x$, $1', 'select $$;$$, $x$ $$ ; $y$ $x$, $1'],
  ['PostgreSQL', 'select a$b from "x;""y"', 'select a$b from "x;""y"'],
  ['PostgreSQL', '((select 1) union values (2))', '((select 1) union values (2))'],
  ['PostgreSQL', 'table orders;', 'table orders'],
  ['MySQL', 'select \'a\\\';\', "b\\";", `c``;`;', 'select \'a\\\';\', "b\\";", `c``;`'],
  ['MySQL', 'select 1 # ; x', 'select 1'],
  ['MySQL', 'select 1 --\t; x', 'select 1'],
  ['MySQL', 'select 2--1', 'select 2--1'],
  ['MySQL', 'select /*+ hint */ 1 /* /* ; */', 'select /*+ hint */ 1'],
  ['SQLite', 'select [a;b], `c;`, \'d\\\', "e"";";', 'select [a;b], `c;`, \'d\\\', "e"";"'],
  ['SQLite', 'with x as (select 1) select * from x --', 'with x as (select 1) select * from x'],
])('in %s, %j is the query %j', (name, text, query) => {
  expect(oneQuery(text, dialects[name])).toBe(query);
});

describe('what is no query that can be read', () => {
  test.each<[Name, string, string]>([
    ['PostgreSQL', 'select 1; select 2', 'more than one statement'],
    ['PostgreSQL', "select 'a\\'; delete from x --'", 'more than one statement'],
    ['PostgreSQL', 'select $a$ $b$; delete from x', 'not closed'],
    ['PostgreSQL', 'select 1 /* /* */', 'A comment of the query is not closed'],
    ['PostgreSQL', "select E'a\\'", 'not closed'],
    ['PostgreSQL', 'select (1', 'parenthesis'],
    ['PostgreSQL', 'select (1;)', 'parenthesis'],
    ['PostgreSQL', 'explain select 1', 'begins with explain'],
    ['PostgreSQL', "copy x to program 'y'", 'begins with copy'],
    ['PostgreSQL', ' ; -- x', 'is empty'],
    ['MySQL', 'select 1 /*!; delete from x */', 'the database would run'],
    ['MySQL', 'select 1 /*M! x */', 'the database would run'],
    ['MySQL', 'call p()', 'begins with call'],
    ['MySQL', "select 'a\\'", 'not closed'],
    ['SQLite', 'pragma journal_mode = wal', 'begins with pragma'],
    ['SQLite', 'select [a', 'not closed'],
    ['SQLite', "select 'a\\'; delete from x --'", 'more than one statement'],
  ])('in %s, %j is refused', (name, text, message) => {
    expect(() => oneQuery(text, dialects[name])).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) as string }),
    );
  });
});
