/** The Metadata request, in the version that the broker knows. The answer of an old version has no ids of topics. */
import {
  metadataV10,
  metadataV11,
  metadataV12,
  metadataV8,
  metadataV9,
  type Connection,
} from '@platformatic/kafka';
import { versionOf } from './api-versions.ts';
import { withErrorCodes } from './kafka-errors.ts';

export type Metadata = Pick<metadataV12.MetadataResponse, 'brokers' | 'topics' | 'controllerId'>;

type Ask = (
  connection: Connection,
  topics: string[],
  createsTopics: boolean,
  tellsOperations: boolean,
) => Promise<Metadata>;

const apis: Readonly<Record<number, Ask>> = {
  8: metadataV8.api.async,
  9: metadataV9.api.async,
  10: metadataV10.api.async,
  11: metadataV11.api.async,
  12: metadataV12.api.async,
};

/** Never creates a topic. `tellsOperations`: whether the answer says what the client may do with the topics. */
export const askMetadata = async (
  connection: Connection,
  topics: string[],
  tellsOperations = false,
): Promise<Metadata> =>
  await withErrorCodes(apis[versionOf(connection, 'Metadata')]!(connection, topics, false, tellsOperations));
