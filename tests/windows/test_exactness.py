"""Whatever is late, comes twice, is cut anyhow into batches or crashes: windows are what a recomputation says."""

import datetime as dt
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wisebook_ml.windows.events import Counted, Detected, Judged, Slice, Tick
from wisebook_ml.windows.pane import decode_window

from .recomputation import HOUR, recompute
from .worker import Deployment, told

NOON = int(dt.datetime(2025, 3, 30, 12, tzinfo=dt.UTC).timestamp())
"""Of a day with 23 hours."""

HOURS = st.one_of(
    st.integers(-40, 30), st.integers(-220, 0), st.sampled_from([-24 * 399, -24 * 401, -24 * 700, 24 * 3, 24 * 30])
)
"""Around noon: within days, around what an hour's window waits for and a day's, years late, and in the future."""
COMPANIES = st.integers(1, 2)
JOURNALS = st.sampled_from(["VE", "AC/1"])
SLICES = st.builds(
    lambda hour, journal, count, cents: Slice(
        NOON + hour * HOUR, journal, count, 2 * count, cents, [count, *[0] * 18, 1]
    ),
    HOURS,
    JOURNALS,
    st.integers(1, 3),
    st.integers(-5, 10**6),
)
VERDICTS = st.sampled_from(["CONFIRMEE", "FAUX_POSITIF"])


@st.composite
def blocks(draw: st.DrawFn) -> list[Counted | Tick]:
    """Draw blocks of offsets in their order, some with two companies, some of which come again later."""
    found: list[Counted | Tick] = []
    offset, now = 0, NOON
    for _ in range(draw(st.integers(0, 12))):
        end = offset + draw(st.integers(1, 9))
        now += draw(st.sampled_from([0, HOUR, 30 * HOUR, 24 * 9 * HOUR]))
        companies = sorted(draw(st.sets(COMPANIES, min_size=1)))
        slices = st.lists(SLICES, min_size=1, max_size=4)
        found += [Counted(company, offset, end, now, draw(slices)) for company in companies]
        if draw(st.booleans()):
            found.append(Tick(now))
        offset = end
    return again(draw, found)


@st.composite
def detections(draw: st.DrawFn) -> list[Detected]:
    """Draw detections in the order of their causes, of two topics."""
    found, offsets = [], {"entries": 0, "treasury": 0}
    for print_ in range(draw(st.integers(0, 12))):
        topic = draw(st.sampled_from(sorted(offsets)))
        offsets[topic] += draw(st.integers(0, 2))
        at = NOON + draw(HOURS) * HOUR + draw(st.integers(0, HOUR - 1))
        code = draw(st.sampled_from(["DOUBLON", "MONTANT_ROND"]))
        latency = draw(st.none() | st.integers(0, 10_000))
        found.append(
            Detected(
                draw(COMPANIES), draw(JOURNALS | st.just("")), at, topic, offsets[topic], print_, code, "INFO", latency
            )
        )
    return again(draw, found)


@st.composite
def verdicts(draw: st.DrawFn) -> list[Judged]:
    found = [
        Judged(draw(COMPANIES), NOON + draw(HOURS) * HOUR, print_, draw(VERDICTS), print_)
        for print_ in range(draw(st.integers(0, 6)))
    ]
    return again(draw, found)


def again(draw: st.DrawFn, events: list) -> list:  # type: ignore[type-arg]  # of whatever kind
    """Have some events come again, at any later place."""
    found = list(events)
    for _ in range(draw(st.integers(0, 3)) if events else 0):
        at = draw(st.integers(0, len(found) - 1))
        found.insert(draw(st.integers(at + 1, len(found))), found[at])
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.sampled_from(["counts", "detections", "feedback"]), st.integers(1, 6)),
        st.just(("commit",)),
        st.tuples(
            st.just("crash"),
            st.integers(0, 40),
            st.fixed_dictionaries({name: st.integers(0, 20) for name in ("counts", "detections", "feedback")}),
        ),
        st.tuples(st.just("stale"), st.integers(0, 1000)),
    ),
    max_size=25,
)


def run(deployment: Deployment, steps: Sequence[tuple]) -> None:  # type: ignore[type-arg]  # see `STEPS`
    for name, *arguments in steps:
        getattr(deployment, name)(*arguments)
    for source, events in deployment.sources.items():
        while deployment.at[source] < len(events):
            deployment.batch(source, 5)
    deployment.publish()
    deployment.commit()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks(), detections(), verdicts(), STEPS)
def test_windows_equal_a_recomputation(
    counts: list[Counted | Tick],
    found: list[Detected],
    judged: list[Judged],
    steps: list[tuple],  # type: ignore[type-arg]
) -> None:
    deployment = Deployment({"counts": counts, "detections": found, "feedback": judged})
    run(deployment, steps)
    expected, _ = recompute([one for one in counts if isinstance(one, Counted)], found, judged)
    assert deployment.windows() == expected
    # What was published last of each window is what it is.
    last = dict(deployment.published)
    for key, value in deployment.table.items():
        assert told(last[key]) == told(decode_window(value))
