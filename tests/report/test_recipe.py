"""The recipe: the base and its past, what each parameter does, and in how many steps gradients were clipped."""

import pandas as pd
import pytest
from pydantic import ValidationError

from stages.hybrid.all_params import composed_values
from stages.hybrid.base.params import LABELLED, PACKAGED, BaseParams
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.report.pages import Heading, Table
from stages.hybrid.report.recipe import Recipe, describe_recipe, recipe_table
from stages.hybrid.training.params import TrainingParams
from support.toy_plans import make_params as make_sampler_params
from support.toy_training import make_params as make_training_params

BASE = BaseParams(source="packaged", name=PACKAGED, revision="")
CURVE = pd.DataFrame({"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "grad_norm": [1.5, 1.0, 0.5]})


def rows_of(
    *,
    base: BaseParams = BASE,
    datasets: tuple[str, ...] = ("help",),
    curve: pd.DataFrame | None = None,
    **changed: object,
) -> dict[str, list[str]]:
    """Return what the table says of each choice. ``changed`` are parameters of the training."""
    sampler, training = make_sampler_params(), make_training_params(**changed)
    recipe = Recipe(datasets=list(datasets), base=base, sampler=sampler, training=training)
    return {name: words for name, *words in recipe_table(recipe, curve).rows}


def test_the_packaged_base_has_restored_weights_whose_cost_was_not_measured_and_has_seen_squad() -> None:
    rows = rows_of()
    name, weights = rows["base encoder"]
    assert name == "multilingual-e5-small (packaged)"
    assert "4-bit weights" in weights and "restored to float32" in weights and "was not measured" in weights
    seen, words = rows["labelled data that the base has seen"]
    assert "SQuAD" in seen.split(", ") and "arXiv 2402.05672" in words and "not in the paper" in words


def test_a_known_encoder_is_known_from_the_hub_too_and_of_another_nothing_is_said() -> None:
    hub = BaseParams(source="hub", name=f"intfloat/{PACKAGED}", revision="abc")
    rows = rows_of(base=hub)
    assert rows["base encoder"] == [
        "multilingual-e5-small (hub, revision abc)",
        "Its weights are those on the Hugging Face hub.",
    ]
    assert rows["labelled data that the base has seen"] == list(LABELLED[PACKAGED])
    own = BaseParams(source="folder", name="/secret/encoder/", revision="")
    rows = rows_of(base=own)
    assert rows["base encoder"][0] == "encoder (folder)"
    assert rows["labelled data that the base has seen"][0] == "not known here"


@pytest.mark.parametrize(
    ("max_norm", "curve", "words"),
    [
        (1.0, CURVE, "This happened in 1 of 3 steps."),  # 1.5 is above 1; 1.0 is not
        (0.4, CURVE, "This happened in 3 of 3 steps."),
        (1.0, None, "Gradients of a larger norm are scaled down to this norm."),
        (1.0, CURVE[["step", "loss"]], "Gradients of a larger norm are scaled down to this norm."),
        (0.0, CURVE, "Gradients are not clipped."),
    ],
)
def test_clipping_is_counted_if_the_curve_has_the_norms(
    max_norm: float, curve: pd.DataFrame | None, words: str
) -> None:
    value, text = rows_of(curve=curve, max_grad_norm=max_norm)["max_grad_norm"]
    assert value == str(max_norm) and text.endswith(words)


def test_a_choice_that_does_nothing_says_so() -> None:
    rows = rows_of(base_share=0.0, dropout=0.0)
    assert rows["base_share"] == ["0.0", "The fine-tuned weights are saved as they are."]
    assert rows["dropout"] == ["0.0", "No activations are set to 0 at random in training."]
    rows = rows_of(base_share=0.25, dropout=0.1)
    assert "the base (25%)" in rows["base_share"][1] and rows["dropout"][1].startswith("Share of the activations")


def test_how_training_sets_are_drawn_matters_only_if_there_are_two() -> None:
    assert "dataset_exponent" not in rows_of()
    assert rows_of(datasets=("help", "messages"))["dataset_exponent"][0] == "1.0"
    assert rows_of()["language_exponent"][0] == "0.0" and rows_of()["mono_ratio"][0] == "0.5"


def test_every_named_parameter_is_one_of_params_yaml() -> None:
    known = {*SamplerParams.model_fields, *TrainingParams.model_fields}
    assert set(rows_of(datasets=("a", "b"))) - known == {"base encoder", "labelled data that the base has seen"}


def test_a_recipe_is_read_from_all_parameters_of_a_run_and_lacks_none() -> None:
    values = composed_values("lareqa")
    heading, table = describe_recipe(Recipe.model_validate(values))
    assert heading == Heading(2, "Recipe")
    assert isinstance(table, Table) and ["passage_length", "128"] in [row[:2] for row in table.rows]
    with pytest.raises(ValidationError, match="training"):
        Recipe.model_validate({name: value for name, value in values.items() if name != "training"})
