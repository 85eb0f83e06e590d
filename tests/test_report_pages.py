"""report.html and report.md: self-contained, complete, well-formed, and safe with any name."""

import copy
import functools
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from report_example import example

from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.report import write_report
from tfprivacy_rep.report.grids import choose
from tfprivacy_rep.report.wording import number, of_hundred


class Reader(HTMLParser):
    """Reads a page: tags with their attributes, text, and the rows of tables."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.rows, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text += data


@functools.cache
def pages(folder, runs):
    contents, records = example(runs)
    write_report(contents, records, folder)
    return (folder / "report.html").read_text("utf-8"), (folder / "report.md").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


def bare(records):
    """The records without pictures and history, which take the longest to draw."""
    kept = []
    for record in records:
        facts = copy.deepcopy(record.facts)
        for encoder in facts["encoders"].values():
            encoder["history"] = {}
        kept.append(RunRecord(facts, record.people, record.columns, {}))
    return kept


def plain(markdown):
    """Markdown without its escapes."""
    return re.sub(r"\\(.)", r"\1", markdown)


def test_only_two_files_are_written(folder):
    pages(folder, 2)
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.md"]


def test_the_page_is_self_contained(folder):
    page, _ = pages(folder, 2)
    reader = Reader(page)
    assert reader.open == []
    assert not re.search(r"https?://|//[a-z]+\.|url\(|@import", page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    sources = [attributes["src"] for _, attributes in reader.tags if "src" in attributes]
    assert len(sources) >= 8 and all(source.startswith("data:image/") for source in sources)
    assert not [key for _, attributes in reader.tags for key in attributes if key.startswith("on") or key == "srcset"]


def test_every_image_has_words_and_a_size(folder):
    images = [attributes for tag, attributes in Reader(pages(folder, 2)[0]).tags if tag == "img"]
    assert all(image["alt"] and int(image["width"]) > 0 and int(image["height"]) > 0 for image in images)


@pytest.mark.parametrize("runs", [1, 2])
def test_every_figure_of_the_json_is_shown(folder, runs):
    contents, _ = example(runs)
    page, markdown = pages(folder / str(runs), runs)
    shown = {"html": Reader(page).text, "markdown": plain(markdown)}
    for where, text in shown.items():
        for name, encoder in contents["encoders"].items():
            parts = [("headline", encoder["headline"]), ("linkage", encoder["linkage"])]
            parts += [("mcc", encoder["utility"]["mcc"]), ("random_pairs", encoder["random_pairs"])]
            parts += [("attack", {k: v for k, v in one.items() if isinstance(v, float) and not k.startswith("mu")})
                      for one in encoder["attacks"]]
            for part, figures in parts:
                for figure, value in figures.items():
                    assert number(value, figure) in text, (where, name, part, figure)
            assert encoder["fingerprints"][0] in text
        for figure, value in contents["mean_image"].items():
            assert number(value, figure) in text, (where, figure)
        assert "no formal guarantee" in text.lower()


def test_intervals_are_shown_where_there_are_several_runs(folder):
    contents, _ = example(2)
    ends = contents["intervals"]["paper"]["headline"]["psnr"]
    assert f"[{ends['low']:.2f}, {ends['high']:.2f}]" in Reader(pages(folder, 2)[0]).text
    assert "Difference to the unprotected encoder" in pages(folder, 2)[1]
    assert "Difference to the unprotected encoder" not in pages(folder / "1", 1)[1]


def test_tables_have_rows_as_long_as_their_heads(folder):
    page, markdown = pages(folder, 2)
    blocks = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    assert len(blocks) == 7
    for block in blocks:
        lines = block.splitlines()
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(widths) == 1 and re.fullmatch(r"\|( -+:? \|)+", lines[1]), block
    rows = Reader(page).rows
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith("| --")]
    assert rows == [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in lines]


def test_missing_figures_are_dashes_with_a_reason(tmp_path):
    contents, records = example(2)
    contents["encoders"]["paper"]["utility"]["mcc"]["Eyeglasses"] = None
    contents["encoders"]["paper"]["utility"]["undefined"] = 1
    contents["intervals"]["paper"]["utility"]["mcc"]["Eyeglasses"] = {"low": None, "high": None}
    contents["encoders"]["paper"]["attacks"][0]["face_similarity"] = None
    contents["recogniser"].update(rank1=None, same_person=None, other_people=None)
    contents["chance_rank1"] = None
    contents["data"]["shared_people"] = {pair: None for pair in contents["data"]["shared_people"]}
    write_report(contents, bare(records), tmp_path)
    markdown = (tmp_path / "report.md").read_text("utf-8")
    words = markdown.split("Configuration:")[0]
    assert "None" not in words and "nan" not in re.findall(r"\w+", words)
    row = next(line for line in words.splitlines() if line.startswith("| Eyeglasses"))
    assert row.rstrip(" |").endswith("– (a)")
    assert "(a) Undefined: only one of the two answers exists among the tested photographs." in words
    assert "1 attribute has no defined MCC and is left out of the mean." in words
    assert "None" not in Reader((tmp_path / "report.html").read_text("utf-8")).text.split("Configuration")[0]


def test_names_are_escaped(tmp_path):
    contents, records = example(1)
    evil = "<img src=x onerror=alert(1)>|*"
    contents["data"]["source"] = contents["command"] = evil
    contents["config"]["data"]["data_dir"] = "</pre><script>"
    write_report(contents, bare(records), tmp_path)
    reader = Reader((tmp_path / "report.html").read_text("utf-8"))
    assert evil in reader.text and "</pre><script>" in reader.text
    assert "script" not in {tag for tag, _ in reader.tags}
    assert r"\<img src=x onerror=alert(1)\>\|\*" in (tmp_path / "report.md").read_text("utf-8")


def test_an_unprotected_encoder_near_the_floor_leaves_no_position(tmp_path):
    contents, records = example(1)
    write_report(contents, bare(records), tmp_path / "far")
    value = (contents["encoders"]["paper"]["headline"]["psnr"] - contents["mean_image"]["psnr"]) / (
        contents["encoders"]["unprotected"]["headline"]["psnr"] - contents["mean_image"]["psnr"])
    assert f"| With protection (paper) | {value:.3f} |" in (tmp_path / "far" / "report.md").read_text("utf-8")
    columns = copy.deepcopy(records[0].columns)
    columns["unprotected"]["headline/psnr"] = columns["reference"]["mean_image/psnr"] + 0.3
    near = RunRecord(bare(records)[0].facts, records[0].people, columns, {})
    write_report(contents, [near], tmp_path / "near")
    assert "| With protection (paper) | – (a) |" in (tmp_path / "near" / "report.md").read_text("utf-8")


def test_a_run_without_pictures_or_history_still_has_a_report(tmp_path):
    contents, records = example(1)
    write_report(contents, bare(records), tmp_path)
    text = Reader((tmp_path / "report.html").read_text("utf-8")).text
    assert "No pictures were kept" in text and "No curves were kept" in text


def test_the_grid_shows_different_people_by_a_fixed_rule():
    people = np.repeat(np.arange(40), 2)
    chosen = choose(people, 8)
    assert len(set(people[chosen])) == 8 and people[chosen][0] == 0 and people[chosen][-1] == 39
    assert all(people[index - 1] != people[index] for index in chosen[1:])
    assert list(choose(np.array([7, 7, 3]), 8)) == [2, 0]


@pytest.mark.parametrize(
    ("value", "figure", "expected"),
    [(14.5949, "psnr", "14.59"), (-0.0004, "", "0.000"), (-0.5, "", "−0.500"), (None, "", "–"), (np.nan, "", "–")],
)
def test_numbers(value, figure, expected):
    assert number(value, figure) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.025, "2.5"), (0.05, "5"), (0.0999, "10"), (0.92, "92"), (1, "100")])
def test_shares_of_a_hundred(share, expected):
    assert of_hundred(share) == f"{expected} of 100"
