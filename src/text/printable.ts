/**
 * Replaces everything in a line that a terminal might execute instead of showing: control characters, line ends, marks
 * that change the direction of writing, and halves of surrogate pairs. The length stays the same.
 */
export const printable = (text: string): string => text.replaceAll(unprintable, '\ufffd');

/** Text from outside may contain these characters. Written as escapes, they do no harm in JSON or XML either. */
export const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
