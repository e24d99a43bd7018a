"""After everything else in this group ran: no canary anywhere it may not be, and every call of the document was made."""

import re

import pytest

from support.canary import WORD


def test_the_log_holds_no_canary(world, gateway):
    found = sorted(set(WORD.findall(gateway.log().lower())) & set(world.ledger.all()))
    assert not found, [world.ledger._planted[word].what for word in found[:20]]


def test_the_log_holds_no_token_and_no_secret(world, gateway):
    log = gateway.log()
    for company in world.companies.values():
        for caller in company._people.values():
            assert caller.token not in log
    assert "lang-genug" not in log and "Bearer" not in log


def test_the_metrics_hold_no_canary(world, gateway):
    assert not set(WORD.findall(gateway.metrics().lower())) & set(world.ledger.all())


def test_the_data_folder_holds_no_canary_in_the_clear(world, gateway):
    words = {word.encode() for word in world.ledger.all()}
    shape = re.compile(rb"(?=(%s))" % WORD.pattern.encode())  # a look ahead: words may overlap
    assert len(words) > 500 and all(shape.match(word) for word in words)
    for path in gateway.data.rglob("*"):
        if path.is_file():
            assert not words & set(shape.findall(path.read_bytes())), path


def test_the_log_still_verifies(world):
    verdict = world.verify()
    assert verdict["ok"] is True and verdict["checked"] == verdict["size"]


def test_every_operation_of_the_document_was_called(world, request):
    """A call that no test makes is a promise that nobody keeps. Only when the whole group ran."""
    if request.config.option.keyword or len(request.session.items) < 300:
        pytest.skip("only part of the group was chosen")
    called = {(method, template) for method, template, status in world.contract.seen if status < 300}
    missing = [f"{method} {template}" for method, template in sorted(world.contract.operations) if (method, template) not in called]
    assert not missing, "\n".join(missing)


def test_documented_refusals_were_seen(world, request):
    """Each documented 400, 403, 404 and 422 of the case path was met at least once."""
    if request.config.option.keyword or len(request.session.items) < 300:
        pytest.skip("only part of the group was chosen")
    seen = world.contract.seen
    missing = []
    for (method, template), operation in world.contract.operations.items():
        if not template.startswith("/v1/collaboration-requests"):
            continue
        for status in operation["responses"]:
            if status in ("400", "403", "404", "422") and (method, template, int(status)) not in seen:
                missing.append(f"{method} {template} {status}")
    assert not missing, "\n".join(missing)


def test_every_answer_followed_the_document(world):
    complaints = world.contract.complaints()
    assert not complaints, "\n".join(complaints)


def test_no_sanitizer_spoke(gateway):
    gateway.judge_log()


def test_it_ends_in_good_order(gateway):
    assert gateway.stop() == 0
