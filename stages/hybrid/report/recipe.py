"""The choices behind a run's figures: the base encoder and the main parameters, each explained in one line."""

import pandas as pd

from stages.hybrid.base.params import LABELLED, WEIGHTS, BaseParams
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.ground.params import Names, Params
from stages.hybrid.report.pages import Block, Heading, Table
from stages.hybrid.training.params import TrainingParams

WORD_EMBEDDINGS = {
    "frozen": "The word embeddings keep the base's values.",
    "trained": "All word embeddings are trained.",
    "trimmed": "Only the word embeddings of tokens in the training texts are trained.",
}
PRECISION = {
    "auto": "Training computes in bfloat16 if the processor or GPU supports it, else in float32.",
    "bfloat16": "Training computes in bfloat16.",
    "float32": "Training computes in float32.",
}


class Recipe(Params):
    """The parameters that decide a run's figures. Other keys of params.yaml are left out.

    Attributes:
        datasets: names of the training sets
        base: the encoder to start from
        sampler: how batches are drawn
        training: how the encoder is fine-tuned
    """

    datasets: Names
    base: BaseParams
    sampler: SamplerParams
    training: TrainingParams


def describe_recipe(recipe: Recipe, *, curve: pd.DataFrame | None = None) -> list[Block]:
    """Return the section on what decides a run's figures. ``curve`` is the training curve, if there is one."""
    return [Heading(2, "Recipe"), recipe_table(recipe, curve)]


def recipe_table(recipe: Recipe, curve: pd.DataFrame | None) -> Table:
    """Return one row for each choice: its name, what was chosen, and what it does.

    The name of a parameter is that in params.yaml. ``curve`` has the column grad_norm, the norm before clipping.
    """
    rows = [*_base(recipe.base), *_batches(recipe.sampler, len(recipe.datasets)), *_training(recipe.training, curve)]
    return Table(["choice", "here", "what it means"], rows, text_columns=3)


def _base(base: BaseParams) -> list[list[str]]:
    known = LABELLED.get(base.short_name)
    unknown = ["not known here", "See the encoder's documentation. It may have seen data of a benchmark's source."]
    return [
        ["base encoder", base.title, WEIGHTS[base.source]],
        ["labelled data that the base has seen", *(known or unknown)],
    ]


def _batches(sampler: SamplerParams, datasets: int) -> list[list[str]]:
    drawn = "is drawn in proportion to its pairs to the power of this number: 0 is evenly, 1 is by size."
    steps = f"{sampler.batches:,} of {sampler.batch_size} pairs"
    rows = [
        ["batches", steps, f"Strategy {sampler.strategy}; one batch is one step of training."],
        ["mono_ratio", f"{sampler.mono_ratio}", "Probability that a hybrid batch is monolingual, not cross-lingual."],
        ["language_exponent", f"{sampler.language_exponent}", f"A language {drawn}"],
    ]
    if datasets > 1:  # one training set is always drawn
        rows.append(["dataset_exponent", f"{sampler.dataset_exponent}", f"A training set {drawn}"])
    return rows


def _training(params: TrainingParams, curve: pd.DataFrame | None) -> list[list[str]]:
    mixed = f"The saved weights are the average of the base ({params.base_share:.0%}) and the fine-tuned model."
    dropped = "Share of the activations that is set to 0 at random in training."
    words = {
        "learning_rate": "The highest in the run: it rises at first, then falls linearly.",
        "temperature": "The loss divides cosines by it. The smaller it is, the more the hardest negatives count.",
        "max_grad_norm": _clipping(params.max_grad_norm, curve),
        "dropout": dropped if params.dropout else "No activations are set to 0 at random in training.",
        "base_share": mixed if params.base_share else "The fine-tuned weights are saved as they are.",
        "word_embeddings": WORD_EMBEDDINGS[params.word_embeddings],
        "query_length": "Tokens of a query that training reads. The rest of a longer query is cut.",
        "passage_length": "Tokens of a passage that training reads. The rest of a longer passage is cut.",
        "precision": PRECISION[params.precision],
    }
    return [[name, str(getattr(params, name)), text] for name, text in words.items()]


def _clipping(max_norm: float, curve: pd.DataFrame | None) -> str:
    """Say what gradient clipping does and, if the training curve has the norms, in how many steps it acted."""
    if not max_norm:
        return "Gradients are not clipped."
    text = "Gradients of a larger norm are scaled down to this norm."
    if curve is None or "grad_norm" not in curve:
        return text
    return f"{text} This happened in {(curve['grad_norm'] > max_norm).sum():,} of {len(curve):,} steps."
