"""How much is spent on a reproduction: options of `Config` that take the place of their defaults.

What the user gives on the command line wins over all of them. None of these values is the paper's.
"""

from __future__ import annotations

from typing import Any, Mapping

from tfprivacy_rep.jobs import ReproduceConfig

#: Photographs of X1 and of X2 that are trained on in the rows with more data, at most; 0: all.
MOST_IMAGES = {"smoke": 400, "small": 8_000, "full": 0}

#: The values of the curve over lambda2.
LAMBDA2 = {"smoke": (0.0, 1.0), "small": (0.0, 0.1, 0.3, 1.0, 3.0), "full": (0.0, 0.1, 0.3, 1.0, 3.0)}

OPTIONS: dict[str, dict[str, Any]] = {
    # To see that everything works, in minutes; the figures mean nothing.
    "smoke": dict(
        image_size=32, widths=(8, 8, 16, 16), representation_size=32, perceptual_size=16, rendered_images=4_000,
        lambda1=1.0, lambda2=0.1, steps=20, batch_size=16, log_every=10, checkpoint_every=20, attack_steps=20,
        attack_check_every=10, attack_batch_size=16, attack_patience=5, cache_perceptual=False,
    ),
    # Two cores, no GPU: half widths, g on 32-px images.
    "small": dict(
        image_size=64, widths=(16, 32, 64, 128), representation_size=128, perceptual_size=32, rendered_images=26_600,
        lambda1=1.0, lambda2=0.3, steps=700, batch_size=16, learning_rate=1e-3, adversary_learning_rate=1e-3,
        log_every=100, checkpoint_every=350, attack_steps=700, attack_check_every=100, attack_batch_size=16,
        attack_patience=3, cache_perceptual=True,
    ),
    # GPUs and the whole of CelebA.
    "full": dict(
        image_size=64, widths=(64, 128, 256, 512), representation_size=128, perceptual="imagenet", perceptual_size=64,
        rendered_images=200_000, lambda1=1.0, lambda2=0.3, steps=40_000, batch_size=128, learning_rate=2e-4,
        adversary_learning_rate=2e-4, log_every=200, checkpoint_every=2_000, attack_steps=40_000,
        attack_check_every=500, attack_batch_size=128, attack_patience=10, cache_perceptual=False,
    ),
}

#: Options of a frontier in place of the budget's, because what learns noise needs more steps than the table's encoders;
#: and further ones by source: of ORL's few photographs variants are learned from too.
FRONTIER: dict[str, dict[str, Any]] = {
    "smoke": dict(release_size=16),
    "small": dict(release_size=32, steps=1_200, checkpoint_every=400),
    "full": dict(release_size=64),
}
FRONTIER_OF: dict[str, dict[str, dict[str, Any]]] = {
    "orl": {
        "small": dict(perceptual_size=16, augment=32, cache_perceptual=False, lambda1=1.0, lambda2=0.1, steps=1_600,
                      attack_steps=1000),
        "full": dict(augment=32, steps=4_000, attack_steps=4_000),
    },
    # 500 people are tested. Under noise forty attributes take longer to learn than without.
    "rendered": {"small": dict(
        rendered_images=33_400, release_size=64, steps=10_000, checkpoint_every=2_500, log_every=500,
        utility_draws=8, learning_rate=2e-3, adversary_learning_rate=2e-3, perceptual_size=16,
    )},
}

Strengths = Mapping[str, tuple[float, ...]]
_BITS = (128.0, 96.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0)
_SMALL: Strengths = {
    "lambda1": (0.3, 3.0), "lambda2": (0.1, 1.0), "both": (0.3, 1.0), "rate": _BITS, "rate_lambda": (128.0, 64.0),
    "noise": (0.25, 0.5, 1.0), "bottleneck": (16.0, 8.0, 4.0),
}
#: Strengths of each way to protect on a frontier: weights; multiples of the configuration's lambda1 and lambda2; bits;
#: standard deviations; numbers in Z.
STRENGTHS: dict[str, Strengths] = {
    "smoke": {"lambda1": (1.0,), "lambda2": (0.3,), "both": (1.0,), "rate": (32.0, 8.0), "rate_lambda": (8.0,),
              "noise": (1.0,), "bottleneck": (4.0,)},
    "small": _SMALL,
    "full": {
        "lambda1": (0.3, 1.0, 3.0), "lambda2": (0.1, 0.3, 1.0), "both": (0.3, 1.0, 3.0), "rate": _BITS,
        "rate_lambda": (64.0, 32.0, 16.0, 8.0), "noise": (0.5, 1.0, 2.0, 4.0), "bottleneck": (16.0, 8.0, 4.0, 2.0),
    },
}

#: The same by source, where a point costs so much that fewer of them fill the budget.
STRENGTHS_OF: dict[str, dict[str, Strengths]] = {
    "rendered": {"small": {
        "lambda1": (1.0,), "lambda2": (0.3,), "both": (1.0,), "rate": (56.0, 16.0), "rate_lambda": (56.0,),
        "noise": (0.5,), "bottleneck": (16.0,),
    }},
}


def strengths(budget: str, dataset: str) -> Strengths:
    """How strong each way to protect is tried on a frontier."""
    return STRENGTHS_OF.get(dataset, {}).get(budget, STRENGTHS[budget])


def defaults(job: ReproduceConfig, dataset: str) -> dict[str, Any]:
    """The options that a budget sets, and a folder for the results, unless the user gives others.

    Args:
        job: with the budget.
        dataset: the source; what is drawn is kept beside the results and shared by all budgets of a size.
    """
    own: dict[str, Any] = {"output_dir": f"runs/reproduce-{dataset}-{job.budget}"}
    if job.is_frontier:
        own = FRONTIER[job.budget] | FRONTIER_OF.get(dataset, {}).get(job.budget, {})
        own["output_dir"] = f"runs/frontier-{dataset}-{job.budget}"
    if dataset == "rendered":
        own["data_dir"] = "runs/rendered"
    return OPTIONS[job.budget] | own
