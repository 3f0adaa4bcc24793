"""Progress: what a terminal and a file see, with a clock that the test sets."""

import io

from stages.hybrid.encoding.progress import IN_FILE, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_file_gets_a_line_now_and_then_and_one_at_the_end() -> None:
    file, clock = io.StringIO(), Clock()
    progress = Progress("training", 40, "steps", stream=file, clock=clock)
    for _ in range(40):
        clock.now += 2  # 15 steps take as long as `IN_FILE`
        progress.advance(note="loss 1.500")
    assert file.getvalue().splitlines() == [
        "training: 37 %, 15 of 40 steps, 0:00:30 taken, 0:00:50 left, loss 1.500",
        "training: 75 %, 30 of 40 steps, 0:01:00 taken, 0:00:20 left, loss 1.500",
        "training: 100 %, 40 of 40 steps, 0:01:20 taken, 0:00:00 left, loss 1.500",
    ]


def test_a_file_gets_no_control_characters() -> None:
    file, clock = io.StringIO(), Clock()
    progress = Progress("query texts", 3000, "letters", stream=file, clock=clock)
    clock.now += IN_FILE
    progress.advance(1500)
    progress.advance(1500)
    assert not [letter for letter in file.getvalue() if letter != "\n" and not letter.isprintable()]
    assert file.getvalue().startswith("query texts: 50 %, 1,500 of 3,000 letters, 0:00:30 taken, 0:00:30 left\n")


def test_a_terminal_has_one_line_that_is_rewritten() -> None:
    terminal, clock = Terminal(), Clock()
    progress = Progress("training", 3, "steps", stream=terminal, clock=clock)
    for note in ("a longer note", "short", "end"):
        clock.now += 1
        progress.advance(note=note)
    shown = terminal.getvalue()
    assert shown.count("\r") == 3 and shown.count("\n") == 1 and shown.endswith("end \n")
    first, second, third = (part.rstrip("\n") for part in shown.split("\r")[1:])
    assert len(first) == len(second) and second.endswith("short        ")
    assert third == "training: 100 %, 3 of 3 steps, 0:00:03 taken, 0:00:00 left, end "


def test_a_terminal_is_not_written_to_faster_than_a_person_reads() -> None:
    terminal, clock = Terminal(), Clock()
    progress = Progress("training", 1000, "steps", stream=terminal, clock=clock)
    for _ in range(1000):
        clock.now += 0.001
        progress.advance()
    assert terminal.getvalue().count("\r") == 3  # at the start, in the middle, at the end


def test_work_that_resumes_is_timed_from_where_it_resumed() -> None:
    file, clock = io.StringIO(), Clock()
    progress = Progress("training", 100, "steps", done=80, stream=file, clock=clock)
    clock.now += 60
    progress.advance(10)
    assert file.getvalue() == "training: 90 %, 90 of 100 steps, 0:01:00 taken, 0:01:00 left\n"


def test_work_of_nothing_is_done() -> None:
    file = io.StringIO()
    Progress("query texts", 0, "letters", stream=file, clock=Clock()).advance(0)
    assert file.getvalue() == "query texts: 100 %, 0 of 0 letters, 0:00:00 taken, 0:00:00 left\n"
