"""A source: takes messages as lines of JSON, and produces each with kcat. Argument: the topic."""
import json
import os
import subprocess
import sys

producer = ["kcat", "-P", "-b", os.environ["KAFKA_BOOTSTRAP_SERVERS"], "-t", sys.argv[1], "-D", "\x1e"]
producer += ["-X", "acks=all", "-X", "message.timeout.ms=20000", "-X", "partitioner=murmur2_random"]


def tell(**line):
    print(json.dumps(line), flush=True)


def produce(message):
    key = [] if message["key"] is None else ["-k", message["key"]]
    headers = [word for header in message["headers"].items() for word in ("-H", "=".join(header))]
    value = message["value"]
    text = value if message["valueEncoding"] == "text" else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return subprocess.run([*producer, *key, *headers], input=text.encode(), stdout=sys.stderr).returncode


tell(type="ready")
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "message":
        code = produce(message)
        outcome = {"outcome": "acked"} if code == 0 else {"outcome": "unknown", "error": f"kcat exited with code {code}"}
        tell(type="send", id=message["id"], **outcome)
tell(type="complete", of="ledger")
