/** The schema of what is to become of messages. */
import { z } from 'zod';
import { chosen, integer, kinds, list, named, records, text } from './chosen-schema.ts';
import type { ExpectRule, Rule } from './config.ts';
import { filledText, place, plainText, simpleName } from './config-values.ts';

const ruleKinds = {
  times: named({ times: integer('number of records or rows', 0, 1_000_000) }),
  each: named({ each: list(filledText, 'ids', 100_000) }),
  latest: named({ latest: named({ key: place('message'), version: place('message').exactOptional() }) }),
  balances: named({
    balances: named({
      by: place('message'),
      count: place('row').exactOptional(),
      sum: z
        .tuple([place('message'), place('row')], {
          error: "no sum. Write a list of two places: the message's and the row's.",
        })
        .readonly()
        .exactOptional(),
      fingerprint: place('row').exactOptional(),
    }),
  }),
};
const ruleTexts = z.enum(['once', 'at-least-once'], {
  error: 'no rule. Write once, at-least-once, or an object with times, each, latest or balances.',
});
export const rule = chosen<Rule>(
  (value) => (typeof value === 'object' && value !== null ? kinds('rule', ruleKinds) : ruleTexts),
  z.union([ruleTexts, ...Object.values(ruleKinds)]),
);

const reason = text(
  'no reason. Write it for the report.',
  (value) => value.trim() !== '' && value.length <= 1_000,
);
const when = records(place('message'), plainText).exactOptional();
const expectRule: z.ZodType<ExpectRule> = kinds('expectation', {
  dropped: named({ when, dropped: reason }),
  deadLettered: named({ when, deadLettered: reason }),
  at: named({ when, at: records(simpleName, rule) }),
});
export const expectRules = list(expectRule, 'rules', 1_000);
