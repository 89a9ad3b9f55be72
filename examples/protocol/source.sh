#!/usr/bin/env bash
# A source: takes messages as lines of JSON, and produces each with kcat. Argument: the topic.
producer=(kcat -P -b "$KAFKA_BOOTSTRAP_SERVERS" -t "$1" -D $'\x1e'
  -X acks=all -X message.timeout.ms=20000 -X partitioner=murmur2_random)
set -o pipefail

produce() {
  local options=()
  [ "$(jq .key <<<"$1")" = null ] || options+=(-k "$(jq -r .key <<<"$1")")
  while IFS= read -r header; do options+=(-H "$header"); done < <(
    jq -r '.headers | to_entries[] | "\(.key)=\(.value)"' <<<"$1"
  )
  jq -j 'if .valueEncoding == "text" then .value else .value | tojson end' <<<"$1" |
    "${producer[@]}" "${options[@]}" >&2
}

echo '{"type":"ready"}'
while IFS= read -r line; do
  [ "$(jq -r .type <<<"$line")" = message ] || continue
  if produce "$line"; then outcome=acked; else outcome=unknown; fi
  jq -c --arg outcome "$outcome" '{type: "send", id, $outcome}' <<<"$line"
done
echo '{"type":"complete","of":"ledger"}'
