"""Loads a .keras file as a model from images in [0, 1] to one representation."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Iterator

import keras

from tfprivacy_rep.attacks.image_input import SCALES, require_fitting, unknown_side
from tfprivacy_rep.errors import UserError

#: What a file says where it holds Python code.
_CODE = {"Lambda", "__lambda__"}


def load_keras(path: Path, image_size: int = 0, output: str = "", input_range: str = "unit") -> keras.Model:
    """Loads a model without running any code that the file holds.

    Args:
        path: of the file.
        image_size: side S of the photographs; 0: as the model says.
        output: name of the output that is the representation; may be empty if there is one only.
        input_range: scale of the images that it takes: `unit` [0, 1], `byte` [0, 255], `symmetric` [-1, 1].

    Returns:
        A model from images float32 `[B, S, S, 3]` in [0, 1] to representations float32 `[B, ...]`, which passes
        gradients: the change of scale is inside.

    Raises:
        UserError: if it can't be loaded, or does not take such images.
    """
    _require_no_code(path)
    try:
        model = keras.models.load_model(path, safe_mode=True, compile=False)
    except Exception as error:  # of a file that anybody may have made
        # Each model that the culprit is in adds its configuration before: the culprit's own text comes last.
        reason = str(error).rpartition("Exception encountered: ")[2].partition(" Full object config")[0]
        raise UserError(
            "Invalid `encoder`: expected a .keras file of layers that Keras knows. Received: "
            f"{path}, which can't be loaded: {type(error).__name__}: {reason[:300]} Save it again with this version of "
            "Keras, or export it as a SavedModel, which needs no classes."
        ) from error
    inputs = list(model.inputs or [])
    floating = len(inputs) == 1 and keras.backend.is_float_dtype(keras.backend.standardize_dtype(inputs[0].dtype))
    if not floating:
        described = ", ".join(f"{one.name}: {one.dtype} {tuple(one.shape)}" for one in inputs) or "unknown inputs"
        raise UserError(
            "Invalid `encoder`: expected a Keras model of one input, images as floats [B, S, S, 3]. Received: "
            f"{path} of {described}. Wrap it in a model that takes such images, or export it as a SavedModel."
        )
    image_size = image_size or _its_side(inputs[0], path)
    require_fitting(tuple(inputs[0].shape), image_size)
    if isinstance(model, keras.Sequential):  # has no `output` before it is called
        model = keras.Model(model.inputs, model.outputs)
    return _as_encoder(model, _chosen(model, output, path), image_size, input_range)


def _its_side(images: keras.KerasTensor, path: Path) -> int:
    side = images.shape[1] if len(images.shape) == 4 else 0
    if side is None:
        raise unknown_side(path)
    return side


def _require_no_code(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UserError(
            f"Invalid `encoder`: expected a .keras file as Keras 3 saves it. Received: {path}, which is none "
            f"({type(error).__name__}). Save the model again: model.save('encoder.keras')."
        ) from error
    if _CODE & set(_classes(config)):
        raise UserError(
            "Invalid `encoder`: expected a .keras file without Python code in it. Received: "
            f"{path}, which uses a Lambda layer or a lambda: whoever made the file could run anything here. Use layers "
            "of Keras, or export it as a SavedModel."
        )


def _classes(config: Any) -> Iterator[str]:
    """Names of all classes in a model's configuration."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config["class_name"]
        for value in config.values():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)


def _chosen(model: keras.Model, wanted: str, path: Path) -> Any:
    """The output that is the representation, by its name in the model's dictionary of outputs or by its layer's."""
    outputs = dict(model.output if isinstance(model.output, dict) else zip(model.output_names, model.outputs))
    if wanted not in outputs and (wanted or len(outputs) != 1):
        raise UserError(
            f"Invalid `output_name`: expected one of the outputs of {path}: {', '.join(sorted(outputs))}. Received: "
            f"output_name={wanted!r}. Add --output_name={sorted(outputs)[0]}, or the one that leaves the device."
        )
    chosen = outputs[wanted] if wanted else next(iter(outputs.values()))
    if len(chosen.shape) < 2:
        raise UserError(
            f"Invalid `encoder`: expected representations of shape [B, ...]. Received: {path} with an output of shape "
            f"{tuple(chosen.shape)}. Name another one by --output_name, or add a dimension."
        )
    return chosen


def _as_encoder(model: keras.Model, output: Any, image_size: int, input_range: str) -> keras.Model:
    shape = (None, image_size, image_size, 3)
    single = isinstance(model.input, keras.KerasTensor) and isinstance(model.output, keras.KerasTensor)
    if single and input_range == "unit" and tuple(model.inputs[0].shape) == shape and output.dtype == "float32":
        return model
    images = keras.Input(shape[1:], name="images")
    factor, offset = SCALES[input_range]
    x = images if input_range == "unit" else keras.layers.Rescaling(factor, offset, name="to_its_scale")(images)
    z = keras.Model(model.inputs[0], output, name="its_own")(x)
    return keras.Model(images, z if output.dtype == "float32" else keras.ops.cast(z, "float32"), name="encoder")
