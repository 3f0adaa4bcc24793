from dataclasses import replace

import yaml

from stages.hybrid.report.model_card import ModelFacts, describe_model
from support.toy_training import make_settings

FACTS = ModelFacts(
    base={"source": "packaged", "name": "multilingual-e5-small", "revision": ""},
    languages=["en", "pt", "pt-BR"],
    prompts={"query": "query: ", "passage": "passage: ", "document": ""},
    sources={"libreoffice_help": {"origin": "Debian packages", "files": {"en.zip": {"version": "4:7.4.7"}}}},
    plan={
        "batches": 20,
        "pairs": 1280,
        "languages": [{"lang": "en"}, {"lang": "pt"}],
        "batches_by_kind": {"cross_lingual": 9, "monolingual": 11},
        "datasets": [{"dataset": "libreoffice_help", "batches": 20, "groups": 1500, "unused_groups": 30}],
    },
    settings=make_settings(),
    seed=13,
)


def test_the_card_names_base_languages_data_licences_plan_settings_and_seed() -> None:
    card = describe_model(FACTS)
    for told in (
        "Base: multilingual-e5-small (packaged). Languages: en, pt, pt-BR. Seed: 13.",
        "| libreoffice_help | MPL-2.0 | Debian packages 4:7.4.7 | 20 | 1,500 | 30 |",
        "20 batches, 1,280 pairs in all, in 2 languages.",
        "| monolingual | 11 |",
        "| word_embeddings | frozen |",
        "| symmetric | false |",
        "`passage` is 'passage: ', `query` is 'query: '",
    ):
        assert told in card


def test_the_front_matter_is_what_hubs_read() -> None:
    front = yaml.safe_load(describe_model(FACTS).split("---\n")[1])
    assert front["library_name"] == "sentence-transformers"
    assert front["language"] == ["en", "pt"]
    assert "base_model" not in front
    hub = replace(FACTS, base={"source": "hub", "name": "intfloat/multilingual-e5-small", "revision": "abc"})
    assert yaml.safe_load(describe_model(hub).split("---\n")[1])["base_model"] == "intfloat/multilingual-e5-small"
    assert "(hub, revision abc)" in describe_model(hub)


def test_a_base_of_the_user_s_own_is_named_without_its_path() -> None:
    card = describe_model(replace(FACTS, base={"source": "folder", "name": "/home/someone/secret/encoder/"}))
    assert "Base: encoder (folder)" in card and "secret" not in card


def test_data_that_the_project_does_not_know_are_their_owner_s() -> None:
    own = replace(FACTS, plan=FACTS.plan | {"datasets": [FACTS.plan["datasets"][0] | {"dataset": "mine"}]}, sources={})
    assert "| mine | its owner's | – | 20 |" in describe_model(own)
