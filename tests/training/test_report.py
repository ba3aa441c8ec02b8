"""What is measured of a small model, and its report: all headings, valid HTML, and no text of any row."""

from collections.abc import Iterator
from pathlib import Path

import html5lib
import msgspec
import pytest

from moderator.classifier.manifest import Approval, Curve, LanguageOf, Point
from moderator.domain.scoring import Caution, Label
from tests.tiny import NOW, rows, silent, write_corpus
from training import analyses, attacks, levels, report
from training.base import Made, make_base
from training.corpora import Row
from training.html import to_html, to_markdown
from training.targets import Figure

HEADINGS = (
    "At a glance",
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats: what this report does not say",
)


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]) -> Made:
    folder = tmp_path_factory.mktemp("report")
    templates = [_template(number) for number in range(400)]
    return make_base(
        write_corpus(folder / "data", more=templates),
        folder / "models",
        NOW,
        lambda *step: steps.append(step),
        jobs=1,
    )


def _template(number: int) -> dict[str, object]:
    group, is_foul = ("martian", "venusian")[number % 2], number % 4 < 2
    return {
        "id": f"bias_templates_en:{number}",
        "source": "bias_templates_en",
        "lang": "en",
        "domain": "synthetic",
        "text": f"The {group} number {number} is {'a total moron' if is_foul else 'a fine neighbour'}",
        "labels": {"toxic": float(is_foul)},
        "split": "test",
        "identity": {group: 1.0},
    }


@pytest.fixture(scope="module")
def written(made: Made) -> dict[str, str]:
    report.write(made.folder, made.manifest, made.measured, silent)
    return {name: (made.folder / name).read_text("utf-8") for name in (report.PAGE, report.MARKDOWN)}


def test_every_label_has_figures_with_intervals(made: Made) -> None:
    assert list(made.measured.labels) == list(Label)
    for one in made.measured.labels.values():
        assert set(one.intervals) == set(one.metrics)
        for source, metric in one.metrics.items():
            assert one.intervals[source].auc.estimate == pytest.approx(metric.auc, abs=2e-4)
    assert made.measured.labels[Label.TOXIC].metrics["tiny_news"].auc > 0.95


def test_each_long_step_says_how_far_it_is(made: Made, steps: list[tuple[str, int, int]]) -> None:
    for name in ("evaluate", "attacks", "measure", "bias"):
        own = [(done, every) for step, done, every in steps if step == name]
        assert own[-1][0] == own[-1][1] > 0
        assert [done for done, _ in own] == sorted(done for done, _ in own)
        assert len({every for _, every in own}) == 1


def test_the_manifest_keeps_the_targets_that_were_measured(made: Made) -> None:
    goals = {goal.name: goal for goal in made.manifest.goals}
    assert goals["toxic on bias_templates_en: BPSN, mean of all terms"].value == pytest.approx(1.0, abs=0.1)
    assert goals["size of the weights in MiB"].is_met is True
    assert goals["toxic on civil_raw: ROC-AUC"].value is None
    assert made.manifest.metrics == made.measured.metrics()


def test_every_attack_and_script_is_measured(made: Made) -> None:
    assert [one.name for one in made.measured.attacks] == list(attacks.ATTACKS)
    assert all(one.rows > 0 for one in made.measured.attacks if one.name != "glued")
    assert {one.script: one.sentences for one in made.measured.scripts} == {
        script: len(texts) for script, texts in attacks.CLEAN_SCRIPTS.items()
    }


def test_templates_have_a_table_of_groups_and_stay_out_of_the_rest(made: Made) -> None:
    toxic = made.measured.toxic
    assert toxic is not None
    assert [term.term for term in toxic.bias["bias_templates_en"].terms] == ["martian", "venusian"]
    sources = {source for one in made.measured.labels[Label.TOXIC].languages for source in one.sets}
    assert sources == {"tiny_news"}
    named = [one.id for label in made.measured.labels.values() for one in (*label.missed, *label.needless)]
    assert named
    assert not any("templates" in one for one in named)


def test_the_samples_hold_no_templates(made: Made) -> None:
    test_rows = sum(row["split"] == "test" for row in rows())
    assert made.measured.labels[Label.TOXIC].sample.positive.size <= test_rows


def test_the_strictest_level_holds_most(made: Made) -> None:
    held = [made.measured.levels[caution].harmless_held or 0.0 for caution in Caution]
    assert held == sorted(held, reverse=True)


def test_the_report_has_the_headings_of_a_model_card(written: dict[str, str]) -> None:
    markdown = written[report.MARKDOWN]
    places = [markdown.index(f"\n## {heading}") for heading in HEADINGS]
    assert places == sorted(places)
    assert all(f"### Label {label.replace('_', chr(95))}" in markdown for label in Label)


def test_the_page_is_valid_and_stands_alone(written: dict[str, str]) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document = parser.parse(written[report.PAGE])
    assert parser.errors == []
    assert "http://" not in written[report.PAGE].replace("http://www.w3.org/", "")
    assert len(document.findall(".//{http://www.w3.org/2000/svg}svg")) >= 2 * len(Label)
    links = {one.get("href", "")[1:] for one in document.findall(".//nav//a")}
    assert links <= {one.get("id") for one in document.iter()}


def test_no_text_of_any_row_is_in_the_report(written: dict[str, str]) -> None:
    texts = [str(row["text"]) for row in rows()] + [str(_template(number)["text"]) for number in range(400)]
    for form in written.values():
        assert not any(text in form for text in texts)


def test_what_was_measured_has_no_text(made: Made) -> None:
    assert not any(isinstance(one, Row) for one in _values(made.measured))
    texts = {str(row["text"]) for row in rows()}
    assert not texts & {one for one in _values(made.measured) if isinstance(one, str)}


def _values(one: object) -> Iterator[object]:
    yield one
    if isinstance(one, dict):
        for key, value in one.items():
            yield key
            yield from _values(value)
    elif isinstance(one, list | tuple):
        for value in one:
            yield from _values(value)
    elif names := getattr(type(one), "__struct_fields__", None) or getattr(type(one), "__dataclass_fields__", None):
        for name in names:
            yield from _values(getattr(one, name))


def test_the_same_figures_give_the_same_report(made: Made, written: dict[str, str], tmp_path: Path) -> None:
    report.write(tmp_path, made.manifest, made.measured, silent)
    assert {name: (tmp_path / name).read_text("utf-8") for name in written} == written


def test_promises_and_curves_are_shown_where_the_manifest_has_them(made: Made) -> None:
    promised = msgspec.structs.replace(
        made.manifest,
        approvals={
            caution: Approval(
                price=0.06, held=0.05, approved=0.9, risk=0.01, risk_at_most=0.031, promise=0.02,
                is_certified=False, needed=1_234, note="Label more.",
            )
            for caution in Caution
        },
        curve=Curve(
            abuse=0.05, spam=0.02, harmless_rows=900, breaking_rows=100,
            approved=[Point(0.5, 0.0, 0.0, 0.01), Point(0.9, 0.01, 0.005, 0.02)],
            automated=[Point(0.5, 0.0, 0.0, 0.01), Point(1.0, 0.05, 0.04, 0.06)],
        ),
        by_language={
            "de": LanguageOf(
                harmless_rows=500, breaking_rows=80, held=0.2, low=0.17, high=0.24,
                hold_at={Caution.BALANCED: {Label.TOXIC: 0.412}},
            )
        },
    )  # fmt: skip
    section = levels.levels(promised, made.measured)
    markdown = to_markdown("Model", [section])
    assert "1,234 more audited approvals" in markdown
    assert "Balanced: Label more." in markdown
    assert "toxic 0.412" in markdown
    page = to_html("Model", [section])
    assert "What approving more costs" in page
    assert "What deciding more costs" in page
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    parser.parse(page)
    assert parser.errors == []


def test_a_missed_target_is_named_as_missed(made: Made) -> None:
    low = [
        msgspec.structs.replace(one, value=0.5) if one.target.figure is Figure.AUC else one
        for one in made.measured.targets
    ]
    markdown = to_markdown("Model", [analyses.targets(low)])
    assert "| toxic on civil_raw | ROC-AUC | ≥ 0.920 | 0.5000 | — | ✗ missed by 0.4200 |" in markdown
