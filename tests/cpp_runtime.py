"""Runs exported models where nothing of this package is: in another process, on TensorFlow's C++ loader."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

# Knows neither keras nor the package; TensorFlow's Python is there only to start a Session on the C++ loader.
SESSION = """
import sys
sys.modules["keras"] = sys.modules["tfprivacy_rep"] = None  # importing them raises ImportError
import numpy as np
import tensorflow as tf
folder, file = sys.argv[1:]
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], folder)
    signature = graph.signature_def["serving_default"]
    feed, fetch = signature.inputs["images"].name, signature.outputs["representation"].name
    images = np.load(file)
    results = {str(count): session.run(fetch, {feed: images[:count]}) for count in (1, 3, len(images))}
assert not [name for name in sys.modules if name.startswith(("keras.", "tfprivacy_rep."))]
np.savez(file + ".out.npz", **results)
"""

# No TensorFlow in Python at all: the C API of the shared library inside the wheel, as a C program would use it.
C_API = """
import ctypes, sys
import numpy as np
library, folder, file, feed, fetch, numbers = sys.argv[1:]
tf = ctypes.CDLL(library)
pointer = ctypes.c_void_p
for name in ("TF_NewStatus", "TF_NewSessionOptions", "TF_NewGraph", "TF_LoadSessionFromSavedModel",
             "TF_GraphOperationByName", "TF_AllocateTensor", "TF_TensorData"):
    getattr(tf, name).restype = pointer
tf.TF_Message.restype = ctypes.c_char_p
class Output(ctypes.Structure):
    _fields_ = [("oper", pointer), ("index", ctypes.c_int)]
def output(name):
    operation, index = name.split(":")
    found = tf.TF_GraphOperationByName(pointer(graph), operation.encode())
    assert found, name
    return Output(found, int(index))
status, graph = tf.TF_NewStatus(), tf.TF_NewGraph()
def check():
    assert tf.TF_GetCode(pointer(status)) == 0, tf.TF_Message(pointer(status))
tags = (ctypes.c_char_p * 1)(b"serve")
session = tf.TF_LoadSessionFromSavedModel(
    pointer(tf.TF_NewSessionOptions()), None, folder.encode(), tags, 1, pointer(graph), None, pointer(status))
check()
images = np.ascontiguousarray(np.load(file), np.float32)
dimensions = (ctypes.c_int64 * images.ndim)(*images.shape)
tensor = tf.TF_AllocateTensor(1, dimensions, images.ndim, ctypes.c_size_t(images.nbytes))
ctypes.memmove(tf.TF_TensorData(pointer(tensor)), images.ctypes.data, images.nbytes)
results = (pointer * 1)()
tf.TF_SessionRun(pointer(session), None, ctypes.byref(output(feed)), (pointer * 1)(tensor), 1,
                 ctypes.byref(output(fetch)), results, 1, None, 0, None, pointer(status))
check()
z = np.empty((len(images), int(numbers)), np.float32)
ctypes.memmove(z.ctypes.data, tf.TF_TensorData(pointer(results[0])), z.nbytes)
np.save(file + ".c.npy", z)
assert not {"tensorflow", "keras", "tfprivacy_rep"} & set(sys.modules)
"""

# Every signature of a model, on the C++ loader, with inputs and outputs from and to a file; errors by their class.
SIGNATURES = """
import pickle, sys
sys.modules["keras"] = sys.modules["tfprivacy_rep"] = None
import tensorflow as tf
folder, file = sys.argv[1:]
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], folder)
    answers = []
    for name, inputs in pickle.load(open(file, "rb")):
        signature = graph.signature_def[name]
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        try:
            answers.append(session.run({key: one.name for key, one in signature.outputs.items()}, feeds))
        except tf.errors.OpError as error:
            answers.append((type(error).__name__, error.message))
        except ValueError as error:
            answers.append(("ValueError", str(error)))
pickle.dump(answers, open(file + ".out", "wb"))
"""


def run(script: str, cwd: Path, *arguments: str) -> None:
    """Runs a script in an empty folder, without PYTHONPATH, so that the package is not to be found."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def answers(folder: Path, tmp_path: Path, requests: list) -> list:
    """What a SavedModel answers through the C++ loader, request by request, in one session."""
    file = tmp_path / "requests.pickle"
    file.write_bytes(pickle.dumps(requests))
    run(SIGNATURES, tmp_path, str(folder), str(file))
    return pickle.loads(Path(f"{file}.out").read_bytes())
