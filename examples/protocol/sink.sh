#!/usr/bin/env bash
# A sink: prints the records of a topic as its rows. Argument: the topic.
set -o pipefail
kcat -C -q -e -J -b "$KAFKA_BOOTSTRAP_SERVERS" -t "$1" -o beginning | jq -c '
  (.headers // []) as $headers |
  {
    type: "store",
    id: ([range(0; $headers | length; 2) | select($headers[.] == "event-id") | $headers[. + 1]] | last),
    category: "orders",
    key,
    value: (.payload | fromjson? // .)
  }' && echo '{"type":"complete","of":"store"}'
