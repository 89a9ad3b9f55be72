/**
 * A line that a terminal shows and does not obey: without control characters, line ends, marks that turn the direction of
 * writing, and halves of surrogate pairs. As long as before.
 */
export const printable = (text: string): string => text.replaceAll(unprintable, '\ufffd');

/** Text from outside may hold these. As escapes they do no harm in JSON or XML either. */
export const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
