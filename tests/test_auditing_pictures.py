"""Plots and strips of an audit: which there are, and that labels keep clear of one another."""

import base64
import io
import itertools

import numpy as np
import pytest
from audit_example import example
from audit_variants import pictures, without_identities
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tfprivacy_rep.auditing import frontier_plot
from tfprivacy_rep.auditing import pictures as plots
from tfprivacy_rep.auditing import strips


@pytest.fixture
def drawn(monkeypatch):
    """Draws figures and keeps them in place of making images."""
    kept = {}

    def keep(draw, title, caption, inches):
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        kept[title] = figure, caption
        return title

    for module in (plots, frontier_plot):
        monkeypatch.setattr(module, "vector_picture", keep)
    return kept


def test_a_learning_curve_for_each_factor_beside_the_base(drawn):
    plots.learning_curves(example())
    factors = ("capacity", "data", "loss", "steps", "white box")
    assert list(drawn) == [f"Learning curves: {factor}" for factor in factors]
    figure, caption = drawn["Learning curves: capacity"]
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert labels == ["decoder", "decoder_wide", "decoder_deep (still improving ▸)"]
    assert caption.endswith("Still improving at the end: decoder_deep.")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"
    ends = [line for line in figure.axes[0].get_lines() if line.get_marker() == ">"]
    assert len(ends) == 1 and ends[0].get_xdata()[0] == 1500
    assert drawn["Learning curves: white box"][0].axes[0].get_legend_handles_labels()[1] == ["image_search"]


def test_a_base_alone_has_a_curve(drawn):
    contents = example()
    contents["attackers"] = contents["attackers"][1:2]
    plots.learning_curves(contents)
    assert list(drawn) == ["Learning curves: base"]


def test_originals_and_reconstructions_share_a_picture(drawn):
    plots.distributions(example())
    assert {title: [axes.get_title(loc="left") for axes in figure.axes] for title, (figure, _) in drawn.items()} == {
        "Told apart by dlib": ["original photographs", "reconstructions"],
        "Told apart by eigenfaces": ["original photographs", "reconstructions"],
        "Told apart straight from Z": ["cosine of Z", "LDA of Z", "the answer f(Z)"],
    }
    assert plots.distributions(without_identities()) == ()


def test_bars_are_the_better_probes_best_first(drawn):
    plots.attribute_bars(example())
    axes = drawn["Attributes that nobody asked for"][0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Male", "Young"]
    assert [bar.get_width() for bar in axes.patches] == [0.734, 0.231]
    assert axes.yaxis_inverted()


def test_percentiles_without_face_similarity(drawn):
    plots.percentile_bars(without_identities())
    assert len(drawn["The more revealing reconstructions"][0].axes) == 2


def test_the_frontier_has_all_points_and_its_labels_keep_clear(drawn):
    frontier_plot.frontier(example())
    assert list(drawn) == ["Naming people, against use", "Rebuilding faces, against use"]
    for figure, _ in drawn.values():
        axes = figure.axes[0]
        assert len([text for text in axes.texts]) == 10
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(first.overlaps(second) for first, second in itertools.combinations(boxes, 2))
        ringed = next(line for line in axes.get_lines() if line.get_label() == "not beaten in both")
        assert len(ringed.get_xdata()) == 5
        assert "audited encoder" in axes.get_legend_handles_labels()[1]


def test_without_identities_only_faces_are_plotted(drawn):
    frontier_plot.frontier(without_identities())
    assert list(drawn) == ["Rebuilding faces, against use"]
    contents = example()
    contents["frontier"]["points"] = []
    assert frontier_plot.frontier(contents) == ()


def decoded(picture):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.uri.split(",", 1)[1]))))


def test_strips_show_originals_above_the_best_attackers():
    contents = example()
    shown = pictures(contents)
    (picture,) = strips.examples(contents, shown)
    assert picture.caption == ("Top row: 8 different people, evenly spaced by number. Below: decoder_wide (best for "
                               "PSNR and SSIM); then decoder_long (best for naming people).")
    image = decoded(picture)
    assert (image[0, 0] == shown["originals"][0, 0, 0]).all()
    assert (image[118, 0] == shown["decoder_wide"][0, 0, 0]).all()  # 7 times as large, and a gap of 6
    assert image.shape == (3 * 118 - 6, 8 * 118 - 6, 3)


def test_the_worst_are_shown_in_their_order():
    contents = example()
    shown = pictures(contents)
    (picture,) = strips.worst(contents, shown)
    assert picture.title == "The 10 most revealing reconstructions" and "PSNR 23.40, 23.09, " in picture.caption
    assert (decoded(picture)[0, 9 * 118] == shown["worst/originals"][9, 0, 0]).all()


def test_no_pictures_no_strips():
    assert strips.examples(example(), {}) == strips.worst(example(), {}) == ()
