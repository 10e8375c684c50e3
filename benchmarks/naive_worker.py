# SPDX-License-Identifier: Apache-2.0
"""The worker that one would write without Freshet: a kafka-python loop, spaCy for each message. Runs in
spaCy's environment."""

import json
import sys
import time

import spacy
from kafka import KafkaConsumer, KafkaProducer


def main() -> None:
    """Annotate N messages of a topic; print the seconds from the first message to the last acknowledged
    annotation."""
    servers, model, source, target, n = *sys.argv[1:5], int(sys.argv[5])
    nlp = spacy.load(model)
    nlp("A text that warms the pipeline up.")
    consumer = KafkaConsumer(
        source, bootstrap_servers=servers, group_id=f"naive-{target}", auto_offset_reset="earliest"
    )
    producer = KafkaProducer(bootstrap_servers=servers)
    began = 0.0
    for done, record in enumerate(consumer, start=1):
        began = began or time.perf_counter()
        message = json.loads(record.value)
        doc = nlp(message["text"])
        producer.send(
            target, key=record.key, value=json.dumps({"id": message["id"], **annotation(doc)}).encode()
        )
        if done == n:
            break
    producer.flush()
    print(time.perf_counter() - began)
    consumer.close()
    producer.close()


def annotation(doc: "spacy.tokens.Doc") -> dict[str, object]:
    """The columns that Freshet writes."""
    return {
        "text": doc.text,
        "tokens": {
            "start": [token.idx for token in doc],
            "end": [token.idx + len(token) for token in doc],
            "tag": [token.tag_ for token in doc],
            "pos": [token.pos_ for token in doc],
            "morph": [str(token.morph) for token in doc],
        },
        "ents": [{"start": ent.start_char, "end": ent.end_char, "label": ent.label_} for ent in doc.ents],
    }


if __name__ == "__main__":
    main()
