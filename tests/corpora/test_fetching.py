"""Raw files with SOURCE.json beside them; nothing here touches the network."""

import json
from pathlib import Path

import pytest

from stages.hybrid.corpora.catalogue import find_collections
from stages.hybrid.corpora.fetching import check_names, fetch_raw
from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.params import FetchParams

MR_TYDI = "mr_tydi/mrtydi-v1.1-thai/train.jsonl.gz"


def source_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "SOURCE.json").read_text(encoding="utf-8"))
    return found


def write_mirror(folder: Path) -> FetchParams:
    """Write the Thai file of Mr. TyDi to a mirror."""
    (folder / MR_TYDI).parent.mkdir(parents=True)
    (folder / MR_TYDI).write_text("{}\n")
    return FetchParams(mirror=str(folder), folders={})


def test_source_json_has_the_licence_and_the_description_that_the_report_shows(tmp_path: Path) -> None:
    fetch_raw("mr_tydi", tmp_path / "raw", ["th"], write_mirror(tmp_path / "mirror"))
    source = source_of(tmp_path / "raw")
    assert list(source) == ["name", "origin", "licence", "description", "in_domain_for", "files"]
    assert (source["name"], source["origin"]) == ("mr_tydi", "the user's mirror")
    known = find_collections()["mr_tydi"]
    assert (source["licence"], source["description"]) == (known.licence, known.description)


def test_source_json_names_the_benchmarks_that_a_training_set_is_in_domain_for(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text("{}")
    params = FetchParams(
        mirror="", folders={name: str(tmp_path / "en.json") for name in ("xtreme_train", "xquad_r", "me")}
    )
    found = {}
    for name in params.folders:
        fetch_raw(name, tmp_path / name, [], params)
        found[name] = source_of(tmp_path / name)["in_domain_for"]
    assert found == {"xtreme_train": ["xquad_r"], "xquad_r": [], "me": []}


def test_data_of_the_user_s_own_has_a_licence_and_a_description_too(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text("{}\n")
    fetch_raw("mine", tmp_path / "raw", [], FetchParams(mirror="", folders={"mine": str(tmp_path / "pairs.jsonl")}))
    source = source_of(tmp_path / "raw")
    assert (source["origin"], source["licence"]) == ("the user's own", "its owner's")
    assert source["description"] == "The user's own data."


def test_a_user_s_copy_of_a_public_collection_keeps_its_licence(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text("{}")
    params = FetchParams(mirror="", folders={"mlqa_r": str(tmp_path / "en.json")})
    fetch_raw("mlqa_r", tmp_path / "raw", [], params)
    source = source_of(tmp_path / "raw")
    assert (source["origin"], source["licence"]) == ("the user's own", "CC-BY-NC-4.0")


def test_a_source_json_of_another_shape_is_one_line(tmp_path: Path) -> None:
    params = write_mirror(tmp_path / "mirror")
    (tmp_path / "raw").mkdir()
    for text, missing in (("[]", "origin"), ('{"origin": "the user\'s mirror"}', "files")):
        (tmp_path / "raw/SOURCE.json").write_text(text)
        with pytest.raises(
            UserError, match=rf'SOURCE\.json: has no "{missing}", expected an object with .*; delete it'
        ):
            fetch_raw("mr_tydi", tmp_path / "raw", ["th"], params)


def test_files_of_the_user_s_own_are_not_left_among_those_of_the_collection(tmp_path: Path) -> None:
    (tmp_path / "fi.json").write_text("{}")
    fetch_raw("mr_tydi", tmp_path / "raw", [], FetchParams(mirror="", folders={"mr_tydi": str(tmp_path / "fi.json")}))
    assert (tmp_path / "raw/fi.json").exists()
    fetch_raw("mr_tydi", tmp_path / "raw", ["th"], write_mirror(tmp_path / "mirror"))
    assert not (tmp_path / "raw/fi.json").exists()


def test_a_name_that_is_neither_public_nor_the_user_s_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mine: is not a public collection; name your own folder or file in fetch"):
        fetch_raw("mine", tmp_path / "raw", [], FetchParams(mirror="", folders={}))


def test_names_are_checked_against_what_the_parameter_may_list() -> None:
    check_names("datasets", ["mmarco", "mine"], known=["mmarco"], folders={"mine": "own.jsonl"})
    message = (
        r"datasets: found 'gnome', expected one of mmarco, mr_tydi; for data of your own, .* fetch\.folders\.gnome"
    )
    with pytest.raises(UserError, match=message):
        check_names("datasets", ["gnome"], known=["mmarco", "mr_tydi"], folders={})
    with pytest.raises(UserError, match=r"datasets: found '\.\./own', expected letters, digits and underscores"):
        check_names("datasets", ["../own"], known=[], folders={"../own": "."})
