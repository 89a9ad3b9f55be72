/** Mutants that change no verdict, by the reason for it. */

export interface HarmlessMutant {
  file: string;
  before: string;
  after: string;
}

const byReason: Record<string, HarmlessMutant[]> = {
  'A message without faults has no findings, whether it is skipped or judged.': [
    {
      file: 'judge-part',
      before: 'if (trails.isExemplary(message) && isSound && isRightOfKey(message, cases)) {',
      after: 'if (false) {',
    },
  ],
  'A list may be searched or looked up: the answer is the same.': [
    {
      file: 'trail',
      before: 'places.length <= searchedMax',
      after: 'places.length < searchedMax',
    },
    {
      file: 'trail',
      before: 'if (places.length <= searchedMax) {',
      after: 'if (places.length < searchedMax) {',
    },
    { file: 'trail', before: 'if (places.length <= searchedMax) {', after: 'if (false) {' },
  ],
  'The columns hold nothing about a message beyond the last.': [
    {
      file: 'read-log',
      before: 'for (let message = 0; message < count; message++) {',
      after: 'for (let message = 0; message <= count; message++) {',
    },
  ],
  'Entries that are kept in addition are never looked up.': [
    {
      file: 'read-journal',
      before: 'this.#hasBeyondEnd = partitions.all.some(({ beyondEnd }) => beyondEnd.size > 0);',
      after: 'this.#hasBeyondEnd = partitions.all.some(({ beyondEnd }) => beyondEnd.size >= 0);',
    },
    {
      file: 'read-store',
      before: 'const isBeyond = log.isFinal !== false && end !== undefined && row.offset >= end;',
      after: 'const isBeyond = log.isFinal !== false || end !== undefined && row.offset >= end;',
    },
    {
      file: 'read-store',
      before: 'const isBeyond = log.isFinal !== false && end !== undefined && row.offset >= end;',
      after: 'const isBeyond = log.isFinal !== false && end !== undefined || row.offset >= end;',
    },
    {
      file: 'read-store',
      before: 'if (!isTaken && (stranger !== undefined || (!isLetter && !isBeyond))) return false;',
      after: 'if (!isTaken && (stranger !== undefined && (!isLetter && !isBeyond))) return false;',
    },
    {
      file: 'read-store',
      before: 'else if (end !== undefined && offset >= end) beyondEnd.set(offset, false);',
      after: 'else if (end !== undefined || offset >= end) beyondEnd.set(offset, false);',
    },
  ],
  'No two partitions of an audit are equal.': [
    {
      file: 'totals',
      before: "a.topic === b.topic ? a.partition - b.partition : (a.topic ?? '') < (b.topic ?? '') ? -1 : 1;",
      after: "a.topic === b.topic ? a.partition - b.partition : (a.topic ?? '') <= (b.topic ?? '') ? -1 : 1;",
    },
  ],
  'The branch is only a quicker way to the same count.': [
    {
      file: 'judge-part',
      before: 'if (evidence.deliveries === undefined && evidence.written === undefined) return;',
      after: 'if (false) return;',
    },
    {
      file: 'judge-part',
      before: 'if (trails.isPlainlyPlaced(message)) {',
      after: 'if (false) {',
    },
  ],
  'The branch only avoids a search that finds nothing.': [
    {
      file: 'read-log',
      before: 'if (partitions.all.every(({ foreignLooking }) => foreignLooking.size === 0)) return;',
      after: 'if (false) return;',
    },
    {
      file: 'read-store',
      before: 'if (nameless > 0) joinNameless(evidence, trails, partitions, reading);',
      after: 'if (nameless >= 0) joinNameless(evidence, trails, partitions, reading);',
    },
  ],
  'An example beyond the limit is made, and then dropped.': [
    {
      file: 'findings',
      before: 'if (!isUsed && this.#onFinding === undefined) return;',
      after: 'if (false) return;',
    },
  ],
  'Equal examples may stand in any order.': [
    {
      file: 'findings',
      before: 'const next = examples.findIndex((other) => compareExamples(example, other) < 0);',
      after: 'const next = examples.findIndex((other) => compareExamples(example, other) <= 0);',
    },
  ],
  'A loss in no overcommitted partition has no cause, whether it is known at once or at the end.': [
    { file: 'loss-checks', before: 'if (ahead.length === 0) return {};', after: 'if (false) return {};' },
  ],
  'In evidence of one part, the cause is known at once.': [
    { file: 'findings', before: 'if (maybeOvercommitted !== undefined) {', after: 'if (false) {' },
  ],
  'Two acks at one offset are a conflict, whichever of them is kept.': [
    {
      file: 'acked-keys',
      before: 'if (key === untold || (lastAckOfKey.get(key)?.offset ?? -1) >= offset) return;',
      after: 'if (key === untold || (lastAckOfKey.get(key)?.offset ?? -1) > offset) return;',
    },
  ],
  'Keys are looked up in compacted partitions only.': [
    { file: 'acked-keys', before: 'if (range?.compacted !== true) return;', after: 'if (false) return;' },
  ],
  'A next offset at the end is not beyond it, which is checked twice.': [
    {
      file: 'overcommitted',
      before: 'end === undefined || (next <= end && beyondEnd.size === 0);',
      after: 'end === undefined || (next < end && beyondEnd.size === 0);',
    },
    { file: 'overcommitted', before: 'if (isBehindEnd(partition)) continue;', after: 'if (false) continue;' },
  ],
  'A message that is right under the rule latest has no findings, whether it is skipped or judged.': [
    {
      file: 'judge-part',
      before:
        '} else if (isSound && trails.isPlainlyUnstored(message) && isSupersededOfKey(message, cases)) {',
      after: '} else if (false) {',
    },
    { file: 'latest', before: 'if (role === undefined) return true;', after: 'if (false) return true;' },
    {
      file: 'latest',
      before: "const isDue = role === 'expected' || role === 'ahead';",
      after: "const isDue = role === 'expected' && role === 'ahead';",
    },
    { file: 'latest', before: 'if (trails.isPlainlyPlaced(message))', after: 'if (false)' },
    {
      file: 'latest',
      before: 'if (this.#trails.isPlainlyStored(message)) return true;',
      after: 'if (false) return true;',
    },
    { file: 'latest', before: 'if (mixed.size === 0) return;', after: 'if (false) return;' },
  ],
  'There is no key beyond the last, and a message beyond the last has none.': [
    {
      file: 'latest',
      before: 'for (let message = 0; message < messages.count; message++) this.#rank(message);',
      after: 'for (let message = 0; message <= messages.count; message++) this.#rank(message);',
    },
    {
      file: 'latest',
      before: 'for (let message = 0; message < messages.count; message++) this.#noteRow(message);',
      after: 'for (let message = 0; message <= messages.count; message++) this.#noteRow(message);',
    },
    {
      file: 'latest',
      before: 'for (let key = 0; key < this.#count; key++) {',
      after: 'for (let key = 0; key <= this.#count; key++) {',
    },
    {
      file: 'latest',
      before: 'for (let message = 0; message < this.#messages.count; message++)',
      after: 'for (let message = 0; message <= this.#messages.count; message++)',
    },
  ],
  'Two records at one offset contradict each other.': [
    {
      file: 'latest',
      before: 'return places.reduce((last, place) => (place.offset > last.offset ? place : last));',
      after: 'return places.reduce((last, place) => (place.offset >= last.offset ? place : last));',
    },
  ],
  'An assertion, which has its own test.': [
    {
      file: 'read-log',
      before: `if (offset[row] < last.offset) throw new Error(\`bug: the log's rows are out of order at \${offset[row]}\`);`,
      after: `if (false) throw new Error(\`bug: the log's rows are out of order at \${offset[row]}\`);`,
    },
    {
      file: 'read-store',
      before: 'if (batch.key !== undefined && messages.expectedKey === undefined) {',
      after: 'if (false) {',
    },
    {
      file: 'read-store',
      before: 'if (batch.key !== undefined && messages.expectedKey === undefined) {',
      after: 'if (batch.key === undefined && messages.expectedKey === undefined) {',
    },
  ],
  'The message becomes unusual instead of plain.': [
    {
      file: 'trails',
      before: 'const isPlaced = partition[row] !== none && offset[row] !== none;',
      after: 'const isPlaced = partition[row] !== none || offset[row] !== none;',
    },
    {
      file: 'trails',
      before: 'const hasPlace = (known & bits.ackPosition) !== 0;',
      after: 'const hasPlace = (known & bits.ackPosition) === 0;',
    },
  ],
  'The logged value is kept, and an expected one takes precedence.': [
    {
      file: 'trails',
      before: 'if (expected.content === untold && content[row] !== untold)',
      after: 'if (expected.content === untold || content[row] !== untold)',
    },
    {
      file: 'trails',
      before: 'if (expected.key === untold && key[row] !== untold && this.#messages.expectedKey) {',
      after: 'if (expected.key === untold || key[row] !== untold && this.#messages.expectedKey) {',
    },
    {
      file: 'trails',
      before: 'if (expected.key === untold && key[row] !== untold && this.#messages.expectedKey) {',
      after: 'if (expected.key === untold && key[row] !== untold || this.#messages.expectedKey) {',
    },
  ],
};

export const harmless: readonly HarmlessMutant[] = Object.values(byReason).flat();
