"""All of params.yaml as one class, which composes profiles and gives editors a JSON schema.

Only `stages.profile` and tests import this module. A stage reads only the sections that it needs.
"""

import io
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator
from ruamel.yaml import YAML

from stages.hybrid.base.params import BaseParams
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.params import Models, Names, Params, ProfileName, Section, Seed, check_apart, read_mapping
from stages.hybrid.pairs.params import PrepareParams
from stages.hybrid.retrieval.params import BaselinesParams, IndexParams, NegativesParams
from stages.hybrid.sources.params import FetchParams
from stages.hybrid.training.params import TrainingParams

PROFILES = Path("profiles")
DEFAULT = "help"
SCHEMA = "params.schema.json"
WIDTH = 120  # characters of a line of params.yaml
FIELD = re.compile(r"^        (\w+): (.+)$")  # a line under "Attributes:" in a class's docstring
MORE = re.compile(r"^ {12}(.+)$")  # the continuation of such a line


class AllParams(Params):
    """All parameters, in the order of params.yaml.

    Attributes:
        profile: name of the profile in profiles/ that this file was composed from; its reports go to reports/PROFILE
        seed: seed of the batches, of training and of the baselines random and fair; from 0
        datasets: names of the training sets: collections (DATA.md), or your own files (fetch.folders)
        benchmarks: names of the benchmarks: collections (DATA.md), or your own folders (fetch.folders)
        validation_set: benchmark on which training measures its validation loss; if empty, on held-out training pairs
        models: models to evaluate: base, finetuned or both; the first is what the other is compared with
        languages: training languages, ISO 639-1; if empty, all languages of the training sets
        evaluation_languages: languages of queries and passages to evaluate on, ISO 639-1; if empty, all languages of
            the benchmarks
        fetch: where raw files come from, if not from their public homes
        base: the encoder to start from
        prepare: how training pairs are prepared
        sampler: how batches are drawn
        negatives: which hard negatives are mined, and how many
        training: how the encoder is fine-tuned
        encoder: how texts are encoded, except in training
        index: how passages are indexed
        measures: which measures are computed
        baselines: which systems the models are compared with
        bias: how language bias is measured
    """

    model_config = ConfigDict(extra="forbid")

    profile: ProfileName
    seed: Seed
    datasets: Names
    benchmarks: Names
    validation_set: str
    models: Models
    languages: list[str]
    evaluation_languages: list[str]
    fetch: FetchParams
    base: BaseParams
    prepare: PrepareParams
    sampler: SamplerParams
    negatives: NegativesParams
    training: TrainingParams
    encoder: EncoderParams
    index: IndexParams
    measures: MeasuresParams
    baselines: BaselinesParams
    bias: BiasParams

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_apart(self.datasets, [*self.benchmarks, self.validation_set])
        self.bias.check_run_depth(self.measures.run_depth)
        return self


SECTIONS: dict[str, type[Section]] = {
    name: field.annotation
    for name, field in AllParams.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}


def profile_names() -> list[str]:
    """Return the names of the profiles, sorted."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def compose(name: str) -> str:
    """Return the text of params.yaml for profile ``name``: the default's values, changed as the profile says.

    It begins with the profile's own first comment. Every parameter has its meaning as a comment.

    Raises:
        UserError: The profile has an unknown parameter or a wrong value, or its file is missing.
    """
    composed_values(name)
    load = YAML().load  # keeps how numbers and lists are written
    default, profile = ((PROFILES / f"{key}.yaml").read_text(encoding="utf-8") for key in (DEFAULT, name))
    comments = [line for line in profile.partition("\nprofile:")[0].splitlines() if line.startswith("#")]
    head = [
        f"# yaml-language-server: $schema={SCHEMA}",
        f"# Written by `python -m stages.profile {name}` from profiles/. Change it freely: your changes get a backup.",
        *comments,
    ]
    return "\n".join([*head, *_lines(_merge(load(default), load(profile)), AllParams)]) + "\n"


def composed_values(name: str, profiles: Path = PROFILES) -> dict[str, Any]:
    """Return the parameters of profile ``name`` in the folder ``profiles``.

    Raises:
        UserError: As for `compose`.
    """
    path = profiles / f"{name}.yaml"
    values = _merge(read_mapping(profiles / f"{DEFAULT}.yaml"), read_mapping(path))
    AllParams.check(values, path)
    return values


def json_schema() -> str:
    """Return the JSON schema of params.yaml, for editors."""
    found = AllParams.model_json_schema()
    kinds: list[type[BaseModel]] = [AllParams, *SECTIONS.values()]
    for kind in kinds:
        definition = found if kind is AllParams else found["$defs"][kind.__name__]
        for field, words in field_words(kind).items():
            definition["properties"][field]["description"] = words
    return json.dumps(found, indent=2) + "\n"


def field_words(kind: type[BaseModel]) -> dict[str, str]:
    """Return what the docstring of ``kind`` says about each field, from the lines under "Attributes"."""
    words: dict[str, str] = {}
    _, _, listed = (kind.__doc__ or "").partition("Attributes:\n")
    for line in listed.splitlines():
        if match := FIELD.match(line):
            words[match[1]] = match[2]
        elif words and (match := MORE.match(line)):
            words[list(words)[-1]] += f" {match[1]}"
        elif line.strip():
            break
    return words


def _merge(default: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``default`` with ``changes``, merged by section. A mapping that is one parameter's value is replaced."""
    merged = dict(default)
    for key, value in changes.items():
        by_field = key in SECTIONS and isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if by_field else value
    return merged


def _lines(values: dict[str, Any], kind: type[BaseModel], indent: str = "") -> Iterator[str]:
    """Yield the lines of params.yaml for ``values``, in the order of the fields of ``kind``."""
    for name, words in field_words(kind).items():
        if name in SECTIONS and kind is AllParams:
            yield from ("", f"{name}:  # {words}")
            yield from _lines(values[name], SECTIONS[name], "  ")
            continue
        first, *more = _written({name: values[name]}).splitlines()
        if len(line := f"{indent}{first}  # {words}") <= WIDTH and not more:
            yield line
        else:
            comment = textwrap.wrap(words, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
            yield from (*comment, *(f"{indent}{line}" for line in (first, *more)))


def _written(value: dict[str, Any]) -> str:
    """Return ``value`` as YAML without line breaks inside a value."""
    yaml, target = YAML(), io.StringIO()
    yaml.width = 10_000
    yaml.dump(value, target)
    return target.getvalue()
