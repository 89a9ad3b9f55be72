/**
 * The messages that one producer sends in one session, as bytes and with their digests. There is no object per
 * message: each message overwrites the previous one of its shape.
 */
import { DigestedMessage } from './digest.ts';
import { digitsOf, writeDecimal } from './digits.ts';
import { MessageTemplate } from './message-template.ts';
import { producerName, type Draw, type Workload } from './workload.ts';

/** Shared by the messages that have the same state and the same number of digits in their sequences. */
interface Shape {
  template: MessageTemplate;
  message: DigestedMessage;
}

export interface Session {
  run: string;
  producer: number;
  session: number;
}

const digitsMax = 10;

export class SentMessages {
  /** The draw of the latest message. */
  readonly draw: Draw;
  readonly #workload: Workload;
  readonly #session: Session;
  /** By state and number of digits. */
  readonly #shapes: (Shape | undefined)[] = [];

  constructor(workload: Workload, session: Session) {
    this.#workload = workload;
    this.#session = session;
    this.draw = workload.draw(session.producer, 0);
  }

  /** The message with this sequence (0 to 2^32 − 2). The next call may overwrite it. */
  message(sequence: number): DigestedMessage {
    const draw = this.#workload.draw(this.#session.producer, sequence, this.draw);
    const index = draw.state * digitsMax + digitsOf(sequence) - 1;
    const { template, message } = (this.#shapes[index] ??= this.#newShape(draw.state, sequence));
    template.fill(sequence, draw);
    writeDecimal(message.sequence, 0, message.sequence.length, sequence);
    return message;
  }

  #newShape(state: number, sequence: number): Shape {
    const { run, producer, session } = this.#session;
    const origin = { run, producer: producerName(producer), session, sequence };
    let message: DigestedMessage | undefined;
    const template = new MessageTemplate(
      this.#workload,
      producer,
      state,
      sequence,
      (keyBytes, payloadBytes) => (message = new DigestedMessage(keyBytes, payloadBytes, origin)),
    );
    return { template, message: message! };
  }
}
