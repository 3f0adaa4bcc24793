"""Section ``sampler`` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from stages.hybrid.ground.params import Section


class SamplerParams(Section):
    """How batches are drawn.

    An ordered pair of languages is drawn in proportion to the product of the probabilities of its two languages.

    Data with gaps: a language, or pair of languages, is never drawn if fewer groups have it than a batch has pairs. A
    data set that cannot make a batch of some kind is left out of the draw for this kind only. Parallel text, in which
    every query is its passage, makes cross-lingual batches only: its monolingual pairs would teach nothing.

    Attributes:
        strategy: hybrid; its two ends monolingual and cross_lingual; or LAReQA's baselines en_en (English only) and
            x_x (monolingual pairs of mixed languages in one batch), arXiv 2004.05484
        mono_ratio: probability that a hybrid batch is monolingual, else cross-lingual; 0 to 1
        batches: number of batches, which is the number of training steps; from 1
        batch_size: pairs in a batch; from 2
        dataset_exponent: a data set is drawn in proportion to its pairs ** this; 0 (evenly) to 1 (by size)
        language_exponent: a language is drawn in proportion to its pairs ** this; 0 (evenly) to 1 (by size)
        language_weights: factor on a language's probability, such as {de: 2.0}; 1 if not named, 0 leaves it out
    """

    strategy: Literal["hybrid", "monolingual", "cross_lingual", "en_en", "x_x"]
    mono_ratio: Annotated[float, Field(ge=0, le=1)]
    batches: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)]
    dataset_exponent: Annotated[float, Field(ge=0, le=1)]
    language_exponent: Annotated[float, Field(ge=0, le=1)]
    language_weights: dict[str, Annotated[float, Field(ge=0)]]

    @property
    def kinds(self) -> dict[str, float]:
        """The kinds of batch that can come up, and the probability of each."""
        if self.strategy != "hybrid":
            return {self.strategy: 1.0}
        shares = {"monolingual": self.mono_ratio, "cross_lingual": 1 - self.mono_ratio}
        return {kind: share for kind, share in shares.items() if share > 0}
