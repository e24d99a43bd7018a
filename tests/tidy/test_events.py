"""The AsyncAPI document against the program's names, the OpenAPI document and itself."""

import re

import yaml

import sources

FOLDER = sources.ROOT / "protocol" / "openapi"
EVENTS = yaml.safe_load((FOLDER / "events.asyncapi.yaml").read_text(encoding="utf-8"))
API = yaml.safe_load((FOLDER / "entente.openapi.yaml").read_text(encoding="utf-8"))


def names_in_the_program():
    text = (sources.ROOT / "protocol" / "event.cpp").read_text(encoding="utf-8")
    table = text[text.index("kind_names"):text.index("subject_names")]
    return re.findall(r'EventKind::\w+, "([a-z._]+)"', table)


def test_every_event_of_the_program_is_in_both_documents_and_the_reverse():
    names = sorted(names_in_the_program())
    assert len(names) == len(set(names)) >= 20
    assert sorted(EVENTS["components"]["schemas"]["EventName"]["enum"]) == names
    assert sorted(API["components"]["schemas"]["EventName"]["enum"]) == names


def test_an_event_looks_the_same_in_both_documents():
    def bare(node):
        if isinstance(node, dict):
            return {name: bare(child) for name, child in node.items() if name != "description"}
        return [bare(child) for child in node] if isinstance(node, list) else node

    assert bare(EVENTS["components"]["schemas"]["Event"]) == bare(API["components"]["schemas"]["Event"])


def test_contract_names_are_those_of_the_subscriptions():
    schemas, asked = EVENTS["components"]["schemas"], API["components"]["schemas"]
    assert schemas["WebhookPayload"]["properties"]["eventType"]["enum"] == asked["WebhookEventType"]["enum"]
    assert schemas["WebhookCloudEvent"]["properties"]["type"]["enum"] == asked["WebhookEventTypeV2"]["enum"]


def test_the_document_refers_only_to_what_it_has():
    def refs(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from refs(child)
        elif isinstance(node, list):
            for child in node:
                yield from refs(child)

    for ref in set(refs(EVENTS)):
        assert ref.startswith("#/"), ref
        node = EVENTS
        for part in ref[2:].split("/"):
            node = node[part]


def test_every_operation_has_its_channel_and_every_channel_a_payload():
    for operation in EVENTS["operations"].values():
        channel = EVENTS["channels"][operation["channel"]["$ref"].rsplit("/", 1)[1]]
        for message in channel["messages"].values():
            found = EVENTS["components"]["messages"][message["$ref"].rsplit("/", 1)[1]]
            assert found["payload"]["$ref"].rsplit("/", 1)[1] in EVENTS["components"]["schemas"]
