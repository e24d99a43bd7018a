"""The three list calls (contract section 9.6): filters, pages, what each row holds."""

import datetime

import pytest

from support.client import LEGACY_MODE

V1, PLAIN, PAGED = "/v1/collaboration-requests", "/v2/collaboration-requests/list", "/v2/collaboration-requests"


@pytest.fixture(scope="module")
def pair(world):
    """Two companies of their own, so that counts are exact: five cases out of which one is accepted, one closed, and one inbound."""
    left, right = world.company("lister"), world.company("listed")
    world.agreement(left, right)
    pairs = {}
    for submitter, receiver in ((left, right), (right, left)):
        customer = submitter.customer("listed")
        submitter.authorize(customer, [receiver])
        pairs[submitter.key] = customer
    cases = [world.released_case(left, right, pairs["lister"]) for _ in range(5)]
    cases[1].approve()
    cases[2].approve()
    left.engineer.post(f"{cases[2].path}/closure", expect=200)
    inbound = world.released_case(right, left, pairs["listed"])
    return left, right, cases, inbound


def tokens(answer):
    rows = answer.body if isinstance(answer.body, list) else answer.body["content"]
    return [row["token"] for row in rows]


@pytest.mark.parametrize("path", [V1, PLAIN, PAGED + "?size=100"])
def test_all_cases_of_the_company_newest_first(pair, path):
    left, _, cases, inbound = pair
    found = tokens(left.engineer.get(path, expect=200))
    assert sorted(found) == sorted([inbound.token, *(case.token for case in cases)])
    assert found == tokens(left.engineer.get(path, expect=200)), "the order is stable"


@pytest.mark.parametrize("path", [V1, PLAIN, PAGED])
@pytest.mark.parametrize("kind, count", [("INBOUND", 1), ("OUTBOUND", 5), ("ALL", 6), ("inbound", 1), ("All", 6), ("", 6)])
def test_by_direction(pair, path, kind, count):
    answer = pair[0].engineer.get(f"{path}?type={kind}", expect=200)
    assert len(tokens(answer)) == count


@pytest.mark.parametrize("path", [V1, PLAIN, PAGED])
@pytest.mark.parametrize("status, count", [("OPEN", 4), ("ACCEPTED", 1), ("CLOSED", 1), ("REJECTED", 0), ("INFORMATION", 0), ("ALL", 6), ("open", 4), ("PENDINGACTION", 0)])
def test_by_status(pair, path, status, count):
    assert len(tokens(pair[0].engineer.get(f"{path}?status={status}", expect=200))) == count


@pytest.mark.parametrize("path", [V1, PLAIN, PAGED])
@pytest.mark.parametrize("query", ["type=SIDEWAYS", "status=LOST", "type=1"])
def test_filters_that_are_none(pair, path, query):
    pair[0].engineer.get(f"{path}?{query}", expect=400)
    pair[0].engineer.get(f"{path}?{query}", expect=500, accept=LEGACY_MODE)


@pytest.mark.parametrize("path", [V1, PLAIN, PAGED])
def test_by_the_caller_s_own_number(pair, path):
    left, right, cases, _ = pair
    number = cases[0].draft["internalCaseNumber"]
    assert tokens(left.engineer.get(f"{path}?internalCaseNumber={number}", expect=200)) == [cases[0].token]
    assert tokens(right.engineer.get(f"{path}?internalCaseNumber={number}", expect=200)) == [], "that is the submitter's number"
    assert cases[1].token in tokens(right.engineer.get(f"{path}?internalCaseNumber=R-1", expect=200))


@pytest.mark.parametrize("path", [V1, PLAIN])
@pytest.mark.parametrize("name", ["updatedAfter", "createdAfter"])
def test_times_are_inclusive_bounds(pair, path, name):
    left, _, cases, inbound = pair
    member = name.replace("After", "At")
    rows = {row["token"]: row for row in left.engineer.get(path, expect=200).body}
    bound = rows[cases[-1].token][member]
    expected = {token for token, row in rows.items() if row[member] >= bound}
    assert cases[-1].token in expected
    for spelled in (bound, bound.replace("Z", ".000Z"), bound.replace("Z", "%2B00:00")):
        assert set(tokens(left.engineer.get(f"{path}?{name}={spelled}", expect=200))) == expected
    later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert tokens(left.engineer.get(f"{path}?{name}={later}", expect=200)) == []
    assert inbound.token in rows


@pytest.mark.parametrize("value", ["yesterday", "2030-13-01T00:00:00Z", "17", "2030-01-01"])
def test_times_that_are_none(pair, value):
    pair[0].engineer.get(f"{PLAIN}?updatedAfter={value}", expect=400)


def test_filters_combine(pair):
    assert len(tokens(pair[0].engineer.get(f"{PLAIN}?type=OUTBOUND&status=OPEN", expect=200))) == 3
    assert tokens(pair[0].engineer.get(f"{PLAIN}?type=INBOUND&status=CLOSED", expect=200)) == []


@pytest.mark.parametrize("path, extra", [(PAGED, ""), (V1, "&paginated=true")])
def test_pages_meet_every_case_once(pair, path, extra):
    left, _, cases, inbound = pair
    seen = []
    for number in range(4):
        page = left.engineer.get(f"{path}?page={number}&size=2{extra}", expect=200).body
        assert page["totalElements"] == 6 and page["totalPages"] == 3 and page["size"] == 2 and page["number"] == number
        seen += [row["token"] for row in page["content"]]
    assert page["content"] == [], "past the end is an empty page, not an error"
    assert sorted(seen) == sorted([inbound.token, *(case.token for case in cases)])


@pytest.mark.parametrize("number", [3, 1000, 2**31 - 1])
def test_far_past_the_end(pair, number):
    assert pair[0].engineer.get(f"{PAGED}?page={number}&size=50", expect=200)["content"] == []


@pytest.mark.parametrize("query", ["page=-1", "page=x", "size=-1", "size=x", "page=99999999999999999999", "size=1.5"])
def test_page_numbers_that_are_none(pair, query):
    pair[0].engineer.get(f"{PAGED}?{query}", expect=400)


def test_the_default_page_holds_twenty(pair):
    assert pair[0].engineer.get(PAGED, expect=200)["size"] == 20


@pytest.mark.parametrize("path", [PAGED + "?size=0", V1 + "?paginated=true&size=0"])
def test_size_zero_is_everything(pair, path):
    assert len(pair[0].engineer.get(path, expect=200)["content"]) == 6


def test_the_deprecated_list_ignores_times_when_paged(pair):
    assert pair[0].engineer.get(f"{V1}?paginated=true&updatedAfter=2099-01-01T00:00:00Z", expect=200)["totalElements"] == 6


def test_rows_are_the_full_read_model(pair):
    left, _, cases, _ = pair
    row = next(row for row in left.engineer.get(PLAIN, expect=200).body if row["token"] == cases[1].token)
    assert row == cases[1].seen_by_submitter().body
    assert row["caseResponses"] and row["caseNotes"] and row["customFields"]


def test_the_other_side_s_rows_are_its_own_view(pair):
    _, right, cases, _ = pair
    row = next(row for row in right.engineer.get(PLAIN, expect=200).body if row["token"] == cases[0].token)
    assert row["direction"] == "INBOUND" and row == cases[0].seen_by_receiver().body


def test_strangers_see_nothing_of_it(world, pair, dorn):
    _, _, cases, _ = pair
    for path in (V1, PLAIN, PAGED):
        assert not set(tokens(dorn.engineer.get(path, expect=200))) & {case.token for case in cases}


def test_unknown_parameters_are_ignored(pair):
    assert len(tokens(pair[0].engineer.get(f"{PLAIN}?sort=id&foo=bar&includeRemovedNotes=true", expect=200))) == 6
