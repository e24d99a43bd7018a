"""All that the gateway of this group did, as collectors of security events get it: valid by OCSF's own schema."""

import json

from support.gateway import until
from support.ocsf import complaints


def test_every_event_of_the_whole_group_is_valid_ocsf(gateway, world):
    until(lambda: gateway.metric("entente_siem_lag_records", sink="file") == 0, 60, "the file to have everything")
    wrong, classes, operations = {}, set(), set()
    with open(gateway.folder / "siem.json", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            classes.add(event["class_uid"])
            operations.add(event["metadata"].get("event_code"))
            for complaint in complaints(event):
                wrong.setdefault(complaint, event)
    assert not wrong, json.dumps(wrong, indent=1)[:4000]
    assert {0, 3001, 3002, 3004, 6002} <= classes and {"login", "company.create", "user.create"} <= operations


def test_the_schema_has_something_against_what_is_none():
    good = {"activity_id": 1, "category_uid": 6, "class_uid": 6005, "metadata": {"product": {"name": "Entente"}, "version": "1.8.0"}, "severity_id": 1, "time": 1,
            "type_uid": 600501, "actor": {"app_name": "x"}, "src_endpoint": {"name": "x"}, "table": {"name": "x"}}
    assert complaints(good) == []
    for name in good:
        assert complaints({key: value for key, value in good.items() if key != name}), name
    for name, value in (("api", {"operation": "x"}), ("activity_id", 77), ("time", "soon"), ("actor", {}), ("table", {"name": 5}), ("type_uid", 600502),
                        ("action_id", 1), ("surprise", 1)):
        assert complaints({**good, name: value}), name
