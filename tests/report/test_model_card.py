"""The model card: its contents, its front matter for hubs, and data and encoders of the user's own."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.errors import UserError
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.model_card import USAGE, describe_model, read_prompts
from stages.hybrid.report.recipe import Recipe
from stages.hybrid.training.params import TrainingParams
from support.toy_plans import make_params as make_sampler_params
from support.toy_training import make_params as make_training_params

EMPTY = pd.DataFrame()
EVIDENCE = Evidence(
    profile="help",
    seed=13,
    models=["base", "finetuned"],
    systems=["base", "finetuned"],
    languages=["en", "pt", "pt-BR"],
    summary=EMPTY,
    cells=EMPTY,
    by_language=EMPTY,
    bias=EMPTY,
    language_pairs=EMPTY,
    checks=EMPTY,
    sources={
        "libreoffice_help": {
            "licence": "MPL-2.0",
            "origin": "Debian packages",
            "files": {"en.zip": {"version": "4:7.4.7"}},
        }
    },
    plan={
        "batches": 20,
        "pairs": 1280,
        "languages": [{"lang": "en"}, {"lang": "pt"}],
        "batches_by_kind": {"cross_lingual": 9, "monolingual": 11},
        "datasets": [{"dataset": "libreoffice_help", "batches": 20, "groups": 1500, "unused_groups": 30}],
    },
)
PACKAGED = BaseParams(source="packaged", name="multilingual-e5-small", revision="")


def make_card(evidence: Evidence = EVIDENCE, *, base: BaseParams = PACKAGED) -> str:
    """Return the card of a model that was fine-tuned from ``base``."""
    prompts = {"query": "query: ", "passage": "passage: ", "document": ""}
    recipe = Recipe(
        datasets=["libreoffice_help"], base=base, sampler=make_sampler_params(), training=make_training_params()
    )
    return describe_model(evidence, recipe=recipe, prompts=prompts)


def test_the_card_has_base_languages_data_licences_plan_parameters_and_seed() -> None:
    card = make_card()
    for words in (
        "| base encoder | multilingual-e5-small (packaged) |",
        "Languages: en, pt, pt-BR. Seed: 13.",
        "| libreoffice_help | MPL-2.0 | Debian packages 4:7.4.7 | 20 | 1,500 | 30 |",
        "20 batches with 1,280 pairs in all, in 2 languages.",
        "| monolingual | 11 |",
        "| word_embeddings | frozen |",
        "| symmetric | false |",
        "`passage` is 'passage: ', `query` is 'query: '",
    ):
        assert words in card


def test_the_card_names_every_parameter_of_the_training_once() -> None:
    named = re.findall(r"^\| (\w+) \|", make_card(), flags=re.MULTILINE)
    assert {name: named.count(name) for name in TrainingParams.model_fields} == dict.fromkeys(
        TrainingParams.model_fields, 1
    )


def test_a_bar_in_a_cell_of_the_card_is_escaped() -> None:
    sources = {"libreoffice_help": EVIDENCE.sources["libreoffice_help"] | {"licence": "MPL-2.0|LGPL"}}
    assert r"| libreoffice_help | MPL-2.0\|LGPL | Debian" in make_card(replace(EVIDENCE, sources=sources))


def test_the_code_of_the_card_is_shown_unchanged() -> None:
    (code,) = re.findall(r"```python\n(.*?)\n```", make_card(), flags=re.DOTALL)
    assert code == USAGE


def test_a_configuration_without_prompts_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config_sentence_transformers.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r'has no "prompts", expected an object with "prompts"'):
        read_prompts(tmp_path)
    path.write_text('{"prompts": {"query": null}}', encoding="utf-8")
    assert read_prompts(tmp_path) == {"query": ""}


def test_the_front_matter_has_the_keys_that_hubs_read() -> None:
    front = YAML(typ="safe", pure=True).load(make_card().split("---\n")[1])
    assert front["library_name"] == "sentence-transformers"
    assert front["language"] == ["en", "pt"]
    assert "base_model" not in front
    hub = make_card(base=BaseParams(source="hub", name="intfloat/multilingual-e5-small", revision="abc"))
    front = YAML(typ="safe", pure=True).load(hub.split("---\n")[1])
    assert front["base_model"] == "intfloat/multilingual-e5-small"
    assert "(hub, revision abc)" in hub


def test_the_user_s_own_base_is_named_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret" / "encoder").mkdir(parents=True)
    card = make_card(base=BaseParams(source="folder", name=str(tmp_path / "secret" / "encoder/"), revision=""))
    assert "| base encoder | encoder (folder) |" in card and "secret" not in card


def test_the_user_s_own_training_set_has_the_licence_that_fetch_wrote() -> None:
    plan = EVIDENCE.plan | {"datasets": [EVIDENCE.plan["datasets"][0] | {"dataset": "mine"}]}
    sources = {"mine": {"licence": "its owner's", "origin": "the user's own files", "files": {}}}
    card = make_card(replace(EVIDENCE, plan=plan, sources=sources))
    assert "| mine | its owner's | the user's own files | 20 |" in card
