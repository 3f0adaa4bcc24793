"""The model card: its contents, its front matter for hubs, and data and encoders of the user's own."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.errors import UserError
from stages.hybrid.report.model_card import USAGE, ModelFacts, describe_model, read_prompts
from support.toy_training import make_params

FACTS = ModelFacts(
    base=BaseParams(source="packaged", name="multilingual-e5-small", revision=""),
    languages=["en", "pt", "pt-BR"],
    prompts={"query": "query: ", "passage": "passage: ", "document": ""},
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
    params=make_params(),
    seed=13,
)


def test_the_card_has_base_languages_data_licences_plan_parameters_and_seed() -> None:
    card = describe_model(FACTS)
    for words in (
        "Base: multilingual-e5-small (packaged). Languages: en, pt, pt-BR. Seed: 13.",
        "| libreoffice_help | MPL-2.0 | Debian packages 4:7.4.7 | 20 | 1,500 | 30 |",
        "20 batches with 1,280 pairs in all, in 2 languages.",
        "| monolingual | 11 |",
        "| word_embeddings | frozen |",
        "| symmetric | false |",
        "`passage` is 'passage: ', `query` is 'query: '",
    ):
        assert words in card


def test_a_bar_in_a_cell_of_the_card_is_escaped() -> None:
    sources = {"libreoffice_help": FACTS.sources["libreoffice_help"] | {"licence": "MPL-2.0|LGPL"}}
    assert r"| libreoffice_help | MPL-2.0\|LGPL | Debian" in describe_model(replace(FACTS, sources=sources))


def test_the_code_of_the_card_is_shown_unchanged() -> None:
    (code,) = re.findall(r"```python\n(.*?)\n```", describe_model(FACTS), flags=re.DOTALL)
    assert code == USAGE


def test_a_configuration_without_prompts_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config_sentence_transformers.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r'has no "prompts", expected an object with "prompts"'):
        read_prompts(tmp_path)
    path.write_text('{"prompts": {"query": null}}', encoding="utf-8")
    assert read_prompts(tmp_path) == {"query": ""}


def test_the_front_matter_has_the_keys_that_hubs_read() -> None:
    front = YAML(typ="safe", pure=True).load(describe_model(FACTS).split("---\n")[1])
    assert front["library_name"] == "sentence-transformers"
    assert front["language"] == ["en", "pt"]
    assert "base_model" not in front
    hub = replace(FACTS, base=BaseParams(source="hub", name="intfloat/multilingual-e5-small", revision="abc"))
    assert (
        YAML(typ="safe", pure=True).load(describe_model(hub).split("---\n")[1])["base_model"]
        == "intfloat/multilingual-e5-small"
    )
    assert "(hub, revision abc)" in describe_model(hub)


def test_the_user_s_own_base_is_named_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret" / "encoder").mkdir(parents=True)
    card = describe_model(
        replace(FACTS, base=BaseParams(source="folder", name=str(tmp_path / "secret" / "encoder/"), revision=""))
    )
    assert "Base: encoder (folder)" in card and "secret" not in card


def test_the_user_s_own_training_set_has_the_licence_that_fetch_wrote() -> None:
    plan = FACTS.plan | {"datasets": [FACTS.plan["datasets"][0] | {"dataset": "mine"}]}
    sources = {"mine": {"licence": "its owner's", "origin": "the user's own files", "files": {}}}
    assert "| mine | its owner's | the user's own files | 20 |" in describe_model(
        replace(FACTS, plan=plan, sources=sources)
    )
