"""All parameters: what is refused, how profiles are composed, and the schema for editors."""

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from stages.hybrid.all_params import (
    DEFAULT,
    PROFILES,
    SCHEMA,
    SECTIONS,
    AllParams,
    _merge,
    compose,
    composed_values,
    field_words,
    json_schema,
    profile_names,
)
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import Section
from support.stage_scripts import ROOT

HERE = Path("params.yaml")


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def changed(key: str, value: Any) -> dict[str, Any]:
    """Return the default's parameters with one of them changed; ``key`` is dotted."""
    values = composed_values(DEFAULT)
    section, _, name = key.rpartition(".")
    (values[section] if section else values)[name] = value
    return values


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("profile", "../x", "profile is '../x', expected"),
        ("seed", -1, "seed is -1, expected greater than or equal to 0"),
        ("benchmarks", [], r"benchmarks is \[\], expected a list of at least 1"),
        ("benchmarks", ["x", "x"], r"benchmarks is \['x', 'x'\], expected each name once; remove one 'x'"),
        ("benchmarks", ["libreoffice_help"], "datasets has 'libreoffice_help', which benchmarks or validation_set has"),
        ("validation_set", "libreoffice_help", "datasets has 'libreoffice_help', which benchmarks or validation_set"),
        ("models", ["gpt"], "models.0 is 'gpt', expected 'base' or 'finetuned'"),
        ("traning", {}, r"traning is not a parameter; is 'training' meant\?"),
        ("sampler.monoratio", 0.5, r"sampler.monoratio is not a parameter; is 'mono_ratio' meant\?"),
        ("sampler.mono_ratio", 1.5, "sampler.mono_ratio is 1.5, expected less than or equal to 1"),
        ("sampler.strategy", "x", "sampler.strategy is 'x', expected 'hybrid', 'monolingual', 'cross_lingual'"),
        ("sampler.batches", 0, "sampler.batches is 0, expected greater than or equal to 1"),
        ("sampler.batch_size", 1, "sampler.batch_size is 1, expected greater than or equal to 2"),
        ("sampler.language_exponent", 2.0, "sampler.language_exponent is 2.0, expected less than or equal to 1"),
        ("sampler.language_weights", {"de": -1.0}, "sampler.language_weights.de is -1.0, expected greater than"),
        ("sampler.language_weights", {False: 2.0}, "sampler.language_weights has the key False, expected text"),
        ("base.source", "mirror", "base.source is 'mirror', expected 'packaged', 'hub' or 'folder'"),
        ("base.name", "xlm-roberta-base", "base.name is 'xlm-roberta-base', but only multilingual-e5-small"),
        ("base.source", "hub", "base.revision is empty; give the commit"),
        ("prepare.held_out_share", 1.0, "prepare.held_out_share is 1.0, expected less than 1"),
        ("prepare.leaks", "hide", "prepare.leaks is 'hide', expected 'stop', 'drop' or 'allow'"),
        ("negatives.language", "other", "negatives.language is 'other', expected 'same' or 'any'"),
        ("negatives.per_query", 51, "negatives.depth is 50, expected at least per_query, 51"),
        ("negatives.margin", 3.0, "negatives.margin is 3.0, expected less than or equal to 2"),
        ("training.temperature", 0.0, "training.temperature is 0.0, expected greater than 0"),
        ("training.max_grad_norm", -1.0, "training.max_grad_norm is -1.0, expected greater than or equal to 0"),
        ("training.dropout", 1.0, "training.dropout is 1.0, expected less than 1"),
        ("training.base_share", 1.0, "training.base_share is 1.0, expected less than 1"),
        ("training.precision", "half", "training.precision is 'half', expected 'auto', 'bfloat16' or 'float32'"),
        ("training.query_length", 2, "training.query_length is 2, expected greater than or equal to 8"),
        ("training.word_embeddings", "half", "training.word_embeddings is 'half', expected 'frozen', 'trained'"),
        ("training.lora_rank", -1, "training.lora_rank is -1, expected greater than or equal to 0"),
        ("training.patience", 2, "training.patience is 2 without validation; set validation_steps above 0"),
        ("encoder.precision", "int4", "encoder.precision is 'int4', expected 'auto', 'int8', 'bfloat16' or 'float32'"),
        ("encoder.tokens_per_batch", 9, "encoder.tokens_per_batch is 9, expected at least max_length, 256"),
        ("index.kind", "fast", "index.kind is 'fast', expected 'auto', 'exact' or 'approximate'"),
        (
            "measures.cutoffs",
            [1, 5],
            r"measures.cutoffs is \[1, 5\], expected ranks from 1 in ascending order, with 10",
        ),
        ("baselines.names", ["bm25", "tfidf"], "baselines.names.1 is 'tfidf', expected 'random', 'bm25'"),
        ("baselines.training_texts", 0, "baselines.training_texts is 0, expected greater than or equal to 1"),
        ("bias.top_k", 0, "bias.top_k is 0, expected greater than or equal to 1"),
        (
            "bias.top_k",
            200,
            "bias.top_k is 200, expected at most measures.run_depth, 100; lower it, or raise run_depth",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_what_was_found_and_what_was_expected(
    key: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=f"^params.yaml: {message}"):
        AllParams.check(changed(key, value), HERE)


def test_frozen_layers_and_trained_word_embeddings_exclude_each_other() -> None:
    values = changed("training.frozen_layers", 1)
    values["training"]["word_embeddings"] = "trained"
    with pytest.raises(UserError, match=r"training\.frozen_layers is 1 with word_embeddings 'trained'"):
        AllParams.check(values, HERE)


def test_a_folder_that_this_machine_lacks_can_be_named_because_only_the_stage_base_reads_it() -> None:
    values = changed("base.source", "folder")
    values["base"]["name"] = "/on/another/machine"
    assert AllParams.check(values, HERE).base.name == "/on/another/machine"


def test_a_merge_takes_a_section_s_changes_by_field_and_leaves_its_arguments_as_they_were() -> None:
    default = {"seed": 1, "bias": {"top_k": 1}, "sampler": {"batches": 2, "language_weights": {"de": 2.0}}}
    changes = {"seed": 3, "sampler": {"language_weights": {"en": 0.5}}}
    before = copy.deepcopy((default, changes))
    merged = _merge(default, changes)
    assert merged == {
        "seed": 3,
        "bias": {"top_k": 1},
        "sampler": {"batches": 2, "language_weights": {"en": 0.5}},
    }
    assert (default, changes) == before


class Train(Section):
    """A section.

    Attributes:
        rate: how fast; above 0
        steps: how long, and a text that is so long that it continues in a second
            line; from 1
    """

    rate: float
    steps: int


def test_what_a_field_means_is_read_from_the_docstring() -> None:
    assert field_words(Train) == {
        "rate": "how fast; above 0",
        "steps": "how long, and a text that is so long that it continues in a second line; from 1",
    }


@pytest.mark.parametrize("kind", [AllParams, *SECTIONS.values()], ids=lambda kind: kind.__name__)
def test_every_parameter_has_a_line_in_its_class_s_docstring(kind: type[BaseModel]) -> None:
    words = field_words(kind)
    assert list(words) == list(kind.model_fields)
    assert all(words.values())


@pytest.mark.parametrize("name", profile_names())
def test_a_composed_profile_reads_back_as_its_values_and_names_itself(name: str) -> None:
    text = compose(name)
    assert YAML(typ="safe", pure=True).load(text) == composed_values(name)
    assert composed_values(name)["profile"] == name


@pytest.mark.parametrize("name", [name for name in profile_names() if name != DEFAULT])
def test_a_profile_holds_only_what_differs_from_the_default(name: str) -> None:
    own, default = (YAML(typ="safe", pure=True).load(ROOT / PROFILES / f"{key}.yaml") for key in (name, DEFAULT))
    for key, value in own.items():
        pairs = value.items() if isinstance(value, dict) else [(None, value)]
        for inner, found in pairs:
            assert found != (default[key] if inner is None else default[key][inner]), f"{key}.{inner}"


def test_params_yaml_is_composed_from_the_profile_that_it_names() -> None:
    params = (ROOT / HERE).read_text(encoding="utf-8")
    assert params == compose(YAML(typ="safe", pure=True).load(params)["profile"])


def test_every_line_of_params_yaml_has_its_meaning_as_a_comment() -> None:
    lines = (ROOT / HERE).read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        if ":" in line.partition("#")[0]:
            assert "  # " in line or above.lstrip().startswith("#"), line
        assert len(line) <= 200 and not line.endswith(" ")


def test_the_schema_for_editors_is_made_from_the_classes() -> None:
    assert (ROOT / SCHEMA).read_text(encoding="utf-8") == json_schema()


def test_a_profile_with_an_unknown_parameter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = (ROOT / PROFILES / f"{DEFAULT}.yaml").read_text(encoding="utf-8")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "help.yaml").write_text(default, encoding="utf-8")
    (tmp_path / "profiles" / "mine.yaml").write_text("profile: mine\nsampler: {batchsize: 8}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"mine\.yaml: sampler\.batchsize is not a parameter; is 'batch_size' meant\?"):
        compose("mine")
