"""The format of SQuAD: articles of paragraphs, each with its questions.

Source: P. Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from stages.hybrid.ground.errors import UserError


class SquadQuestion(NamedTuple):
    """A question with the paragraph that it was asked about."""

    question_id: str
    question: str
    paragraph: str
    place: str  # of the paragraph in the file: ARTICLE-PARAGRAPH, both from 0


def read_squad(content: bytes, source: str) -> Iterator[SquadQuestion]:
    """Yield the questions of a file in its order; ``source`` names the file in an error.

    Raises:
        UserError: The file is not in SQuAD's format.
    """
    try:
        for i, article in enumerate(json.loads(content)["data"]):
            for j, paragraph in enumerate(article["paragraphs"]):
                text, place = paragraph["context"].strip(), f"{i:04d}-{j:03d}"
                for asked in paragraph["qas"]:
                    yield SquadQuestion(str(asked["id"]), asked["question"].strip(), text, place)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{source}: not in SQuAD's format ({error!r}); delete it and fetch it again") from None
