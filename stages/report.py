"""Join what was measured into tables, pictures and pages: data/scores and their kin -> reports/PROFILE."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.errors import one_line_errors

if TYPE_CHECKING:
    import pandas as pd

    from stages.hybrid.report.evidence import Evidence
    from stages.hybrid.report.model_card import ModelFacts

RAW = Path("data/raw")
SCORES = Path("data/scores")
BIAS = Path("data/bias")
PLAN = Path("data/batches_summary.json")
DIRECTIONS = Path("data/batches_directions.csv")
CURVE = Path("data/training.csv")
COMPARISONS = Path("data/comparisons")
STATISTICS = Path("data/statistics.json")
MODEL_CONFIG = Path("models/finetuned/config_sentence_transformers.json")

Cells = dict[tuple[str, str], Path]  # (benchmark, system) -> its folder below SCORES, and below BIAS


@click.command(help=__doc__)
@click.option("--show", is_flag=True, help="Write nothing; print the headline figures of the last report.")
@one_line_errors
def main(show: bool) -> None:
    from stages.hybrid.ground.params import read_value

    folder = Path("reports", read_value("profile", str))
    if show:
        show_summary(folder)
        return
    models, benchmarks = read_value("models", list[str]), read_value("benchmarks", list[str])
    cells = find_cells(models, benchmarks)
    evidence = read_evidence(cells, models=models, benchmarks=benchmarks)
    write_tables(folder, evidence, cells=cells)
    write_pages(folder, evidence)
    click.echo(f"{folder / 'report.html'}: {len(benchmarks)} benchmarks, {len(models)} models")


def find_cells(models: list[str], benchmarks: list[str]) -> Cells:
    """Return every system that was scored on a benchmark, in the order in which it is shown."""
    from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, find_systems

    found = {benchmark: find_systems(SCORES, [WITHOUT_MODEL, *models], benchmark=benchmark) for benchmark in benchmarks}
    return {(benchmark, name): path for benchmark, systems in found.items() for name, path in systems.items()}


def read_evidence(cells: Cells, *, models: list[str], benchmarks: list[str]) -> "Evidence":
    """Read all that the report tells of."""
    from stages.hybrid.evaluation.measures import average_benchmark, average_languages
    from stages.hybrid.ground.costs import read_costs
    from stages.hybrid.ground.files import read_json, read_table
    from stages.hybrid.ground.params import read_value
    from stages.hybrid.report.evidence import Evidence
    from stages.hybrid.report.tables import summary_table

    queries = {cell: read_table(SCORES / path / "queries.parquet") for cell, path in cells.items()}
    averages = join({cell: average_benchmark(table) for cell, table in queries.items()})
    bias = collect(BIAS, cells, "bias.csv")
    statistics = read_json(STATISTICS) if STATISTICS.exists() else {}
    sources = sorted(RAW.glob("*/SOURCE.json"))  # of earlier runs too: only what this one read is told
    return Evidence(
        profile=read_value("profile", str),
        models=models,
        systems=list(dict.fromkeys(name for _, name in cells)),
        languages=read_value("languages", list[str]),
        summary=summary_table(averages, bias, intervals=read_table(COMPARISONS / "intervals.parquet")),
        settings=collect(SCORES, cells, "settings.csv"),
        by_language=join({cell: average_languages(table) for cell, table in queries.items()}),
        bias=bias,
        comparisons=read_table(COMPARISONS / "comparisons.parquet"),
        checks=collect(SCORES, {cell: path for cell, path in cells.items() if cell[1] in models}, "run.csv"),
        plan=read_json(PLAN) if PLAN.exists() else {},
        curve=read_table(CURVE) if CURVE.exists() else None,
        statistics=statistics,
        costs=[cost for cost in read_costs() if set(cost["stage"].split()[1:]) <= {*models, *benchmarks}],
        seed=read_value("seed", int),
        sources={path.parent.name: read_json(path) for path in sources if path.parent.name in statistics},
    )


def write_tables(folder: Path, evidence: "Evidence", *, cells: Cells) -> None:
    """Write what other tools read."""
    import pandas as pd

    from stages.hybrid.ground.files import read_table, write_table
    from stages.hybrid.report.tables import bias_by_language, language_pair_table

    directions = read_table(DIRECTIONS) if DIRECTIONS.exists() else pd.DataFrame(columns=["query_lang", "passage_lang"])
    curve = evidence.curve if evidence.curve is not None else pd.DataFrame(columns=["step", "loss"])
    write_table(folder / "summary.csv", evidence.summary)
    write_table(folder / "comparisons.csv", evidence.comparisons)
    write_table(folder / "languages.csv", evidence.by_language)
    pairs = collect(BIAS, cells, "pairs.csv")
    write_table(folder / "language_pairs.csv", language_pair_table(evidence.settings, pairs))
    write_table(folder / "bias_by_language.csv", bias_by_language(evidence.bias))
    write_table(folder / "batches.csv", directions)
    write_table(folder / "training.csv", curve)


def write_pages(folder: Path, evidence: "Evidence") -> None:
    """Write the report, its pictures and the model card."""
    from stages.hybrid.ground.files import write_text
    from stages.hybrid.report.model_card import describe_model, describe_results
    from stages.hybrid.report.pages import Picture, to_html, to_markdown
    from stages.hybrid.report.text import describe

    blocks = describe(evidence)
    for block in blocks:
        if isinstance(block, Picture):
            write_text(folder / "plots" / f"{block.name}.svg", block.svg)
    write_text(folder / "report.md", to_markdown(blocks, pictures="plots"))
    write_text(folder / "report.html", to_html(blocks))
    card = [describe_model(read_model_facts(evidence))] if MODEL_CONFIG.exists() else []
    write_text(folder / "model_card.md", "\n".join([*card, to_markdown(describe_results(evidence), pictures="plots")]))


def read_model_facts(evidence: "Evidence") -> "ModelFacts":
    """Read what the model card tells of the fine-tuned model."""
    from stages.hybrid.ground.files import read_json
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.report.model_card import ModelFacts
    from stages.hybrid.training.settings import TrainingSettings

    used = [data["dataset"] for data in evidence.plan["datasets"]]
    return ModelFacts(
        base=read_value("base", dict),
        languages=evidence.languages,
        prompts={name: prompt or "" for name, prompt in read_json(MODEL_CONFIG)["prompts"].items()},
        sources={name: source for name, source in evidence.sources.items() if name in used},
        plan=evidence.plan,
        settings=read_settings("training", TrainingSettings),
        seed=evidence.seed,
    )


def join(tables: "dict[tuple[str, str], pd.DataFrame]") -> "pd.DataFrame":
    """Return the tables of every (benchmark, system) as one, with these two columns first."""
    import pandas as pd

    named = [table.assign(benchmark=cell[0], model=cell[1]) for cell, table in tables.items()]
    joined = pd.concat(named, ignore_index=True)
    return joined[["benchmark", "model", *(name for name in joined.columns if name not in ("benchmark", "model"))]]


def collect(root: Path, cells: Cells, name: str) -> "pd.DataFrame":
    """Return the tables ``name`` in the folders below ``root`` of every (benchmark, system) as one."""
    from stages.hybrid.ground.files import read_table

    return join({cell: read_table(root / path / name) for cell, path in cells.items()})


def show_summary(folder: Path) -> None:
    """Print the headline figures of the report in ``folder``, and where its page is."""
    from rich.console import Console
    from rich.table import Table

    from stages.hybrid.ground.files import read_table
    from stages.hybrid.report.results import headline_table

    summary = read_table(folder / "summary.csv")
    console = Console()
    for benchmark in dict.fromkeys(summary["benchmark"]):
        figures = headline_table(summary, list(dict.fromkeys(summary["model"])), benchmark=benchmark)
        table = Table(title=benchmark, title_justify="left")
        for i, column in enumerate(figures.columns):
            heading = column.replace("lingual ", "\n").replace("cross-", "cross")  # for terminals of 80 columns
            table.add_column(heading, justify="left" if i < figures.text_columns else "right", no_wrap=True)
        for row in figures.rows:
            table.add_row(*row)
        console.print(table)
    console.print(f"The whole report: {folder / 'report.html'}")


if __name__ == "__main__":
    main()
