import { unavailableError, type OperationalError } from '../errors.ts';
import type { ClaimedTopic } from './store.ts';

/** A topic of one name and another id: its offsets mean something else, and what the old one held is gone. */
export const remadeTopicError = ({ run, topic, topicId }: ClaimedTopic, knownId: string): OperationalError =>
  unavailableError(
    `Topic ${topic} was deleted and made anew: run ${run} is of the one with id ${knownId}, and this one is ${topicId}.`,
    {
      hint: `What was not stored of the old topic is lost: nodrop verify ${run} says what.\nConsume the new one as another run.`,
    },
  );
