/** Numbers with nouns and verbs that agree: `1 row was`, `2 rows were`. */

export const counted = (count: number, noun: string): string => `${count} ${plural(count, noun)}`;

export const plural = (count: number, noun: string, many = `${noun}s`): string => (count === 1 ? noun : many);

export const were = (count: number): string => (count === 1 ? 'was' : 'were');

export const are = (count: number): string => (count === 1 ? 'is' : 'are');
