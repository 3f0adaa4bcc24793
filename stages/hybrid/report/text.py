"""The whole report, as blocks in reading order: the answer first, then the evidence, then how it came about."""

from stages.hybrid.report.answer import describe_answer
from stages.hybrid.report.background import describe_data, describe_index, describe_training
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.results import describe_benchmark
from stages.hybrid.retrieval.baselines import ADJUSTMENTS, LEXICAL

SYSTEMS = {
    "random": "passages ranked by chance",
    "bm25": "BM25 over the subwords of the base encoder's tokenizer; one index for the pool of all languages",
    "+centred": "the model's embeddings minus their language's mean over the benchmark's own unlabelled text",
    "+centred_training": "the same with the language's mean over training text",
    "+lir": "the embeddings without the main directions of their language in the benchmark's own unlabelled text "
    "(arXiv 2109.04727)",
}
HOW_TO_READ = (
    "A query looks for passages of its own language (monolingual), of one other language (cross-lingual), or of all "
    "languages ranked together (multilingual). A cell is one pair of query and passage language. Its figure is the "
    "mean over its queries. The figures of a setting are means over its cells, so that every cell weighs the same.",
    "Intervals are 95 % bootstrap intervals over questions. Tests are paired randomisation tests over questions. A "
    "question counts once, with all its translations in all cells. `summary.csv` has every figure.",
)


def describe(evidence: Evidence) -> list[Block]:
    """Return the whole report."""
    title = f"Monolingual, cross-lingual and multilingual retrieval: {evidence.profile}"
    blocks: list[Block] = [Heading(1, title), *describe_answer(evidence)]
    for benchmark in evidence.benchmarks:
        blocks += describe_benchmark(evidence, str(benchmark))
    background = (describe_systems, describe_training, describe_data, describe_index)
    return blocks + [block for part in background for block in part(evidence)]


def describe_systems(evidence: Evidence) -> list[Block]:
    """Return how the figures are to be read, and what the systems beside the models are."""
    names = [*LEXICAL, *(f"+{kind}" for kind in ADJUSTMENTS)]
    rows = [[name, SYSTEMS[name]] for name in names if any(system.endswith(name) for system in evidence.systems)]
    tested = set(evidence.by_language["query_lang"])
    if missing := sorted(tested - set(evidence.languages)):
        words = (
            f"{SYSTEMS['+centred_training']}; languages that training did not see ({', '.join(missing)}) take the mean "
            "of the others"
        )
        rows = [[name, words if name == "+centred_training" else text] for name, text in rows]
    blocks: list[Block] = [Heading(2, "How to read the figures"), *map(Paragraph, HOW_TO_READ)]
    return [*blocks, Table(["baseline", "what it is"], rows, text_columns=2)] if rows else blocks
