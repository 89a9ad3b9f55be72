/** Orders in a topic and a table, as another program would leave them. */
import { DatabaseSync } from 'node:sqlite';

export interface OrderRecord {
  id: string;
  status: string;
  amount: number;
  /** It is declared a drop. */
  isTest?: true;
  /** Its transaction was aborted. */
  isAborted?: true;
  /** It removes its id. */
  isTombstone?: true;
}

export interface OrderRow {
  id: string | null;
  status: string;
  amount: number;
}

export interface Orders {
  records: OrderRecord[];
  rows: OrderRow[];
  /** Rows that the table gets after it was read once. */
  late: OrderRow[];
  /** The ids of dead letters. */
  letters: string[];
}

export type ChangeOrders = (orders: Orders) => void;

const statuses = ['open', 'paid', 'failed'] as const;
const count = 40;
const orderId = (number: number): string => `order-${number}`;
/** The order that a defect hits, and those of which the table is to have none. */
export const victim = orderId(17);
export const testOrder = orderId(count);
export const abortedOrder = orderId(count + 1);
export const removedOrder = orderId(count);

const order = (number: number): OrderRow & OrderRecord => ({
  id: orderId(number),
  status: statuses[number % statuses.length]!,
  amount: 7 * number,
});

/** Each order once, and beside them test orders and aborted ones, of which the table has none. */
export function soundOrders(): Orders {
  const orders = Array.from({ length: count }, (_, number) => order(number));
  return {
    records: [...orders, { ...order(count), isTest: true }, { ...order(count + 1), isAborted: true }],
    rows: orders.map((each) => ({ ...each })),
    late: [],
    letters: [],
  };
}

/** Each order twice, the second time with another amount, which the table has; and one order that was removed again. */
export function soundVersions(): Orders {
  const { rows } = soundOrders();
  const first = rows.map((row): OrderRecord => ({ ...row, id: row.id! }));
  const newest = first.map((each) => ({ ...each, amount: each.amount + 1 }));
  const removed = order(count);
  return {
    records: [...first, removed, ...newest, { ...removed, isTombstone: true }],
    rows: newest.map((each) => ({ ...each })),
    late: [],
    letters: [],
  };
}

/** The table `orders`, and the table `letters` of dead letters, in a file that does not exist yet. */
export class OrderTable {
  readonly path: string;

  constructor(path: string, { rows, letters }: Orders) {
    this.path = path;
    this.#write((database) => {
      database.exec(
        'CREATE TABLE orders (id text, status text, amount integer); CREATE TABLE letters (id text)',
      );
      const insert = database.prepare('INSERT INTO letters VALUES (?)');
      for (const id of letters) insert.run(id);
    });
    this.add(rows);
  }

  add(rows: readonly OrderRow[]): void {
    this.#write((database) => {
      const insert = database.prepare('INSERT INTO orders VALUES (?, ?, ?)');
      for (const { id, status, amount } of rows) insert.run(id, status, amount);
    });
  }

  #write(action: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(this.path);
    try {
      action(database);
    } finally {
      database.close();
    }
  }
}
