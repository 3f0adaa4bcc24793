"""params.yaml as typed classes: what is refused and how."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, model_validator

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import PARAMS, Models, Names, Params, ProfileName, Section, Seed, read_mapping


class Train(Section):
    """A section."""

    rate: Annotated[float, Field(gt=0)]
    steps: Annotated[int, Field(ge=1)]
    ready: bool
    names: list[str]
    weights: dict[str, float]

    @model_validator(mode="after")
    def _check(self) -> "Train":
        if self.steps == 7:
            raise ValueError("steps is 7, expected another number")
        return self


class Reads(Params):
    """What a script reads."""

    train: Train
    seed: int


GOOD = "train: {rate: 1, steps: 2, ready: true, names: [a, b], weights: {x: 1}}\nseed: 3\nother: left alone\n"


def write(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_gets_its_parameters_typed_and_an_int_passes_as_a_float(tmp_path: Path) -> None:
    found = Reads.read(write(tmp_path))
    assert found.train == Train(rate=1.0, steps=2, ready=True, names=["a", "b"], weights={"x": 1.0})
    assert isinstance(found.train.rate, float) and found.seed == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate: 1,", "rate: fast,", "train.rate is 'fast', expected a valid number"),
        ("rate: 1,", "rate: true,", "train.rate is True, expected a valid number"),
        ("rate: 1,", "rate: .nan,", "train.rate is nan, expected a finite number"),
        ("rate: 1,", "rate: 0,", "train.rate is 0, expected greater than 0"),
        ("steps: 2", "steps: 2.5", "train.steps is 2.5, expected a valid integer"),
        ("steps: 2", "steps: 0", "train.steps is 0, expected greater than or equal to 1"),
        ("steps: 2", "steps: 7", "train.steps is 7, expected another number"),
        ("ready: true", "ready: 1", "train.ready is 1, expected a valid boolean"),
        ("ready: true", "ready: yes", "train.ready is 'yes', expected a valid boolean"),
        ("[a, b]", "a", "train.names is 'a', expected a valid list"),
        ("[a, b]", "[a, 1]", r"train\.names\.1 is 1, expected a valid string"),
        ("{x: 1}", "[x]", r"train\.weights is \['x'\], expected a valid dictionary"),
        ("{x: 1}", "{1: 1}", r"train\.weights has the key 1, expected text; quote it"),
        ("steps: 2", "stps: 2", r"train\.steps is missing; is 'stps' meant\?"),
        ("steps: 2", "steps: 2, stps: 2", r"train\.stps is not a parameter; is 'steps' meant\?"),
        ("steps: 2", "steps: 2, zzz: 2", r"train\.zzz is not a parameter$"),
        (" ready: true,", "", "train.ready is missing; copy it from profiles/help.yaml"),
        ("train:", "traim:", r"train is missing; is 'traim' meant\?"),
        ("seed: 3", "seed: three", "seed is 'three', expected a valid integer"),
        (GOOD.splitlines()[0], "train: 5", "train is 5, expected a section with its parameters"),
    ],
)
def test_a_wrong_parameter_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(UserError, match=message) as error:
        Reads.read(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_norwegian_is_a_language_and_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    text = GOOD.replace("{x: 1}", "{no: 2, on: 1}").replace("rate: 1,", "rate: 2e-4,").replace("[a, b]", "[no, de]")
    found = Reads.read(write(tmp_path, text)).train
    assert (found.weights, found.rate, found.names) == ({"no": 2.0, "on": 1.0}, 0.0002, ["no", "de"])


@pytest.mark.parametrize(
    ("text", "message"), [("- 1", "holds a list"), ("a: [", "not valid YAML"), ("", "holds nothing")]
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_mapping(write(tmp_path, text))


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: !!python/object:os.system x\n", "a: *b\n"])
def test_a_repeated_key_a_python_object_or_a_missing_anchor_is_not_valid(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="not valid YAML"):
        read_mapping(write(tmp_path, text))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read .*, expected a YAML file"):
        read_mapping(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found; run from the project's root"):
        read_mapping(tmp_path / "params.yaml")


class Ranges(Params):
    """Top-level parameters, as the stages have them."""

    profile: ProfileName
    seed: Seed
    datasets: Names
    models: Models


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("profile", "../x", r"profile is '../x', expected text that matches ^\w+$"),
        ("profile", "", r"profile is '', expected text that matches ^\w+$"),
        ("seed", -1, "seed is -1, expected greater than or equal to 0"),
        ("datasets", [], "datasets is [], expected a list of at least 1"),
        ("models", [], "models is [], expected a list of at least 1"),
        ("datasets", ["a", "b", "a"], "datasets is ['a', 'b', 'a'], expected each name once; remove one 'a'"),
        ("models", ["base", "base"], "models is ['base', 'base'], expected each name once; remove one 'base'"),
        ("models", ["gpt"], "models.0 is 'gpt', expected 'base' or 'finetuned'"),
    ],
)
def test_each_top_level_parameter_has_its_range_wherever_it_is_read(name: str, value: Any, message: str) -> None:
    good = {"profile": "help", "seed": 0, "datasets": ["own"], "models": ["base"]}
    assert Ranges.check(good, PARAMS).model_dump() == good
    with pytest.raises(UserError) as error:
        Ranges.check(good | {name: value}, PARAMS)
    assert str(error.value) == f"params.yaml: {message}"


def test_a_check_across_sections_says_itself_which_parameter_it_means() -> None:
    class Checked(Params):
        @model_validator(mode="after")
        def _check(self) -> "Checked":
            raise ValueError("a.b is 2, expected 1")

    with pytest.raises(UserError, match=r"^params\.yaml: a\.b is 2, expected 1$"):
        Checked.check({}, PARAMS)
