"""The card of a fine-tuned model: how it is used, what it was made of, what it scores. Equal runs give equal bytes."""

from dataclasses import asdict, dataclass
from typing import Any

import yaml

from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.licences import LICENCES
from stages.hybrid.report.pages import Block, Heading, Paragraph
from stages.hybrid.report.results import headline_table
from stages.hybrid.training.settings import TrainingSettings

TRAINED = "finetuned"  # the model that the card is about


@dataclass(frozen=True)
class ModelFacts:
    """What the card is written from.

    Attributes:
        base: The section ``base`` of params.yaml.
        languages: Training languages.
        prompts: Of the saved encoder, by name.
        sources: SOURCE.json of each training set, by its name; empty where it has none.
        plan: data/batches_summary.json.
        settings: Of the training.
        seed: Of the plan and the training.
    """

    base: dict[str, Any]
    languages: list[str]
    prompts: dict[str, str]
    sources: dict[str, dict[str, Any]]
    plan: dict[str, Any]
    settings: TrainingSettings
    seed: int


def describe_model(facts: ModelFacts) -> str:
    """Return the card in Markdown, with the front matter that model hubs read."""
    base = facts.base["name"].rstrip("/").split("/")[-1]  # a folder's path is of no use to a reader
    parts = [
        f"---\n{yaml.safe_dump(_front_matter(facts), sort_keys=False, allow_unicode=True)}---",
        f"# {base}, fine-tuned on hybrid batches",
        "A text encoder for monolingual, cross-lingual and multilingual retrieval. Each batch of its training was "
        "monolingual or cross-lingual by chance ([arXiv 2408.10536](https://arxiv.org/abs/2408.10536)).",
        "## Use",
        _usage(facts.prompts),
        "## Training",
        f"Base: {base} ({facts.base['source']}{_revision(facts.base)}). Languages: {', '.join(facts.languages)}. "
        f"Seed: {facts.seed}.",
        _table(["data set", "licence", "from", "batches", "groups", "never drawn"], _data_rows(facts)),
        f"The plan: {facts.plan['batches']:,} batches, {facts.plan['pairs']:,} pairs in all, in "
        f"{len(facts.plan['languages'])} languages.",
        _table(["kind of batch", "batches"], [[kind, f"{n:,}"] for kind, n in facts.plan["batches_by_kind"].items()]),
        _table(["setting", "value"], [[name, _as_written(value)] for name, value in asdict(facts.settings).items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(facts: ModelFacts) -> dict[str, Any]:
    hub = {"base_model": facts.base["name"]} if facts.base["source"] == "hub" else {}
    return {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        **hub,
        "language": sorted({language.split("-")[0] for language in facts.languages}),
        "tags": ["sentence-transformers", "feature-extraction", "sentence-similarity", "multilingual-retrieval"],
    }


def _revision(base: dict[str, Any]) -> str:
    return f", revision {base['revision']}" if base.get("revision") else ""


def _usage(prompts: dict[str, str]) -> str:
    told = ", ".join(f"`{name}` is {text!r}" for name, text in sorted(prompts.items()) if text)
    return f"""Queries and passages have prompts of their own ({told}):

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("models/finetuned")
queries = model.encode(["How do I print a page?"], prompt_name="query")
passages = model.encode(["Choose File – Print."], prompt_name="passage")
print(model.similarity(queries, passages))
```"""


def _data_rows(facts: ModelFacts) -> list[list[str]]:
    rows = []
    for used in facts.plan["datasets"]:
        name = used["dataset"]
        counts = [f"{used[key]:,}" for key in ("batches", "groups", "unused_groups")]
        rows.append([name, LICENCES.get(name, "its owner's"), _origin(facts.sources.get(name, {})), *counts])
    return rows


def _origin(source: dict[str, Any]) -> str:
    """Return where a data set is from, with its version if all its files share one."""
    versions = {entry.get("version", "") for entry in source.get("files", {}).values()} - {""}
    version = f" {versions.pop()}" if len(versions) == 1 else ""
    return source.get("origin", "–") + version


def _as_written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def describe_results(evidence: Evidence) -> list[Block]:
    """Return the section on results: the headline figures of the first model and the fine-tuned, by benchmark."""
    systems = list(dict.fromkeys([evidence.models[0], TRAINED]))
    blocks: list[Block] = [Heading(2, "Results")]
    for benchmark in dict.fromkeys(evidence.summary["benchmark"]):
        table = headline_table(evidence.summary, systems, benchmark=benchmark)
        blocks += [Paragraph(f"{benchmark}:"), table]
    text = (
        f"From `reports/{evidence.profile}/report.html`: one run with seed {evidence.seed}, exact ranks, means over "
        "language pairs. Intervals, tests and what the models are held against stand there."
    )
    return [*blocks, Paragraph(text)]
