"""Adapters read excerpts of real files; the expected values were copied from the files by hand.

What each excerpt is, and under which licence, stands in tests/excerpts/README.md.
"""

import re
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.corpora import (
    afriqa,
    gnome_help,
    libreoffice_help,
    libreoffice_messages,
    miracl,
    squadshifts,
)
from stages.hybrid.corpora import (
    xquad_r_mlqa_r as lareqa,
)
from stages.hybrid.records import Benchmark, Pair, Qrel, Query

EXCERPTS = Path(__file__).parents[1] / "excerpts"


def counts(table: pd.DataFrame) -> dict[str, int]:
    return Counter(table["lang"])


def query_text(benchmark: Benchmark, query_id: str) -> str:
    (text,) = benchmark.queries.loc[benchmark.queries["query_id"] == query_id, "text"]
    return text


def relevant_texts(benchmark: Benchmark, query_id: str) -> list[str]:
    """Return the texts of a query's relevant passages, in the order of the passages' table."""
    relevant = benchmark.qrels.loc[benchmark.qrels["query_id"] == query_id, "passage_id"]
    return benchmark.passages.loc[benchmark.passages["passage_id"].isin(relevant), "text"].tolist()


def pair_of(pairs: list[Pair], group_id: str, lang: str) -> tuple[str, str]:
    (pair,) = [pair for pair in pairs if (pair.group_id, pair.lang) == (group_id, lang)]
    return pair.query, pair.passage


# The excerpts themselves


def test_the_readme_has_a_row_with_a_licence_for_each_folder() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*?(CC BY|MPL|Apache)", (EXCERPTS / "README.md").read_text("utf-8"), re.M)
    assert sorted(folder for folder, _ in rows) == sorted(path.name for path in EXCERPTS.iterdir() if path.is_dir())


def test_excerpts_are_small() -> None:
    sizes: Counter[str] = Counter()
    for path in EXCERPTS.rglob("*"):
        sizes[path.relative_to(EXCERPTS).parts[0]] += path.stat().st_size if path.is_file() else 0
    assert max(sizes.values()) < 60_000 and sum(sizes.values()) < 250_000


# XQuAD-R


def test_xquad_r_has_eleven_questions_and_five_sentences_per_language() -> None:
    benchmark = lareqa.read_benchmark(EXCERPTS / "xquad_r", [])
    assert counts(benchmark.queries) == {"ar": 11, "en": 11, "th": 11}
    assert counts(benchmark.passages) == {"ar": 5, "en": 5, "th": 5}
    assert len(benchmark.qrels) == 33 * 3  # one sentence per language for each query


@pytest.mark.parametrize(
    ("query_id", "text"),
    [
        ("56e10aa5cd28a01900c674b3:ar", "كم كان عدد الترشيحات المحتملة للجائزة في 1915؟"),
        ("56e10aa5cd28a01900c674b3:en", "How many possible bids for the prize were there in 1915?"),
        ("56e10aa5cd28a01900c674b3:th", "มีผู้ได้รับการเสนอชื่อให้ได้รับรางวัลกี่คนในปี 1915"),
    ],
)
def test_xquad_r_s_first_question_has_the_sentence_of_each_language_in_which_its_answer_begins(
    query_id: str, text: str
) -> None:
    benchmark = lareqa.read_benchmark(EXCERPTS / "xquad_r", [])
    assert query_text(benchmark, query_id) == text
    assert relevant_texts(benchmark, query_id) == [
        "في السنوات التي تلت هذه الشائعات، لم يفز لا تسلا ولا إديسون بالجائزة (على الرغم من أن إديسون تلقى واحداً من "
        "بين 38 ترشيحاً محتملاً في عام 1915، وتلقى تسلا واحداً من 38 ترشيحاً محتملاً في 1937).",
        "In the years after these rumors, neither Tesla nor Edison won the prize (although Edison did receive one of "
        "38 possible bids in 1915 and Tesla did receive one of 38 possible bids in 1937).",
        # the Thai paragraph has two sentences, and the answer, 38, begins in the second
        "ในปี 1915 เอดิสัน เป็นหนึ่งในผู้ได้รับการเสนอชื่อจากทั้งหมด 38  คน และเทสลาก็ เป็นหนึ่งในผู้ได้รับการเสนอชื่อจากทั้งหมด 38 คนในปี 1937)",
    ]


# SQuADShifts


def test_squadshifts_questions_have_their_own_paragraph() -> None:
    benchmark = squadshifts.read_benchmark(EXCERPTS / "squadshifts", [])
    assert (counts(benchmark.queries), counts(benchmark.passages), len(benchmark.qrels)) == ({"en": 18}, {"en": 4}, 18)
    # "is there a delegate?" is the file's first question
    assert query_text(benchmark, "new_wiki-5d6571572b22cd4dfcfbc8ea:en") == "is there a delegate?"
    (paragraph,) = relevant_texts(benchmark, "new_wiki-5d6571572b22cd4dfcfbc8ea:en")
    assert paragraph.startswith("The Monastic Brotherhood consists of the celibate clergy of the monastery who are led")
    assert paragraph.endswith("two delegates who take part in the National Ecclesiastical Assembly.")  # no newline
    assert query_text(benchmark, "new_wiki-5d673c1b2b22cd4dfcfbf395:en") == "What does Ishikawa mean?"
    assert relevant_texts(benchmark, "new_wiki-5d673c1b2b22cd4dfcfbf395:en") == [
        'Many Japanese surnames derive from geographical features; for example, Ishikawa (石川) means "stone river", '
        'Yamamoto (山本) means "the base of the mountain", and Inoue (井上) means "above the well."'
    ]


# MIRACL, whose passages are not among the excerpts


def test_miracl_s_telugu_topics_have_one_relevant_passage_each() -> None:
    queries, qrels = miracl.read_judged(EXCERPTS / "miracl", "te")
    assert queries[0] == Query("2:te", "2:te", "te", "ఆర్మేనియా దేశంలో మొత్తం జిల్లాలు ఉన్నాయి?", "2:te")
    assert queries[-1].text == "ఆనందీబాయి జోషి ఎప్పుడు పుట్టింది?"
    assert qrels == [
        Qrel("2:te", "259006#0:te", 1),
        Qrel("15:te", "105605#2:te", 1),
        Qrel("28:te", "105922#4:te", 1),
        Qrel("35:te", "34672#2:te", 1),
        Qrel("37:te", "141339#0:te", 1),
    ]


def test_miracl_s_yoruba_judgements_of_grade_0_are_left_out() -> None:
    queries, qrels = miracl.read_judged(EXCERPTS / "miracl", "yo")
    assert [query.text for query in queries] == [
        "Odun wo ni wọn ṣe idije Olympiiki akọkọ?",
        "Orile ede wo ni Washington DC wà?",
        "Ipa wo ni Benito Mussolini se ni Ogun World War 2?",
        "ẹgbẹ wo ni Huey Newton da silẹ?",
        "Ilu wo lo tobi ju lọ ni orile-ede Poland",
        "Ki ni oluiilu orile ede Japan?",
    ]
    assert [qrel.passage_id for qrel in qrels] == [  # the file judges ten passages for each of the first five
        "10020#1:yo",
        "55716#0:yo",
        "11164#2:yo",
        "11194#0:yo",
        "19944#0:yo",
        "10697#0:yo",
    ]


# AfriQA


def test_afriqa_asks_each_question_in_its_language_and_in_the_pivot_language() -> None:
    benchmark = afriqa.read_benchmark(EXCERPTS / "afriqa", [])
    assert counts(benchmark.queries) == {"en": 4, "fon": 6, "fr": 6, "yo": 4}  # Yoruba's fifth record has no passage
    assert counts(benchmark.passages) == {"en": 4, "fr": 5}  # two of the Fon questions share theirs
    assert len(benchmark.qrels) == 20
    pairs = {
        "fon-0": ("Kpɔ̀n tɛ mɛ Aubenas ɖé ?", "De quel département la ville d'Aubenas est-elle le chef-lieu ?"),
        "yo-1": (
            "Ọmọ ọdun melo ni Cosmas Maduka nigbati o fẹ iyawo rẹ Charity?",
            "How old was Cosmas Maduka when he married his wife, Charity?",
        ),
    }
    for question_id, texts in pairs.items():
        asked = benchmark.queries[benchmark.queries["question_id"] == question_id]
        assert set(asked["text"]) == set(texts)


@pytest.mark.parametrize("query_id", ["fon-43:fon", "fon-43:fr"])
def test_an_afriqa_question_and_its_translation_have_the_same_relevant_passage(query_id: str) -> None:
    benchmark = afriqa.read_benchmark(EXCERPTS / "afriqa", [])
    assert relevant_texts(benchmark, query_id) == [
        "Bantè est une commune du département des Collines, qui se trouve au Bénin."
    ]


# GNOME's help


def test_gnome_s_pages_give_headings_and_passages_without_what_was_left_in_english() -> None:
    benchmark = gnome_help.read_benchmark(EXCERPTS / "gnome")
    # Telugu: the page on sound has a translated title alone, and the page on discs also a description
    assert counts(benchmark.queries) == {"en": 4, "te": 2, "zh": 3}
    assert counts(benchmark.passages) == {"en": 7, "te": 3, "zh": 5}


def test_a_telugu_heading_of_gnome_has_the_passages_of_its_page_in_every_language() -> None:
    benchmark = gnome_help.read_benchmark(EXCERPTS / "gnome")
    assert query_text(benchmark, "gnome-help/files-disc-write#0:te") == "ఫైళ్ళను CD లేదా DVD కు వ్రాయుము"
    assert relevant_texts(benchmark, "gnome-help/files-disc-write#0:te") == [
        "Put files and documents onto a blank CD or DVD using a CD/DVD burner.",
        "You can put files onto a blank disc by using a disc burning application, such as Brasero.",
        "CD/DVD బర్నర్ ఉపయోగించి ఫైళ్ళు మరియు పత్రములు ఖాళీ CD లేదా DVD పై వుంచుము.",
        "使用 CD/DVD 创建器把文件刻录到空白 CD 或 DVD 光盘上。",
    ]


def test_gnome_s_chinese_pages_are_read_under_the_code_zh() -> None:
    benchmark = gnome_help.read_benchmark(EXCERPTS / "gnome", ["zh"])
    assert query_text(benchmark, "gnome-help/sound-broken#0:zh") == "声音问题"
    assert relevant_texts(benchmark, "gnome-help/sound-broken#0:zh") == [
        "排除无声音或音质差的问题。",
        "有许多可能导致声音播放时断断续续，下列哪一个主题的问题跟您的最接近？",
    ]


# LibreOffice's help


def test_libreoffice_s_pages_give_the_same_groups_in_every_language_that_translates_them() -> None:
    pairs = libreoffice_help.read_pairs(EXCERPTS / "libreoffice_help", ["de", "en", "ja"], workers=1)
    assert Counter(pair.lang for pair in pairs) == {"de": 8, "en": 8, "ja": 6}
    assert pairs[0] == Pair(
        "lo/schart/02/02020000#hd_id3150791",
        "lo/schart/02/02020000",
        "de",
        "Aktueller Diagrammtyp",
        "Zeigt den Namen des aktuellen Diagrammtyps an.",
    )
    assert pair_of(pairs, "lo/schart/02/02020000#hd_id3150791", "ja") == (
        "現在のグラフの種類",
        "現在のグラフの種類を表示します。",
    )
    assert pair_of(pairs, "lo/swriter/01/mm_finent#par_idN10555", "en") == (
        "Find only in",
        "Restricts the search to one data field. Select the data field where you want to search for the text.",
    )
    # the Japanese page has the second of these sentences in English
    assert not [pair for pair in pairs if (pair.group_id[-9:], pair.lang) == ("idN10555", "ja")]


# LibreOffice's messages


def read_messages(folder: Path, languages: list[str]) -> list[Pair]:
    """Return the pairs in archives of the excerpt's catalogues, made as the stage fetch makes them."""
    source = EXCERPTS / "libreoffice_messages"
    for lang in languages:
        with zipfile.ZipFile(folder / f"{lang}.zip", "w") as archive:
            for path in sorted(source.rglob(f"{lang}/LC_MESSAGES/*.mo")):
                archive.write(path, path.relative_to(source))
    return libreoffice_messages.read_pairs(folder, [*languages, "en"])


def test_libreoffice_s_catalogues_give_a_message_and_its_translations_as_one_group(tmp_path: Path) -> None:
    pairs = read_messages(tmp_path, ["ar", "de", "th"])
    # "Variable Zellen nicht negativ" is a character too short; only the German catalogue has the swarm algorithm
    assert Counter(pair.lang for pair in pairs) == {"ar": 4, "de": 5, "en": 6, "th": 4}
    (group_id,) = {
        pair.group_id for pair in pairs if pair.query == "The model is infeasible. Check limiting conditions."
    }
    assert group_id.startswith("lo-ui/scc#")
    assert {pair.lang: pair.query for pair in pairs if pair.group_id == group_id} == {
        "ar": "النموذج غير قابل للتطبيق. تحقّق من شروط الحدود.",
        "de": "Das Modell ist unlösbar. Prüfen Sie die Nebenbedingungen.",
        "en": "The model is infeasible. Check limiting conditions.",
        "th": "แบบจำลองเป็นไปไม่ได้ ตรวจสอบเงื่อนไขข้อจำกัด",
    }
    assert all(pair.query == pair.passage for pair in pairs)


def test_the_product_s_name_is_filled_in_in_libreoffice_s_messages(tmp_path: Path) -> None:
    pairs = read_messages(tmp_path, ["ar"])
    assert "حلّال LibreOffice CoinMP الخطّيّ" in [pair.query for pair in pairs]
