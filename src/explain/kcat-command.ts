import type { Place } from '../workload/place.ts';
import { shellWord } from '../system/shell-word.ts';

export interface RecordToShow extends Place {
  bootstrapServers: string;
  topic: string;
  /** A consumer skips an aborted record unless it reads uncommitted. */
  isAborted: boolean;
}

/** kcat itself interprets the backslashes. */
const format = String.raw`offset %o, time stamp %T\nheaders: %h\nkey: %k\n%s\n`;

/** The command that shows one record with its headers: `kcat -C -b … -t … -p 1 -o 42 -c 1 -e -f '…'`. */
export const kcatCommand = ({
  bootstrapServers,
  topic,
  partition,
  offset,
  isAborted,
}: RecordToShow): string =>
  [
    `kcat -C -b ${shellWord(bootstrapServers)} -t ${shellWord(topic)}`,
    `-p ${partition} -o ${offset} -c 1 -e`,
    ...(isAborted ? ['-X isolation.level=read_uncommitted'] : []),
    `-f ${shellWord(format)}`,
  ].join(' ');
