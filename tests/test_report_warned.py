"""Warnings of the training stand above the figures, in both pages; documents without them say that nobody looked."""

from __future__ import annotations

import copy
import re

from report_example import collapsed, example
from test_report_pages import Reader, bare, plain

from tfprivacy_rep.report import write_report
from tfprivacy_rep.report.warned import looked_for, warned, warnings


def _pages(folder, contents, records):
    write_report(contents, bare(records), folder)
    texts = [(folder / f"report.{kind}").read_text("utf-8") for kind in ("html", "md")]
    return [" ".join(text.split()) for text in (Reader(texts[0]).text, plain(texts[1]))], texts


def test_warnings_are_told_in_the_verdict_and_above_the_table(tmp_path):
    contents, records = collapsed(1)
    shown, (page, markdown) = _pages(tmp_path, contents, records)
    for text in shown:
        assert "Signs of a collapse in training: a decoder that ignores Z (with protection (paper), the game) and a " \
            "discriminator that wins completely (with protection (paper), attacker decoder_gan)." in text
        game = text.index("With protection (paper), the game: the simulated decoder ignores Z: its pictures are 0.4%")
        assert text.index("Use and privacy, encoder by encoder") < game < text.index("best attacker ★")
        assert "Seen at step 30." in text and "Seen at step 30 and gone by step 60." in text
        assert "signs of a collapse in training: 2 warnings" in text
        assert "signs of a collapse in training: none found" in text
    assert page.count('<p class="warning">') == markdown.count("- **Warning:** ") == 2
    assert Reader(page).open == []


def test_of_several_runs_each_is_named_and_the_text_stands_once():
    contents, _ = collapsed(2)
    first, second = warnings(contents)
    assert first.startswith("With protection (paper), the game, 1 of 2 runs: the simulated decoder ignores Z")
    assert first.endswith("Seen with seed 0 fold 0 at step 30.")
    found = contents["encoders"]["paper"]["warnings"]
    found += [one | {"seed": 1, "step": 70} for one in copy.deepcopy(found[:1])]
    first, _ = warnings(contents)
    assert ", 2 of 2 runs: " in first and first.count("ignores Z") == 1
    assert first.endswith("Seen with seed 0 fold 0 at step 30 and with seed 1 fold 0 at step 70.")


def test_where_nobody_looked_the_page_says_so_and_warns_of_nothing(tmp_path):
    """Null where runs are short; absent in documents that are older than the warnings."""
    contents, records = example(1)
    assert contents["encoders"]["paper"]["warnings"] is None
    del contents["encoders"]["unprotected"]["warnings"]
    assert warnings(contents) == () and warned(contents) == ""
    assert [looked_for(encoder) for encoder in contents["encoders"].values()] == ["not looked for"] * 2
    shown, (page, _) = _pages(tmp_path, contents, records)
    assert '<p class="warning">' not in page
    for text in shown:
        assert len(re.findall("signs of a collapse in training: not looked for", text)) == 2


def test_figures_of_a_look_are_no_terms_of_the_game(tmp_path):
    """They are judged, not drawn."""
    contents, records = collapsed(1)
    write_report(contents, records, tmp_path)
    assert "decoder_gain" not in Reader((tmp_path / "report.html").read_text("utf-8")).text
