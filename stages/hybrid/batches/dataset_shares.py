"""The expected share of the batches from each training set, and how it changes with ``sampler.mono_ratio``.

If a training set makes only one kind of batch, its share grows with the share of this kind. So a sweep of
``mono_ratio`` also changes the mix of training sets.
"""

from typing import Any

from stages.hybrid.batches.sampler import Sampler
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.layout import PLAN_SUMMARY

NOW, AT_0, AT_1 = "now", "at_mono_ratio_0", "at_mono_ratio_1"  # the keys of expected shares


def expect_dataset_shares(sampler: Sampler) -> dict[str, dict[str, float]]:
    """Return the expected share of the batches from each training set, in [0, 1], by the set's name.

    ``now`` is the share at the sampler's own parameters. ``at_mono_ratio_0`` and ``at_mono_ratio_1`` are the shares if
    only ``mono_ratio`` were changed. These two are missing if the strategy is not hybrid, or if no training set can
    make one of the two kinds of batch.
    """
    samplers = {NOW: sampler} | _samplers_of_one_kind(sampler)
    return {data.name: {key: _share_of(data.name, each) for key, each in samplers.items()} for data in sampler.datasets}


def describe_limits(data: dict[str, Any], mono_ratio: float) -> str:
    """Return which kinds of batch a training set cannot make, in one line, or ``""`` if it makes all.

    The line also has the set's expected shares if ``mono_ratio`` changes them for that reason.

    Args:
        data: The set's row in ``datasets`` of the plan's summary.
        mono_ratio: The one that the plan was drawn with.
    """
    shares, name = data["expected_share"], data["dataset"]
    makes_cross_lingual, makes_monolingual = (shares.get(key, 0.0) > 0 for key in (AT_0, AT_1))
    if makes_cross_lingual == makes_monolingual:
        kinds = " or ".join(data["kinds_left_out"])
        return f"{name} cannot make {kinds} batches; {PLAN_SUMMARY} has the batches that it makes" if kinds else ""
    by_ratio = {mono_ratio: shares[NOW], 0.0: shares[AT_0], 1.0: shares[AT_1]}
    first, *middle, last = [f"{share:.2f} at {ratio}" for ratio, share in by_ratio.items()]
    shown = ", ".join([first.replace("at", "at mono_ratio"), *middle])
    return (
        f"{name} cannot make {'monolingual' if makes_cross_lingual else 'cross_lingual'} batches: its expected share "
        f"of the batches is {shown} and {last}, so mono_ratio also changes the training sets' shares"
    )


def _samplers_of_one_kind(sampler: Sampler) -> dict[str, Sampler]:
    """Return samplers that differ from ``sampler`` only in ``mono_ratio``, if both kinds can be made."""
    if sampler.params.strategy != "hybrid":
        return {}
    params = {key: sampler.params.model_copy(update={"mono_ratio": ratio}) for key, ratio in ((AT_0, 0.0), (AT_1, 1.0))}
    try:
        return {key: Sampler(sampler.datasets, changed, sampler.seed) for key, changed in params.items()}
    except UserError:
        return {}


def _share_of(name: str, sampler: Sampler) -> float:
    shares = [source.share for sources in sampler.sources.values() for source in sources if source.data.name == name]
    return sum(shares, start=0.0)
