"""Severities: four levels that both sides read alike, mapped to the contract's three priorities by one map for each link."""

import pytest

LEVELS = [("critical", "HIGH"), ("high", "HIGH"), ("medium", "MEDIUM"), ("low", "LOW")]


def link(levels=LEVELS, names=("", "", "", ""), **from_priority):
    return {
        "levels": [{"severity": severity, "priority": priority, "name": name or None} for (severity, priority), name in zip(levels, names)],
        "fromPriority": {"HIGH": "high", "MEDIUM": "medium", "LOW": "low", **from_priority},
    }


@pytest.fixture
def pair(world):
    """Two companies with an agreement and nothing said about severities."""
    number = len(world.companies)
    one, two = world.company(f"linka{number}"), world.company(f"linkb{number}")
    world.agreement(one, two)
    return one, two


def change(company, partner, body, expect=200, tag=None):
    path = f"/api/v1/links/{partner.id}"
    tag = tag or company.engineer.get(path, expect=200).headers["ETag"]
    return company.administrator.put(path, body, headers={"If-Match": tag}, expect=expect)


def test_a_link_has_defaults_until_somebody_sets_it(pair):
    one, two = pair
    row = one.engineer.get(f"/api/v1/links/{two.id}", expect=200)
    assert row["version"] == 0 and row.headers["ETag"] == '"0"'
    assert [(level["severity"], level["priority"]) for level in row["levels"]] == LEVELS
    assert row["fromPriority"] == {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}
    assert one.engineer.get("/api/v1/links", expect=200).items == []


def test_the_map_belongs_to_both_and_the_names_to_each(pair, world):
    one, two = pair
    mine = [one.word(f"level {i}", (two.key,)) for i in range(4)]
    theirs = [two.word(f"level {i}", (one.key,)) for i in range(4)]
    change(one, two, link(names=mine, HIGH="critical"))
    change(two, one, link(names=theirs, HIGH="critical"))
    seen_by_one = one.engineer.get(f"/api/v1/links/{two.id}", expect=200)
    seen_by_two = two.engineer.get(f"/api/v1/links/{one.id}", expect=200)
    assert seen_by_one["version"] == seen_by_two["version"] == 2
    assert seen_by_one["fromPriority"] == seen_by_two["fromPriority"] == {"HIGH": "critical", "MEDIUM": "medium", "LOW": "low"}
    assert [level["name"] for level in seen_by_one["levels"]] == [level["partnerName"] for level in seen_by_two["levels"]] == mine
    assert [level["partnerName"] for level in seen_by_one["levels"]] == theirs
    assert [row["partner"] for row in one.engineer.get("/api/v1/links", expect=200).items] == [two.id]


def test_what_was_read_can_be_written_back(pair):
    one, two = pair
    read = change(one, two, link(names=("P1", "P2", "P3", "P4")))
    again = change(one, two, read.body)
    assert {**read.body, "version": 2} == again.body


def test_a_change_needs_the_tag_of_what_was_read(pair):
    one, two = pair
    path = f"/api/v1/links/{two.id}"
    assert one.administrator.put(path, link(), expect=428).code == "if_match_needed"
    change(one, two, link())
    assert one.administrator.put(path, link(), headers={"If-Match": '"0"'}, expect=412).code == "changed_since"
    assert one.administrator.put(path, link(), headers={"If-Match": '"7", "1"'}, expect=200)["version"] == 2
    assert one.administrator.put(path, link(), headers={"If-Match": "*"}, expect=200)["version"] == 3


@pytest.mark.parametrize("body, pointer", [
    (link(levels=[("critical", "LOW"), ("high", "HIGH"), ("medium", "MEDIUM"), ("low", "LOW")]), "/levels"),
    (link(LOW="medium"), "/fromPriority"),
    (link(levels=LEVELS[:3]), "/levels"),
    (link(levels=[*LEVELS[:3], ("medium", "LOW")]), "/levels/3/severity"),
    (link(names=("P1", "P1", "", "")), "/levels"),
    (link(names=("x" * 61, "", "", "")), "/levels/0/name"),
    (link(HIGH="urgent"), "/fromPriority/HIGH"),
    ({"fromPriority": {}}, "/levels"),
])
def test_a_map_that_makes_no_sense_is_refused_with_a_pointer(pair, body, pointer):
    one, two = pair
    answer = change(one, two, body, expect=400)
    assert pointer in [violation["pointer"] for violation in answer["violations"]]


def test_only_administrators_of_the_two_companies(pair, world, dorn):
    one, two = pair
    assert one.engineer.put(f"/api/v1/links/{two.id}", link(), headers={"If-Match": "*"}, expect=403).code == "no_role"
    assert dorn.administrator.get(f"/api/v1/links/{two.id}", expect=404).code == "link_not_found"
    assert dorn.administrator.put(f"/api/v1/links/{two.id}", link(), headers={"If-Match": "*"}, expect=404).code == "link_not_found"
    assert one.administrator.get("/api/v1/links/1x", expect=404).code == "link_not_found"
