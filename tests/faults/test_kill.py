"""Acknowledged means on disk."""

import concurrent.futures
import signal
from pathlib import Path

from tests.faults.kill_loop import run
from tests.server import Service


def test_a_killed_service_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally, faults = run(tmp_path, rounds=3, clients=8, seed=7)
    assert faults == []
    assert len(tally.acknowledged) > 50


def test_a_stopped_service_answers_what_it_has_begun(tmp_path: Path) -> None:
    service = Service(tmp_path)
    try:
        key = service.json("site", "add", "News")["key"]
        service.start()
        comments = [{"text": f"Comment {n} about the harvest."} for n in range(1_000)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = pool.submit(service.request, "POST", "/v1/comments/batch", {"comments": comments}, key)
            while not asked.running():
                pass
            service.request("GET", "/healthz")  # The batch was sent before this.
            assert service.stop(signal.SIGTERM) == 0
            status, answer = asked.result()
        assert status == 200
        assert len(answer["outcomes"]) == 1_000
        assert service.json("verify")["ok"]
    finally:
        service.close()
