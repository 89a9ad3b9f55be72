/** Whether what is read lies in tables whose engine gives a snapshot: InnoDB does, and MyISAM, Aria and MEMORY do not. */
import { literal } from './mysql-columns.ts';
import type { MysqlSession } from './mysql-session.ts';

interface ReadTable {
  schema: string;
  table: string;
  /** Null for a view. */
  engine: string | null;
}

const hint = 'a row that is written, moved or removed while nodrop reads may be missed';

/** A sentence, or undefined if there is a snapshot. A query is given as its text. */
export async function whyNoSnapshot(
  session: MysqlSession,
  read: ReadTable | string,
): Promise<string | undefined> {
  const engines = await session.query(
    `SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'`,
  );
  const transactional = engines.map(([engine]) => engine!);
  if (typeof read !== 'string' && read.engine !== null) {
    if (transactional.includes(read.engine)) return undefined;
    return `The table ${read.table} has the engine ${read.engine}, which has no snapshots: ${hint}.`;
  }
  // Which tables a query or a view reads, only the server knows. All whose names it mentions count.
  const databases = await session.query(
    `SELECT SCHEMA_NAME, SCHEMA_NAME = DATABASE() FROM information_schema.SCHEMATA
    WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')`,
  );
  const looked = databases
    .filter(([name, isOwn]) => typeof read !== 'string' || isOwn === '1' || isMentioned(read, name!))
    .map(([name]) => literal(name!));
  if (looked.length === 0) return undefined;
  const tables = await session.query(
    `SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (${looked.join(', ')})`,
  );
  const others = tables.filter(([, engine]) => engine !== null && !transactional.includes(engine!));
  const mentioned =
    typeof read === 'string' ? tables.filter(([table]) => isMentioned(read, table!)) : [[read.table, null]];
  const named = others.find((table) => mentioned.includes(table));
  if (named !== undefined) {
    return `The query may read the table ${named[0]}, whose engine ${named[1]} has no snapshots: ${hint}.`;
  }
  const view = mentioned.find(([, engine]) => engine === null);
  if (view === undefined || others.length === 0) return undefined;
  return `It is not known whether the view ${view[0]} reads tables without snapshots, such as ${others[0]![0]}: ${hint}.`;
}

function isMentioned(query: string, table: string): boolean {
  const letters = String.raw`[\w$\u0080-\uffff]`;
  const name = table.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
  return new RegExp(`(?<!${letters})${name}(?!${letters})`, 'i').test(query);
}
