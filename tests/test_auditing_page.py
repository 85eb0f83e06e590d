"""The page of an audit: self-contained, the same in HTML and Markdown, complete, honest about gaps."""

import re

import pytest
from audit_example import example
from audit_variants import black_box, floor, one_recogniser, pictures, without_identities
from test_report_pages import Reader

from tfprivacy_rep.auditing import frontier_plot
from tfprivacy_rep.auditing import pictures as plots
from tfprivacy_rep.auditing.glossary import used
from tfprivacy_rep.auditing.page import build, write_page
from tfprivacy_rep.report.layout import Picture
from tfprivacy_rep.report.wording import number


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """HTML and Markdown of the whole example, with its plots."""
    folder = tmp_path_factory.mktemp("audit")
    contents = example()
    write_page(contents, pictures(contents), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.md"]
    return (folder / "report.html").read_text("utf-8"), (folder / "report.md").read_text("utf-8")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a page without drawing its plots, which takes the longest; gives HTML's text and plain Markdown."""
    def undrawn(draw, title, caption, inches):
        return Picture("data:image/svg+xml;base64,", title, caption, 1, 1)

    for module in (plots, frontier_plot):
        monkeypatch.setattr(module, "vector_picture", undrawn)

    def write(contents, shown=None):
        write_page(contents, pictures(contents) if shown is None else shown, tmp_path)
        page, markdown = ((tmp_path / f"report.{kind}").read_text("utf-8") for kind in ("html", "md"))
        return Reader(page).text.split("Configuration")[0], plain(markdown).split("Configuration:")[0]

    return write


def plain(markdown):
    """Markdown without its escapes."""
    return re.sub(r"\\(.)", r"\1", markdown)


def table_of(markdown, title):
    """Rows of a table of the Markdown page as lists of cells, without head, and the notes below."""
    part = markdown.split(f"### {title}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    rows = {(cells := [cell.strip(" *") for cell in line.split("|")[1:-1]])[0]: cells for line in lines[2:]}
    return rows, part.split(lines[-1])[1]


def test_the_page_is_self_contained(full):
    reader = Reader(full[0])
    assert reader.open == []
    assert not re.search(r"https?://|//[a-z]+\.|url\(|@import", full[0])
    assert not {tag for tag, _ in reader.tags} & {"script", "link", "iframe", "object", "embed", "base", "form"}
    sources = [attributes["src"] for _, attributes in reader.tags if "src" in attributes]
    assert len(sources) >= 13 and all(source.startswith("data:image/") for source in sources)
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert all(image["alt"] and int(image["width"]) > 0 and int(image["height"]) > 0 for image in images)
    anchors = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))


def test_the_verdict_comes_first_then_the_threat_model(full):
    places = [full[0].index(f"<h2{rest}") for rest in (">The verdict", ' id="threat-model"', ' id="figures"',
                                                       ' id="making"', ' id="glossary"')]
    assert places == sorted(places)


def test_html_and_markdown_have_the_same_tables(full):
    page, markdown = full
    blocks = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith("| --")]
    assert Reader(page).rows == [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in lines]
    text = re.sub(r"\s+", " ", Reader(page).text)
    for line in lines:
        for cell in re.split(r"(?<!\\)\|", line)[1:-1]:
            for word in plain(cell).replace("**", "").replace("★", "").split():
                assert word in text, line


@pytest.mark.parametrize("part", ["headline", "attackers", "linkage", "rows", "frontier", "attributes", "membership",
                                  "recognisers", "percentiles", "mean_image", "random_pairs", "normalised", "worst"])
def test_every_figure_is_shown_with_its_interval(full, part):
    contents = example()
    ends = contents["intervals"].get(part)
    text = plain(full[1])
    count = 0
    for figure, value, low_high in figures(contents[part], ends):
        shown = number(value, figure)
        if low_high:
            shown += f" [{number(low_high['low'], figure)}, {number(low_high['high'], figure)}]"
        assert shown in text, (part, figure, shown)
        count += 1
    assert count >= 2


def figures(value, ends, name=""):
    """Every figure with the name that decides its digits, and its interval."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if key in ("history", "strength", "mu1", "mu2", "seconds"):
            continue
        below = ends.get(key) if isinstance(ends, dict) else ends[key] if isinstance(ends, list) else None
        called = name if key in ("p50", "p90", "p99", "value", "low", "high") else key
        if isinstance(inner, float) and key not in ("value", "low", "high"):
            yield called, inner, below
        elif isinstance(inner, (dict, list)):
            yield from figures(inner, below, called)


def test_the_headlines_figures_are_starred(full):
    rows, notes = table_of(plain(full[1]), "What each attacker gets back")
    assert rows["decoder_wide"][1:3] == ["18.40 [18.09, 18.71] ★", "0.575 [0.532, 0.618] ★"]
    assert sum(cell.endswith("★") for cells in rows.values() for cell in cells) == 2
    rows, _ = table_of(plain(full[1]), "Whom the reconstructions name, by dlib")
    assert [name for name, cells in rows.items() if "★" in " ".join(cells)] == ["decoder_long"]
    assert "never on the probes" in notes


def test_what_was_not_tried_says_why(full):
    for title in ("The attackers", "What each attacker gets back", "Whom the reconstructions name, by eigenfaces"):
        rows, notes = table_of(plain(full[1]), title)
        letter = re.fullmatch(r"– \((.)\)", rows["latent_search"][-1])[1]
        assert f"({letter}) Not applicable: the generator did not learn in this budget." in notes


def test_too_few_impostors_are_named(full):
    rows, notes = table_of(plain(full[1]), "Whom the representation names, without any picture")
    assert rows["cosine"][-1] == "– (a)"
    assert "(a) Not measured: 780 pairs of different people are too few" in notes


def test_the_normalised_figures_close_the_rows(full):
    rows, _ = table_of(plain(full[1]), "Floors, limit and ceiling")
    assert rows["Share of the way up"][3:] == ["0.565", "0.564", "", "0.524", "0.814"]
    assert list(rows)[:2] == ["Audited encoder", "Without protection (ceiling)"]


def test_probes_are_sorted_and_beside_the_majority(full):
    rows, notes = table_of(plain(full[1]), "Other attributes that Z tells")
    assert list(rows) == ["Male", "Young", "Bald"]
    assert rows["Male"] == ["Male", "0.901", "0.712 [0.669, 0.755]", "0.734 [0.691, 0.777]", "0.942 [0.899, 0.985]",
                            "0.913 [0.870, 0.956]"]
    assert rows["Bald"][2] == "– (a)" and "(a) Undefined: only one of the two answers" in notes


def test_people_behind_each_figure_are_counted(full):
    rows, notes = table_of(plain(full[1]), "The figures to quote")
    assert rows["Rank-1 from reconstructions ↓"][1:] == ["0.310 [0.267, 0.353]", "decoder_long", "80", "40"]
    assert rows["Membership in X1: AUC ↓"][1:] == ["0.611 [0.568, 0.654]", "loss attack", "248", "– (a)"]
    assert "(a) Not counted in people" in notes


@pytest.mark.parametrize("variant", [example, black_box, without_identities, one_recogniser, floor])
def test_nothing_missing_reads_as_a_figure(written, variant):
    for text in written(variant()):
        assert not re.search(r"\b(None|nan|null|True|False|inf)\b", text)


def test_without_identities_it_says_so(written):
    text, markdown = written(without_identities())
    assert "Who can be named from what is sent: not measured: no identities." in text
    rows, notes = table_of(markdown, "The figures to quote")
    assert rows["Rank-1 straight from Z ↓"][1] == "– (a)" and "(a) Not measured: no identities." in notes
    assert "Whom it names\nNot measured: no identities." in text
    assert "photographs are resampled, for nobody knows the people" in text and "people are resampled" not in text
    assert "different people, evenly spaced" not in text


def test_a_black_box_says_what_does_not_apply(written):
    text, markdown = written(black_box())
    assert "(black box); not the encoder's weights" in text
    rows, notes = table_of(markdown, "Floors, limit and ceiling")
    assert rows["Without protection (ceiling)"][1:] == ["– (a)"] * 7
    assert "(a) Not applicable: the encoder can't be trained anew." in notes
    assert "Left out: the unprotected encoder is missing" in notes and rows["Share of the way up"][3].startswith("–")
    assert "Who was in the training: not applicable: what the encoder was trained on is unknown." in text
    assert "Was this photograph used in training?" not in text
    assert "**Was the encoder trained on X1**: unknown" in markdown


def test_one_recogniser_has_one_table(written):
    _, markdown = written(one_recogniser())
    assert "Whom the reconstructions name, by dlib" in markdown and "eigenfaces" not in markdown
    assert "Only one recogniser judged the faces." in markdown and "no second recogniser" in markdown


def test_without_pictures_it_says_so(written):
    text, _ = written(example(), {})
    assert "No pictures were kept." in text and "holds original photographs" not in text


def test_the_glossary_has_only_terms_that_are_used():
    assert [term for term, _ in used("The PSNR of a probe.")] == ["PSNR", "Probe"]
    terms = [term for term, _ in used("AUC, and lambda1 beside X2; probed.")]
    assert terms == ["X1, X2, G, T", "lambda1, lambda2", "AUC"]
    terms = [term for term, _ in build(example(), {}).glossary]
    assert {"MCC", "Rank-1", "Membership", "TAR at FAR", "LDA"} <= set(terms) and "L_u" not in terms
    assert "TAR at FAR" not in [term for term, _ in build(without_identities(), {}).glossary]


def test_names_are_escaped(tmp_path, written):
    contents = black_box()
    evil = "<img src=x onerror=alert(1)>|*"
    contents["data"]["source"] = contents["encoder"]["path"] = contents["command"] = evil
    contents["config"]["data"]["data_dir"] = "</pre><script>"
    written(contents)
    reader = Reader((tmp_path / "report.html").read_text("utf-8"))
    assert evil in reader.text and "</pre><script>" in reader.text
    assert "script" not in {tag for tag, _ in reader.tags}
    assert r"\<img src=x onerror=alert(1)\>\|\*" in (tmp_path / "report.md").read_text("utf-8")


def test_warnings_of_attackers_stand_above_their_table(written):
    contents = example()
    contents["attackers"][1]["warnings"] = [{
        "condition": "decoder_ignores_z", "step": 300, "recovered": 900, "figures": {}, "text": "it ignores Z."}]
    for text in written(contents):
        told = text.index("Attacker decoder: it ignores Z. Seen at step 300 and gone by step 900.")
        assert told < text.index("ridge regression from Z to pixels")


def test_no_intervals_no_brackets(written):
    contents = example()
    contents["intervals"] = {}
    _, markdown = written(contents)
    rows, _ = table_of(markdown, "The figures to quote")
    assert rows["Rank-1 straight from Z ↓"][1] == "0.754"
