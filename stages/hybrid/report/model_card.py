"""The model card: how the fine-tuned model is used, how it was trained, its results. Equal runs give equal bytes."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.files import read_json
from stages.hybrid.ground.layout import FINETUNED
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.pages import Block, Code, Heading, Paragraph, Table, to_markdown
from stages.hybrid.report.recipe import Recipe, recipe_table
from stages.hybrid.report.results import headline_table
from stages.hybrid.report.run_page import HOW_MADE
from stages.hybrid.retrieval.baselines import centred_name

USAGE = """\
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("models/finetuned")
queries = model.encode(["How do I print a page?"], prompt_name="query")
passages = model.encode(["Choose File – Print."], prompt_name="passage")
print(model.similarity(queries, passages))"""


def read_prompts(folder: Path) -> dict[str, str]:
    """Return the prompts of the sentence-transformers model in ``folder``, by name.

    Raises:
        UserError: The model's configuration is missing or broken.
    """
    prompts = read_json(folder / "config_sentence_transformers.json", keys=("prompts",))["prompts"]
    return {name: prompt or "" for name, prompt in prompts.items()}


def describe_model(evidence: Evidence, *, recipe: Recipe, prompts: dict[str, str]) -> str:
    """Return the card as Markdown, with front matter for model hubs, but without results.

    Args:
        evidence: Languages, sources, plan, curve and seed are taken from it. It must have a plan.
        recipe: The base encoder, and how the batches and the training were made.
        prompts: Prompts of the fine-tuned encoder, by name.
    """
    front = _front_matter(recipe.base, evidence.languages)
    blocks = [*_use(recipe.base, prompts), *_training(evidence, recipe)]
    return f"---\n{front}---\n\n{to_markdown(blocks, pictures='plots')}"


def _front_matter(base: BaseParams, languages: list[str]) -> str:
    hub = {"base_model": base.name} if base.source == "hub" else {}
    front = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        **hub,
        "language": sorted({language.split("-")[0] for language in languages}),
        "tags": ["sentence-transformers", "feature-extraction", "sentence-similarity", "multilingual-retrieval"],
    }
    target = io.StringIO()
    YAML().dump(front, target)
    return target.getvalue()


def _use(base: BaseParams, prompts: dict[str, str]) -> list[Block]:
    """Return the title, and the section on how the model is used."""
    listed = ", ".join(f"`{name}` is {text!r}" for name, text in sorted(prompts.items()) if text)
    text = (
        "A text encoder for monolingual, cross-lingual and multilingual retrieval. Each batch of its training was "
        "drawn at random as monolingual or cross-lingual ([arXiv 2408.10536](https://arxiv.org/abs/2408.10536))."
    )
    return [
        Heading(1, f"{base.short_name}, fine-tuned on hybrid batches"),
        HOW_MADE,
        Paragraph(text),
        Heading(2, "Use"),
        Paragraph(f"Queries and passages have different prompts ({listed}):"),
        Code(USAGE),
    ]


def _training(evidence: Evidence, recipe: Recipe) -> list[Block]:
    """Return the section on the training: its data, batches, base and parameters."""
    plan = evidence.plan
    langs = ", ".join(evidence.languages)
    batches = f"{plan['batches']:,} batches with {plan['pairs']:,} pairs in all, in {len(plan['languages'])} languages."
    columns = ["training set", "licence", "from", "batches", "groups", "never drawn"]
    kinds = [[kind, f"{n:,}"] for kind, n in plan["batches_by_kind"].items()]
    table = recipe_table(recipe, evidence.curve)
    said = {row[0] for row in table.rows}
    values = [[name, _written(value)] for name, value in recipe.training.model_dump().items() if name not in said]
    return [
        Heading(2, "Training"),
        Paragraph(f"Languages: {langs}. Seed: {evidence.seed}."),
        Table(columns, _data_rows(evidence), text_columns=3),
        Paragraph(batches),
        Table(["kind of batch", "batches"], kinds),
        table,
        Paragraph("The other parameters of the training:"),
        Table(["parameter", "value"], values, text_columns=2),
    ]


def _data_rows(evidence: Evidence) -> list[list[str]]:
    rows = []
    for used in evidence.plan["datasets"]:
        source = evidence.sources.get(used["dataset"], {})
        counts = [f"{used[key]:,}" for key in ("batches", "groups", "unused_groups")]
        rows.append([used["dataset"], source.get("licence", "–"), _origin(source), *counts])
    return rows


def _origin(source: dict[str, Any]) -> str:
    """Return where a training set is from, with its version if all its files have the same."""
    versions = {entry.get("version", "") for entry in source.get("files", {}).values()} - {""}
    version = f" {versions.pop()}" if len(versions) == 1 else ""
    return source.get("origin", "–") + version


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe_results(evidence: Evidence) -> list[Block]:
    """Return the section on results: headline figures of the first model, centred too, and of the fine-tuned model."""
    first = evidence.models[0]
    systems = list(dict.fromkeys([first, centred_name(first), FINETUNED.name]))
    blocks: list[Block] = [Heading(2, "Results")]
    for benchmark in evidence.benchmarks:
        blocks += [Paragraph(f"{benchmark}:"), headline_table(evidence.summary, systems, benchmark=benchmark)]
    text = (
        f"These figures are from one run with seed {evidence.seed}, by exact ranks. Monolingual and cross-lingual "
        "figures are means over pairs of query and passage language, multilingual figures over query languages. Rank "
        "distance is smaller if no language is preferred, and also if ranking is better. "
        f"`reports/{evidence.profile}/report.html` has intervals, tests and baselines."
    )
    return [*blocks, Paragraph(text)]
