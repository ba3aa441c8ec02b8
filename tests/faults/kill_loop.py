"""Kill the service again and again while clients post; then see that nothing acknowledged was lost or doubled.

python -m tests.faults.kill_loop --rounds 30 --clients 20
"""

import argparse
import json
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.server import Service

NO_ANSWER = (OSError, HTTPException, json.JSONDecodeError)
BEFORE_THE_KILL = 20  # Comments that each round acknowledges at least.
LONGEST_ROUND_SECONDS = 30.0
LONGEST_DELAY_SECONDS = 0.7
REST_SECONDS = 0.02


@dataclass
class Tally:
    """What clients were told, in answers that arrived whole, and what was found afterwards."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # comment ids by external id
    decided: dict[str, str] = field(default_factory=dict)  # actions by decision id
    resent: int = 0
    was_there: int = 0  # Of those sent again: the first attempt had been stored, and only its answer was lost.
    kills: int = 0
    faults: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def acknowledge(self, external_id: str, comment_id: str, *, is_new: bool, is_again: bool) -> None:
        """Remember an acknowledgement; a second one must name the same comment."""
        with self.changed:
            first = self.acknowledged.setdefault(external_id, comment_id)
            if first != comment_id:
                self.faults.append(f"{external_id} was {first}, then {comment_id}")
            self.resent += is_again
            self.was_there += not is_new
            if not is_new and not is_again:
                self.faults.append(f"{external_id} was there before it was sent")
            self.changed.notify_all()

    def decide(self, decision_id: str, action: str) -> None:
        """Remember a decision that the service has confirmed."""
        with self.changed:
            self.decided[decision_id] = action

    def wait_for_more(self, count: int) -> bool:
        """Wait until `count` more comments are acknowledged; False when that takes too long."""
        with self.changed:
            enough = len(self.acknowledged) + count
            return self.changed.wait_for(lambda: len(self.acknowledged) >= enough, LONGEST_ROUND_SECONDS)

    @property
    def summary(self) -> str:
        """One line."""
        return (
            f"{self.kills} kills, {len(self.acknowledged)} acknowledged comments, {len(self.decided)} decisions, "
            f"{self.resent} sent again ({self.was_there} of them had been stored), {len(self.faults)} faults"
        )


def _text(external_id: str) -> str:
    return f"Comment {external_id} about the harvest."


def _post(service: Service, key: str, name: str, tally: Tally, finishing: threading.Event) -> None:
    """Post one comment after another; one that got no answer is sent again until it has one, as a site would do."""
    number = 0
    while not finishing.is_set():
        external_id = f"{name}-{number}"
        body = {"external_id": external_id, "text": _text(external_id)}
        tries = 0
        while True:
            tries += 1
            try:
                status, answer = service.request("POST", "/v1/comments", body, key)
            except NO_ANSWER:
                time.sleep(REST_SECONDS)  # The service is being killed or started.
                continue
            if status in (200, 201):
                break
            if status != 503:
                tally.faults.append(f"{external_id} was answered {status}")
                return
        tally.acknowledge(external_id, answer["id"], is_new=status == 201, is_again=tries > 1)
        number += 1


def _moderate(service: Service, token: str, tally: Tally, finishing: threading.Event) -> None:
    """Claim and decide meanwhile, so that the audit chain grows under the kills too."""
    while not finishing.is_set():
        try:
            _, claimed = service.request("POST", "/v1/cases/claim", {"count": 5}, token)
            for case in claimed["cases"]:
                ruling = {"action": "approve", "generation": case["generation"]}
                status, answer = service.request("POST", f"/v1/cases/{case['id']}/decision", ruling, token)
                if status == 200:
                    tally.decide(answer["id"], answer["action"])
        except (*NO_ANSWER, KeyError, TypeError):  # No answer, or one that says 503.
            time.sleep(REST_SECONDS)


def run(folder: Path, rounds: int, clients: int, seed: int) -> Tally:
    """Run the loop and look at what is stored afterwards."""
    chance = random.Random(seed)
    service = Service(folder)
    tally = Tally()
    finishing = threading.Event()
    threads: list[threading.Thread] = []  # Daemons: where the service does not come back, they would ask it for ever.
    try:
        key = service.json("site", "add", "News")["key"]
        token = service.json("person", "add", "Anna", "--role", "moderator")["token"]
        threads = [
            threading.Thread(target=_post, args=(service, key, f"client{number}", tally, finishing), daemon=True)
            for number in range(clients)
        ]
        threads.append(threading.Thread(target=_moderate, args=(service, token, tally, finishing), daemon=True))
        service.start()
        for thread in threads:
            thread.start()
        for _ in range(rounds):
            if not tally.wait_for_more(BEFORE_THE_KILL):
                tally.faults.append("the service took no comments")
                break
            time.sleep(chance.uniform(0, LONGEST_DELAY_SECONDS))  # The moment of the kill is the experiment.
            service.stop(signal.SIGKILL)
            tally.kills += 1
            service.start()
        finishing.set()
        for thread in threads:
            thread.join()  # Each ends when its last comment is acknowledged.
        if service.stop() != 0:
            tally.faults.append("the service did not stop in order")
        tally.faults += json.loads(service.run("verify", "--json").stdout)["faults"]
        tally.faults += _compare(service.database, tally)
        return tally
    finally:
        finishing.set()
        service.close()


def _compare(database: Path, tally: Tally) -> list[str]:
    """Return how the database differs from what clients were told. Every comment was acknowledged in the end."""
    connection = sqlite3.connect(database)
    try:
        stored = connection.execute("SELECT external_id, id, text FROM comments").fetchall()
        decisions = dict(connection.execute("SELECT id, action FROM decisions WHERE source = 'moderator'").fetchall())
        entries = connection.execute("SELECT detail FROM audit WHERE action = 'case.decided'").fetchall()
    finally:
        connection.close()
    kept = {external_id: comment_id for external_id, comment_id, _ in stored}
    audited = Counter(json.loads(detail)["decision"] for (detail,) in entries)
    counted = Counter(text for _, _, text in stored)
    return [
        *(f"“{text}” is there {count} times" for text, count in counted.items() if count > 1),
        *(f"{one} is lost" for one, comment_id in tally.acknowledged.items() if kept.get(one) != comment_id),
        *(f"{one} was never acknowledged" for one in kept.keys() - tally.acknowledged.keys()),
        *(f"{one} has another text" for one, _, text in stored if text != _text(one)),
        *(f"decision {one} is lost" for one, action in tally.decided.items() if decisions.get(one) != action),
        *(f"decision {one} has {audited[one]} audit entries" for one in decisions if audited[one] != 1),
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(Path(folder), asked.rounds, asked.clients, asked.seed)
    for fault in tally.faults:
        print(fault)
    print(f"{tally.summary}; {time.monotonic() - started:.0f} s")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
