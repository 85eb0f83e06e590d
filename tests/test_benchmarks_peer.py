"""The peer: its process takes turns with ours, and says what is wrong where there is none."""

from __future__ import annotations

import sys

import pytest

from tfprivacy_rep.benchmarks.peer import Peer
from tfprivacy_rep.benchmarks.standard_game import Size
from tfprivacy_rep.errors import UserError

ANSWERING = """#!{python}
import sys
print(sys.argv[1].rsplit("/")[-1], sys.argv[2:], file=open("{told}", "w"))
for line in sys.stdin:
    print(int(line) / 2, int(line), flush=True)
"""


def test_the_peer_is_told_the_size_and_the_steps(tmp_path):
    fake, told = tmp_path / "python", tmp_path / "told"
    fake.write_text(ANSWERING.format(python=sys.executable, told=told))
    fake.chmod(0o755)
    peer = Peer(str(fake), Size(32, 4, 3, widths=(8, 16)))
    assert [peer.steps(count) for count in (3, 1)] == [(1.5, 3.0), (0.5, 1.0)]
    peer.close()
    assert told.read_text() == "torch_peer.py ['32', '4', '3', '8,16']\n"


@pytest.mark.parametrize("ending, reason", [("raise SystemExit('no torch here')", "no torch here"), ("", "no answer")])
def test_a_peer_that_ends_is_an_error(ending, reason, tmp_path):
    fake = tmp_path / "python"
    fake.write_text(f"#!{sys.executable}\n{ending}\n")
    fake.chmod(0o755)
    with pytest.raises(UserError, match=rf'(?s)Invalid `peer`: expected .* with PyTorch.*{reason}.*pip install "torch'):
        Peer(str(fake), Size()).steps(1)


def test_an_interpreter_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UserError, match="Invalid `peer`.*No such file"):
        Peer(str(tmp_path / "none"), Size())
