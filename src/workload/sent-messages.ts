/**
 * The messages that one producer sends in one session, as bytes and with their digests. It makes no object
 * for each: what was made lies where the next of its shape will.
 */
import { DigestedMessage } from './digest.ts';
import { digitsOf, writeDecimal } from './digits.ts';
import { MessageTemplate } from './message-template.ts';
import { producerName, type Draw, type Workload } from './workload.ts';

/** What messages share whose state is one and whose sequences have as many digits. */
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
  /** Of the latest. */
  readonly draw: Draw;
  readonly #workload: Workload;
  readonly #session: Session;
  /** By state and count of digits. */
  readonly #shapes: (Shape | undefined)[] = [];

  constructor(workload: Workload, session: Session) {
    this.#workload = workload;
    this.#session = session;
    this.draw = workload.draw(session.producer, 0);
  }

  /** The message of that sequence, from 0 to 2^32 − 2. */
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
