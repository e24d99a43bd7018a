"""After all of it: no sanitizer spoke, nothing leaked into the log, the audit log verifies, the end is orderly."""


def test_nothing_broke(gateway, world):
    verdict = world.verify()
    assert verdict["ok"] is True
    assert not world.ledger.leaks(gateway.log(), "log")
    gateway.ended = True
    assert gateway.stop() == 0
