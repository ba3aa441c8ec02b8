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
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.server import Service


@dataclass
class Tally:
    """What clients were told: comment ids by external id, from answers that arrived whole."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, external_id: str, comment_id: str) -> None:
        """Remember an acknowledgement; a second one must name the same comment."""
        with self.lock:
            first = self.acknowledged.setdefault(external_id, comment_id)
            if first != comment_id:
                self.contradictions.append(f"{external_id} was {first}, then {comment_id}")


def _client(service: Service, key: str, name: str, tally: Tally, stop: threading.Event) -> None:
    """Post one comment after another; what got no answer is sent again, as a site would."""
    number = 0
    external_id = f"{name}-{number}"
    while not stop.is_set():
        body = {"external_id": external_id, "text": f"Comment {external_id} about the harvest."}
        try:
            status, answer = service.request("POST", "/v1/comments", body, key)
        except (OSError, HTTPException, json.JSONDecodeError):
            stop.wait(0.02)
            continue
        if status in (200, 201):
            tally.add(external_id, answer["id"])
            number += 1
            external_id = f"{name}-{number}"


def run(folder: Path, rounds: int, clients: int, seed: int) -> tuple[Tally, list[str]]:
    """Run the loop; return what was acknowledged and every fault found afterwards."""
    chance = random.Random(seed)
    service = Service(folder)
    tally = Tally()
    try:
        key = service.json("site", "add", "News")["key"]
        for round_number in range(rounds):
            service.start()
            stop = threading.Event()
            threads = [
                threading.Thread(target=_client, args=(service, key, f"r{round_number}c{number}", tally, stop))
                for number in range(clients)
            ]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.1, 0.9))  # The moment of the kill is the experiment.
            service.stop(signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
        faults = list(tally.contradictions)
        verified = service.run("verify", "--json")
        faults += json.loads(verified.stdout)["faults"]
        with sqlite3.connect(service.database) as connection:
            stored = connection.execute("SELECT external_id, id FROM comments").fetchall()
        connection.close()
        faults += [
            f"{one} is there twice" for one in {one for one, _ in stored} if [o for o, _ in stored].count(one) > 1
        ]
        kept = dict(stored)
        faults += [f"{one} is lost" for one, comment_id in tally.acknowledged.items() if kept.get(one) != comment_id]
        return tally, faults
    finally:
        service.close()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally, faults = run(Path(folder), asked.rounds, asked.clients, asked.seed)
    for fault in faults:
        print(fault)
    print(f"{asked.rounds} kills, {len(tally.acknowledged)} acknowledged comments, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
