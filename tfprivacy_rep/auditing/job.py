"""The whole audit: an encoder and photographs in, a report out. What `scripts/evaluate.py` does."""

from __future__ import annotations

import dataclasses
import hashlib
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfprivacy_rep import files, laboratory
from tfprivacy_rep.attacks.frozen import FrozenEncoder
from tfprivacy_rep.auditing import budgets, figures, gate, results
from tfprivacy_rep.auditing.opening import OpenedEncoder, flattened, open_checkpoint, open_encoder
from tfprivacy_rep.auditing.page import write_page
from tfprivacy_rep.auditing.play import Play, Rivals
from tfprivacy_rep.checkpoint_run import CheckpointRun, checkpoint_run
from tfprivacy_rep.config import Config
from tfprivacy_rep.data import sources
from tfprivacy_rep.data.images import take
from tfprivacy_rep.data.photographs import Photographs
from tfprivacy_rep.data.pipeline import as_float
from tfprivacy_rep.data.rehearsal import spaced
from tfprivacy_rep.errors import UserError
from tfprivacy_rep.evaluation import recognisers
from tfprivacy_rep.evaluation.results import RunRecord
from tfprivacy_rep.jobs import AuditConfig
from tfprivacy_rep.laboratory import Laboratory, Setting
from tfprivacy_rep.models.decoder import fits
from tfprivacy_rep.training import interruption
from tfprivacy_rep.trials.judges import Judges
from tfprivacy_rep.trials.releases import Release, of_encoder
from tfprivacy_rep.trials.sets import Sets

#: Public photographs that a classical recogniser is fitted on, at most.
MOST_FITTED = 5_000
#: Options that the training of a checkpoint has fixed: with others T might hold photographs that it was trained on.
_FIXED = ("dataset", "attributes", "partition", "x1_fraction", "x2_fraction", "image_size", "rendered_images")


@interruption.handled()
def run(config: Config, job: AuditConfig) -> tuple[dict[str, Any], list[str]]:
    """Audits an encoder, resuming what an earlier start left.

    Returns:
        What results.json holds, and the conditions of `fail_if` that hold, as sentences.

    Raises:
        UserError: for anything the user can mend; nothing half-written stays that looks whole.
        Stopped: after SIGTERM or SIGINT.
    """
    started = time.monotonic()
    conditions = gate.parse(job.fail_if)
    gate.check_names(conditions, figures.HEADLINE_NAMES)
    trained = checkpoint_run(job.encoder)
    _require_as_trained(config, trained)
    output = Path(config.run.output_dir)
    options = config.to_dict() | {"job": _plain(job)}
    audit = _Audit(config, job, trained)
    options["audited"] = audit.fingerprints()  # the same paths may hold another encoder or other photographs by now
    laboratory.require_same_configuration(output, options, fixed=(("run", "seed"), ("run", "fold")))
    files.write_json(output / "config.json", options)  # only now, so that a mistake found above claims no folder
    records, described = audit.play(output)
    written = results.contents(
        records, audit.sets, {"command": shlex.join(sys.argv), "seconds": None, "config": options, **described},
        [one.name for one in audit.judges.recognisers], budgets.attackers(job, config.data.dataset), job.headline_seeds,
    )
    written["seconds"] = round(time.monotonic() - started, 1)
    laboratory.require_claimed(output)
    files.write_json(output / "report" / "results.json", written)
    write_page(written, _pictures(records, audit.sets), output / "report")
    print(f"report: {output / 'report' / 'report.html'}")
    print(f"finished in {time.monotonic() - started:.0f} s")
    return written, gate.evaluate(conditions, written)


def _plain(job: AuditConfig) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(job).items()}


def _require_as_trained(config: Config, trained: CheckpointRun | None) -> None:
    if trained is None:
        return
    held, own = trained.config["data"], config.to_dict()["data"]
    differing = [f"--{name}={own[name]!r}, trained with {held[name]!r}" for name in _FIXED
                 if name in held and held[name] != own[name]]
    differing += [f"--{name}={now}, trained with {then}" for name, now, then in (
        ("seed", config.run.seed, trained.seed), ("fold", config.run.fold, trained.fold)) if now != then]
    if differing:
        raise UserError(
            "Invalid options: expected those that the checkpoint was trained with, or the probes could be photographs "
            f"that it has seen. Received: {'; '.join(differing)}. Leave them out: they are read from its config.json."
        )


class _Audit:
    """Everything that is loaded before anything is trained, so that what is missing is found first."""

    def __init__(self, config: Config, job: AuditConfig, trained: CheckpointRun | None) -> None:
        self._config, self._job, self._trained = config, job, trained
        self.setting = self._prepared(config)
        partition = laboratory.partition_of(self.setting, config.run.seed, config.run.fold)
        self._opened = self._open(job.encoder, trained)
        self._reference = self._open_reference()
        self.laboratory = Laboratory(self.setting, partition)
        photographs = self.setting.photographs
        other = [name for name in self._everything.attributes if name not in photographs.attributes]
        self.sets = Sets(
            photographs, tuple(other), self._everything.with_attributes(other).labels, partition,
            self.laboratory.public, config.train.augment,
        )
        _require_people(self.sets)
        self.judges = Judges(self._recognisers(), self.sets)

    def _prepared(self, config: Config) -> Setting:
        def load(data: Any) -> Photographs:
            self._everything = sources.load_all(data)
            return sources.of_task(data, self._everything)

        attack = dataclasses.replace(config.attack, recogniser=recognisers.NONE)  # the audit has judges of its own
        return laboratory.prepare(dataclasses.replace(config, attack=attack), load)

    def _open(self, path: str, trained: CheckpointRun | None) -> OpenedEncoder:
        opened = self._opened_as_it_is(path, trained)
        if fits(opened.representation_shape, self._config.data.image_size):
            return opened
        return flattened(opened)  # a map that no decoder can double to the image's size

    def _opened_as_it_is(self, path: str, trained: CheckpointRun | None) -> OpenedEncoder:
        config, job = self._config, self._job
        if trained is not None:
            return open_checkpoint(trained, config, len(self.setting.photographs.attributes))
        return open_encoder(path, config.data.image_size, signature=job.signature, output=job.output_name,
                            input_range=job.input_range)

    def _open_reference(self) -> OpenedEncoder | str:
        path = self._job.reference
        if not path and self._trained is not None and self._trained.reference is not None:
            path = str(self._trained.reference)
        if not path:
            own = self._trained is not None and self._trained.name == "unprotected"
            return ("the audited encoder is the unprotected one" if own else "this encoder can't be trained again "
                    "without its protection; name an unprotected one by --reference")
        trained = checkpoint_run(path)
        _require_as_trained(self._config, trained)
        return self._open(path, trained)

    def fingerprints(self) -> dict[str, str]:
        """What was loaded, as hashes: the encoder, the reference, and the photographs by name, label and person."""
        reference, photographs = self._reference, self._everything
        digest = hashlib.sha256("\n".join(photographs.names).encode())
        for known in (photographs.labels, photographs.people):
            digest.update(b"" if known is None else np.ascontiguousarray(known).tobytes())
        return {
            "encoder": self._opened.encode.fingerprint(), "photographs": digest.hexdigest(),
            "reference": "" if isinstance(reference, str) else reference.encode.fingerprint(),
        }

    def _recognisers(self) -> tuple[Any, ...]:
        config, job = self._config, self._job
        source = config.data.dataset
        fitted = spaced(self.sets.indices["x2_train"], MOST_FITTED)
        names = job.recognisers or recognisers.default_recognisers(source)
        square = config.attack.face_square or sources.get(source).face_square
        return recognisers.build_recognisers(
            names, square, lambda: as_float(take(self.setting.photographs.images, fitted)), job.facenet_weights
        )

    def play(self, output: Path) -> tuple[dict[str, RunRecord | str], dict[str, Any]]:
        """Lets the attackers loose.

        Returns:
            The records, and the parts `encoder`, `budget` and `cautions` of results.json.
        """
        opened, job = self._opened, self._job
        audited = _release("audited", opened, self.sets)
        reference = self._reference
        unprotected = reference if isinstance(reference, str) else _release("unprotected", reference, self.sets)
        rivals = Rivals(unprotected, self._random_weights())
        model = "black box: known by its signature, without gradients" if opened.model is None else opened.model
        names = budgets.attackers(job, self._config.data.dataset)
        play = Play(self.laboratory, self.judges, audited, rivals, model, job, names, output,
                    "" if self._trained else "it is not known which photographs this encoder was trained on")
        records = play.play()
        encoder = self._described(audited)
        budget = {"name": job.budget, "attack_steps": self._config.attack.attack_steps,
                  "headline_seeds": job.headline_seeds}
        return records, {"encoder": encoder, "budget": budget, "cautions": self._cautions(encoder)}

    def _random_weights(self) -> Release | str:
        model = self._opened.model
        if model is None:
            return "black box: its network is not known"
        try:
            keras.utils.set_random_seed(self.sets.partition.seed)  # the same weights when it is started again
            fresh = keras.models.clone_model(model)
        except Exception as error:  # a layer of somebody else's that can't be made again
            return f"its network can't be built anew ({type(error).__name__})"
        return Release("random_weights", FrozenEncoder(fresh), self.sets)

    def _described(self, audited: Release) -> dict[str, Any]:
        opened, trained = self._opened, self._trained
        probes = self.sets.images("probes")[:8]
        game = trained.config["game"] if trained else {}
        protected = trained is not None and trained.name != "unprotected"
        weights = {name: game[name] if protected else 0.0 for name in ("lambda1", "lambda2", "mu1", "mu2")}
        options = {name: game[name] for name in ("bound_negative_terms", "restart_decoder_every")
                   if protected and game.get(name)}
        return {
            "path": self._job.encoder, "kind": opened.kind, "access": opened.access,
            "name": trained.name if trained else Path(self._job.encoder).stem,
            "fingerprint": opened.encode.require_unchanged(),
            "representation_shape": list(audited.z["probes"].shape[1:]), "weights": weights if trained else None,
            "options": options, "seed": trained.seed if trained else None, "fold": trained.fold if trained else None,
            "constant": audited.is_constant,
            "noise": trained.game.noise_options() if trained else {},
            "stochastic": audited.drawn is not None or not np.allclose(
                opened.encode(probes), opened.encode(probes), rtol=1e-3, atol=1e-5),
            "trained_on_x1": True if trained else None, "classifier": audited.has_classifier,
        }

    def _cautions(self, encoder: dict[str, Any]) -> list[str]:
        told = []
        if encoder["constant"]:
            told.append("The encoder is constant: it gives the same representation for every photograph, so nothing "
                        "leaks, and nothing can be told from it.")
        if encoder["stochastic"]:
            told.append("The encoder answers differently each time it is asked. Every photograph was released once; "
                        "an attacker who sees several releases of one photograph learns more.")
        if encoder["trained_on_x1"] is None:
            told.append("It is not known which photographs this encoder was trained on: probes may be among them, "
                        "which flatters its utility.")
        if not encoder["classifier"]:
            told.append("The encoder came without a classifier: utility is that of a linear head fitted on private "
                        "photographs (X1).")
        return told


def _release(name: str, opened: OpenedEncoder, sets: Sets) -> Release:
    return of_encoder(name, opened.encode, sets, opened.classifier)


def _require_people(sets: Sets) -> None:
    people = len(np.unique(sets.people("probes")))
    if people < 2:
        raise UserError(
            "Invalid `dataset`: expected probes of at least two people, or no interval can be told. Received: "
            f"{people} among {len(sets.indices['probes'])} probes. Use more photographs or another --partition."
        )


def _pictures(records: dict[str, RunRecord | str], sets: Sets) -> dict[str, np.ndarray]:
    audited = records["audited"]
    assert isinstance(audited, RunRecord)
    shown = len(audited.pictures["originals"])
    probes = sets.indices["probes"][:shown]
    return audited.pictures | {
        "names": np.array([sets.photographs.names[index] for index in probes]), "people": sets.people("probes")[:shown],
    }
