"""Every command, with the service stopped and running; `--json` prints one object and nothing else."""

import gzip
import json
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.learned import publish_learned
from tests.server import Service

COMMENTS = [
    {"external_id": "1", "text": "The minister explains the budget."},
    {"external_id": "2", "text": "You pathetic clown!"},
    {"external_id": "3", "text": "Buy cheap pills at http://pills.example"},
]


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return path


def test_a_site_and_its_keys(service: Service) -> None:
    added = service.json("site", "add", "News", "--akismet-key", "--origin", "https://news.example")
    assert set(added) >= {"site_id", "name", "key", "akismet_key", "public_key"}
    assert len(added["akismet_key"]) == 12
    (listed,) = service.json("site", "list")["sites"]
    assert (listed["site_id"], listed["name"]) == (added["site_id"], "News")
    issued = service.json("key", "issue", "News")
    keys = service.json("key", "list", "News")["keys"]
    assert len(keys) == 4
    assert issued["key"] not in json.dumps(keys)
    (own,) = [key for key in keys if issued["key"].startswith(key["begins"])]
    service.json("key", "revoke", own["key_id"])
    assert own not in service.json("key", "list", "News")["keys"]


def test_what_a_site_chooses_for_itself(service: Service) -> None:
    service.json("site", "add", "News")
    changed = service.json("site", "set", "News", "--held-answer", "ask_again", "--abuse-is-held")
    assert (changed["held_answer"], changed["abuse_is_spam"], changed["phase_secrets"]) == ("ask_again", False, 0)
    done = service.run("site", "set", "News", "--phase-secret", "the old one", "--phase-secret", "the new one")
    assert "the new one" not in done.stdout
    (listed,) = service.json("site", "list")["sites"]
    assert (listed["held_answer"], listed["abuse_is_spam"], listed["phase_secrets"]) == ("ask_again", False, 2)
    assert service.json("site", "set", "News", "--no-phase-secrets")["phase_secrets"] == 0
    assert service.run("site", "set", "News", "--no-phase-secrets", "--phase-secret", "x").returncode != 0


def test_people(service: Service) -> None:
    added = service.json("person", "add", "Anna", "--role", "moderator")
    assert {"person_id", "name", "role", "password", "token"} <= set(added)
    assert [one["name"] for one in service.json("person", "list")["people"]] == ["Anna"]
    again = service.run("person", "add", "Anna", "--role", "admin")
    assert again.returncode == 1
    assert "Anna" in again.stderr or "name" in again.stderr
    service.json("person", "disable", "Anna")


def test_policies(service: Service) -> None:
    service.json("site", "add", "News")
    shown = service.json("policy", "show", "News")
    body = {"caution": "cautious", "link_limit": 1}
    saved = service.json("policy", "set", "News", "-", "--note", "stricter", text=json.dumps(body))
    assert saved["version"] == 2
    assert service.json("policy", "show", "News") != shown
    assert service.json("policy", "show", "News", "--version", "1") == shown
    wrong = service.run("policy", "set", "News", "-", text='{"caution": "reckless"}')
    assert wrong.returncode == 1
    assert "reckless" in wrong.stderr
    for refused, told in {
        '{"ban_phrases": ["x"]}': "did you mean banned_phrases?",
        '{"banned_patterns": ["fine", "(a"]}': "/banned_patterns/1: not an RE2 pattern: missing ): (a",
        '{"blocked_domains": ["https://x.example"]}': "/blocked_domains/0",
        '{"campaign_limit": "3"}': "/campaign_limit: Expected `int`, got `str`",
    }.items():
        wrong = service.run("policy", "set", "News", "-", text=refused)
        assert wrong.returncode == 1
        assert told in wrong.stderr
    assert service.json("policy", "show", "News")["version"] == 2


def test_import_export_erase(service: Service, tmp_path: Path) -> None:
    service.json("site", "add", "News")
    for name in ("comments.jsonl", "comments.jsonl.gz"):
        done = service.json("import", str(write_lines(tmp_path / name, COMMENTS)))
        assert done["comments"] == 3
    out = tmp_path / "export.jsonl"
    assert service.json("export", str(out))["comments"] == 3
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {row["text"] for row in rows} == {row["text"] for row in COMMENTS}
    assert not any("form" in row for row in rows)  # How a form was filled in is not kept.
    first = rows[0]["id"]
    service.json("erase", first)
    service.json("export", str(out))
    assert rows[0]["text"] not in out.read_text("utf-8")
    assert service.json("verify") == {"ok": True, "faults": []}


def test_a_labelled_file_is_imported_by_split_and_tabled(service: Service, tmp_path: Path) -> None:
    service.json("site", "add", "News")
    labelled: list[dict[str, object]] = [
        {"id": f"x:{n}", "text": row["text"], "labels": {"toxic": n % 2}, "split": "valid" if n else "test"}
        for n, row in enumerate(COMMENTS)
    ]
    done = service.json("import", str(write_lines(tmp_path / "set.jsonl.gz", labelled)), "--split", "valid")
    assert done["comments"] == 2


def test_a_wrong_line_does_not_spoil_the_rest(service: Service, tmp_path: Path) -> None:
    service.json("site", "add", "News")
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"text": "Fine."}\nnot json\n{"text": 5}\n\n{"text": "Fine too."}\n', "utf-8")
    done = service.run("import", str(path), "--json")
    assert json.loads(done.stdout)["comments"] == 2
    assert "2" in done.stderr


def test_models(service: Service) -> None:
    listed = service.json("model", "list")
    assert listed["versions"] == [listed["current"]]
    shown = service.json("model", "show")
    assert shown["version"] == listed["current"]
    assert shown["targets"]["met"] + len(shown["targets"]["missed"]) > 0
    short = service.run("model", "show").stdout
    assert listed["current"] in short
    assert all(word in short for word in ("identity_attack", "holds from", "never", "Targets"))
    assert service.json("model", "activate", listed["current"])["current"] == listed["current"]
    assert service.run("model", "rollback").returncode == 1
    assert service.run("model", "show", "none-1").returncode == 1


def test_a_model_for_one_site_and_on_trial(service: Service) -> None:
    base = service.json("model", "list")["current"]
    learned = publish_learned(service.folder / "models")
    site = service.json("site", "add", "News")["site_id"]
    answer = service.json("model", "activate", learned, "--site", "News")
    assert answer == {"current": learned, "previous": base, "site_id": site}
    listed = service.json("model", "list")
    assert (listed["current"], listed["sites"]) == (base, {site: learned})
    assert f"site {site}" in service.run("model", "list").stdout
    assert [one["level"] for one in service.json("doctor")["checks"] if one["check"] == "site model"] == ["ok"]
    scored = service.json("score", "--site", site, "wibbly wobbly")
    assert scored["model"] == learned
    assert 0 < scored["results"][0]["house_rules"] <= 1
    assert "rejected here" in service.run("score", "--site", site, "wibbly wobbly").stdout
    assert service.json("model", "rollback", "--site", site)["current"] == "shared"
    assert service.json("model", "list")["sites"] == {}
    assert service.run("model", "shadow").stdout == "No version was on trial yet.\n"
    trial = service.json("model", "shadow", learned, "--promote")
    assert trial == {"trial": learned, "against": base, "promotes": True, "site_id": None}
    assert f"{learned}  on trial for all sites" in service.run("model", "list").stdout
    assert service.json("model", "shadow")["trials"][0]["version"] == learned
    assert "0 of 0 verdicts would be others" in service.run("model", "shadow").stdout
    assert service.run("model", "shadow", learned, "--stop").returncode == 2
    assert service.json("model", "shadow", "--stop") == {"ended": learned, "site_id": None}
    assert "ended: stopped" in service.run("model", "shadow").stdout
    assert service.run("model", "shadow", "--stop").returncode == 1


def test_score_explains_itself(service: Service) -> None:
    done = service.json("score", "You pathetic clown!", "The minister explains the budget.")
    insult, fine = done["results"]
    assert insult["verdict"] != "approve"
    assert {insult["text"][span["start"] : span["end"]] for span in insult["spans"]} >= {"pathetic", "clown"}
    assert fine["verdict"] == "approve"
    by_line = service.json("score", text="You pathetic clown!\nThe minister explains the budget.\n")
    assert by_line == done
    assert done["caution"] == "balanced"
    assert {"code", "label", "score", "threshold", "detail"} <= set(insult["reasons"][0])
    assert fine["reasons"] == fine["spans"] == []


def test_score_says_why_in_words(stopped: Service) -> None:
    said = stopped.run("score", "You pathetic cl0wn!", "--caution", "cautious").stdout
    verdict, *others = said.splitlines()
    assert verdict.startswith(("HOLD", "REJECT"))
    assert "[cl0wn: " in verdict
    assert any("from" in line and "“cl0wn”" in line for line in others if line.strip().startswith("insult"))
    assert any(line.strip().startswith("insult scored") for line in others)
    scores = [float(line.split()[-1 if "█" not in line and "from" not in line else 1]) for line in others[-3:-1]]
    assert scores == sorted(scores, reverse=True)
    assert others[-1].endswith("cautious caution, a site without rules of its own.")


def test_score_prints_nothing_that_a_terminal_obeys(stopped: Service) -> None:
    said = stopped.run("score", "You \x1b[31m pathetic \u202e clown, mail me@example.eu").stdout
    assert "\x1b" not in said
    assert "‹U+001B›" in said
    assert "‹RLO›" in said
    assert "an e-mail address" in said


def test_doctor_and_migrate(service: Service) -> None:
    applied = service.json("migrate")["applied"]
    assert bool(applied) == (service.process is None)
    assert service.json("migrate") == {"applied": []}
    checks = service.json("doctor")["checks"]
    assert {check["check"] for check in checks} >= {"sqlite", "database", "model", "disk", "file"}
    assert not [check for check in checks if check["level"] == "error"]
    assert stat.S_IMODE(service.database.stat().st_mode) == 0o600


def test_verify_names_a_tampering_and_ends_with_1(service: Service) -> None:
    service.json("site", "add", "News")
    service.close()
    with sqlite3.connect(service.database) as connection:
        connection.execute("UPDATE audit SET detail = '{\"x\":1}' WHERE seq = 1")
    connection.close()
    done = service.run("verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert "altered" in service.run("verify").stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["nonsense"], 2),
        (["site", "add"], 2),
        (["person", "add", "Anna"], 2),
        (["import", "missing.jsonl"], 2),
        (["key", "issue", "Nowhere"], 1),
        (["erase", "nothing"], 1),
        (["model", "activate", "none-1"], 1),
        (["serve", "--workers", "2"], 1),
    ],
)
def test_what_is_wrong_is_said_on_standard_error(stopped: Service, arguments: list[str], status: int) -> None:
    done = stopped.run(*arguments)
    assert done.returncode == status
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_error_is_json_too(stopped: Service) -> None:
    done = stopped.run("key", "issue", "Nowhere", "--json")
    assert done.returncode == 1
    assert "error" in json.loads(done.stdout)


def test_a_second_service_is_refused_and_the_first_goes_on(running: Service) -> None:
    second = running.run("serve", "--port", "0")
    assert second.returncode == 1
    assert "Another process" in second.stderr
    assert running.request("GET", "/healthz")[0] == 200


def test_a_command_takes_effect_in_the_running_service_at_once(running: Service) -> None:
    key = running.json("site", "add", "News")["key"]
    assert running.request("POST", "/v1/comments", {"text": "The minister explains the budget."}, key)[0] == 201
    token = running.json("person", "add", "Anna", "--role", "moderator")["token"]
    assert running.request("GET", "/v1/cases", key=token)[0] == 200
    running.json("person", "disable", "Anna")
    assert running.request("GET", "/v1/cases", key=token)[0] == 401


def test_a_file_is_imported_through_the_running_service(running: Service, tmp_path: Path) -> None:
    key = running.json("site", "add", "News")["key"]
    path = write_lines(tmp_path / "comments.jsonl", COMMENTS)
    done = running.json("import", str(path), "--url", running.url, "--key", key, "--connections", "2")
    assert done["comments"] == 3
    assert running.run("import", str(path), "--url", running.url).returncode == 2


def test_the_demo_prints_what_works_as_printed(stopped: Service, tmp_path: Path) -> None:
    import subprocess

    try:
        stopped.start("--demo")
        line = stopped.secret(r"(curl -s .*)")
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["status"] in ("approved", "held")
        assert stopped.secret(r"Console\s+(\S+)") == f"{stopped.url}/console"
        assert stopped.request("GET", "/console")[0] == 200
        assert stopped.stop() == 0
        stopped.output.write_text("")
        stopped.start("--demo")
        assert "Keys were shown at the first start" in stopped.said()
    finally:
        stopped.close()
