"""The command line of the bench."""

import pytest

from bench.__main__ import NAMES, main
from bench.benches import BENCHES

LISTED = (
    "a decode, b1 core, b2 whole, c bulk, d latency, e memory, f recovery, g guarantee, h forest, i training, j swap, "
    "k opinions, l tables, m alerts, n lists, o predictions, p replay"
)


def test_each_letter_has_a_name_of_its_own() -> None:
    assert ", ".join(f"{letter} {name}" for letter, name in NAMES.items()) == LISTED
    assert len(set(NAMES.values()) | set(BENCHES)) == 2 * len(BENCHES)


@pytest.mark.parametrize(("option", "status"), [(["--help"], 0), (["--only", "nonsense"], 2)])
def test_help_and_errors_list_them(
    option: list[str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", *option])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
    said = capsys.readouterr()
    assert LISTED in " ".join((said.out + said.err).split())
