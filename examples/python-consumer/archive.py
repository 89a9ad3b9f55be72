"""Archives the events of the topic `orders` as lines of JSON. What it cannot read goes to a topic of dead letters."""

import json
import os
import signal
import struct

from confluent_kafka import Consumer, KafkaException, Producer

import planted_bug as bug

BOOTSTRAP_SERVERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
TOPIC = os.environ.get("TOPIC", "orders")
DEAD_LETTERS = os.environ.get("DEAD_LETTERS", f"{TOPIC}.DLT")
GROUP = os.environ.get("GROUP", "orders-archive")
ARCHIVE = os.environ.get("ARCHIVE", "orders.jsonl")


def main():
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    consumer = Consumer(
        {
            "bootstrap.servers": BOOTSTRAP_SERVERS,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
        }
    )
    producer = Producer({"bootstrap.servers": BOOTSTRAP_SERVERS, "message.timeout.ms": 30000})
    consumer.subscribe([TOPIC])
    with open(ARCHIVE, "a", encoding="utf-8") as archive:
        while running:
            messages = consumer.consume(500, timeout=0.2)
            if not messages:
                continue
            if bug.is_planted("commit-early"):
                consumer.commit(asynchronous=False)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
                store(message, archive, producer)
            archive.flush()
            os.fsync(archive.fileno())
            producer.flush()
            if not bug.is_planted("commit-early"):
                consumer.commit(asynchronous=False)
    consumer.close()


def store(message, archive, producer):
    try:
        event_id = dict(message.headers())["event-id"].decode()
        order = json.loads(message.value())
        line = {"eventId": event_id, "status": order["status"], "amountCents": order["amountCents"]}
    except (TypeError, KeyError, ValueError) as error:
        send_dead_letter(message, error, producer)
        return
    bug.kill_if_asked(event_id, archive)
    if bug.is_planted("skip", event_id):
        return
    if bug.is_planted("dead-letter", event_id):
        send_dead_letter(message, ValueError("planted"), producer)
        return
    if bug.is_planted("change-value", event_id):
        line["amountCents"] += 1
    if bug.is_planted("change-status", event_id):
        line["status"] = "unknown"
    line |= {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
    text = json.dumps(line) + "\n"
    if bug.is_planted("write-late", event_id):
        bug.release_on_signal(archive, text)
    else:
        archive.write(text * 2 if bug.is_planted("write-twice", event_id) else text)


def send_dead_letter(message, error, producer):
    """With the headers of Spring for Apache Kafka, so that the same tools read them."""
    origin = [
        ("kafka_dlt-original-topic", message.topic().encode()),
        ("kafka_dlt-original-partition", struct.pack(">i", message.partition())),
        ("kafka_dlt-original-offset", struct.pack(">q", message.offset())),
        ("kafka_dlt-exception-fqcn", type(error).__name__.encode()),
        ("kafka_dlt-exception-message", str(error).encode()),
    ]
    headers = (message.headers() or []) + origin
    producer.produce(
        DEAD_LETTERS, key=message.key(), value=message.value(), headers=headers, on_delivery=raise_error
    )


def raise_error(error, _):
    if error:
        raise KafkaException(error)


if __name__ == "__main__":
    main()
