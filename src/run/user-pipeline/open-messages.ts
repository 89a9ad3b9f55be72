/** Where the messages of a run come from: nodrop makes them, or a program makes its own and reports them. */
import type { PreparedMessage } from '../../config/outgoing-message.ts';
import { isReporting, openReportedSource, openSource, type FedSource } from '../../sources/open-source.ts';
import type { OpenedSource, ReportedSource, SourceOptions } from '../../sources/source.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { idPlaceIn } from './id-place.ts';
import type { ProveSpec } from './prove-pipeline.ts';

/** Messages that nodrop makes, and the source that takes them. */
export interface MadeMessages {
  make: (sequence: number) => PreparedMessage;
  source: OpenedSource;
  close: () => Promise<void>;
}

/** Messages of a program's own. */
export interface ReportedMessages {
  reported: ReportedSource;
  close: () => Promise<void>;
}

export interface MessageOpening {
  /** Where a record as it was handed over has the message's id. */
  idPlace: ValuePlace;
  open: (options: SourceOptions) => Promise<MadeMessages | ReportedMessages>;
}

/** A program that makes its own messages has values that are ids. */
const wholeValue: ValuePlace = { kind: 'digest', text: 'digest' };

export function openMessages({
  pipeline: { source },
  make,
}: Pick<ProveSpec, 'pipeline' | 'make'>): MessageOpening {
  if (isReporting(source)) {
    return {
      idPlace: wholeValue,
      open: async (options) => {
        const reported = await openReportedSource(source, options);
        return { reported, close: () => reported.close() };
      },
    };
  }
  const fed: FedSource = source;
  return {
    idPlace: idPlaceIn(make(0)),
    open: async (options) => {
      const opened = await openSource(fed, options);
      return { make, source: opened, close: () => opened.close() };
    },
  };
}
