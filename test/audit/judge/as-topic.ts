import { parsePlace, type History } from './build-evidence.ts';

/** The same history as a topic that somebody else has filled: each record proves its message. */
export function asTopic(history: History): History {
  const { deliveries: _d, written: _w, transactions: _t, ...rest } = history;
  const isRead = (at: string): boolean => {
    const { partition, offset } = parsePlace(at);
    const range = history.ranges.find((one) => one.partition === partition);
    return range === undefined || (offset >= range.start && offset < range.end);
  };
  const log = history.log.filter(
    ({ at }, index) => isRead(at) && history.log.findIndex((other) => other.at === at) === index,
  );
  const firsts = log.filter(
    ({ id }, index) => id !== undefined && log.findIndex((other) => other.id === id) === index,
  );
  const sent = new Set(firsts.map(({ id }) => id));
  return {
    ...rest,
    root: 'log',
    log,
    sends: firsts.map(({ id, at }) => ({ id: id!, outcome: 'acked', at })),
    messages: Object.fromEntries(
      Object.entries(history.messages).map(([id, message]) => [id, { ...message, planned: sent.has(id) }]),
    ),
    missing: history.missing.filter((hop) => hop === 'log' || hop === 'store'),
    required: history.required.filter((hop) => hop === 'log' || hop === 'store'),
  };
}
