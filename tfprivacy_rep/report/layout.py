"""What a report is made of, before it becomes HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One figure or name of a table.

    Attributes:
        text: as it is shown.
        interval: `[low, high]`, or empty.
        note: letter of the reason given below the table, or empty.
        star: whether this is the best attacker's figure.
    """

    text: str
    interval: str = ""
    note: str = ""
    star: str = ""


@dataclass(frozen=True)
class Row:
    """A row; `strong` ones carry the headline, `floor` ones are not of an encoder."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table and all that is needed to read it.

    Attributes:
        key: for anchors.
        title, caption: text.
        columns: heads.
        rows: as long as the heads.
        notes: text below the table, e.g. the reasons of missing figures.
        names: number of first columns that hold names, not figures.
        warnings: what must be known before any of the figures is believed, shown above them.
    """

    key: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    names: int = 1
    warnings: tuple[str, ...] = ()


@dataclass
class Reasons:
    """Collects why figures are missing; each reason gets a letter."""

    texts: list[str] = field(default_factory=list)

    def letter(self, reason: str) -> str:
        """The letter of a reason."""
        if reason not in self.texts:
            self.texts.append(reason)
        return chr(ord("a") + self.texts.index(reason))

    def notes(self) -> tuple[str, ...]:
        """All reasons, in the order of their letters."""
        return tuple(f"({chr(ord('a') + index)}) {text}" for index, text in enumerate(self.texts))


@dataclass(frozen=True)
class Picture:
    """An image to show: its data URI, its title, its caption, and its size in pixels."""

    uri: str
    title: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Section:
    """A chapter of a page: words, then pictures, then tables, whatever there is of each.

    Attributes:
        key: for anchors.
        title: of the chapter.
        text: paragraphs.
        strips: rows of photographs and reconstructions.
        plots: drawings.
        tables: figures.
    """

    key: str
    title: str
    text: tuple[str, ...] = ()
    strips: tuple[Picture, ...] = ()
    plots: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The verdict in words.

    Attributes:
        lead: the outcome, one paragraph for each protected encoder.
        findings: pairs of a question and what the figures say to it.
        cautions: what must be known before the figures are used.
    """

    lead: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All words and tables of a report.

    Attributes:
        title: of the page.
        verdict: in words.
        threat: pairs of a term and its description.
        overlap: counts of photographs and people, and of people shared.
        tables: the figures.
        making: pairs of a term and its description.
        configuration: JSON text.
        glossary: pairs of a term and its meaning.
        sections: chapters that stand in place of `tables` and of pictures and curves given apart.
    """

    title: str
    verdict: Verdict
    threat: tuple[tuple[str, str], ...]
    overlap: tuple[Table, ...]
    tables: tuple[Table, ...]
    making: tuple[tuple[str, str], ...]
    configuration: str
    glossary: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...] = ()
