/** The id of topics in a cluster that gives them none: its brokers are older than Metadata 10, or stand in for Kafka. */
export const noTopicId = '00000000-0000-0000-0000-000000000000';
