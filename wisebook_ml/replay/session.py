"""One replay as it is asked for: from the words of a person to results, on `--into` or in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from topics import DETECTIONS
from wisebook_ml.messaging.groups import group_is_at_work, group_name
from wisebook_ml.replay.checks import Asked, check_rights_of, check_still_there, fold_of, folder_of, make_plan
from wisebook_ml.replay.comparison import Comparison, together
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.into import publish_into
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.promotion import promotable, promote_partition, wait_for_scoring
from wisebook_ml.replay.run import Overall, run_replay
from wisebook_ml.settings import Settings

__all__ = ["Done", "Surroundings", "replay"]

POLITE_SHARE = 0.5
"""Which share of a processor each process uses while scoring workers are at work, unless another is asked for."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Done:
    """What a replay came to.

    Attributes
    ----------
    plan : Plan
    resumed : bool
        Whether it went on with what an earlier call had begun, or finished.
    figures : Comparison
        What differed when it was compared.
    overall : Overall
        What was scored.
    published : int
        Records that were put on the topic of `--into`.
    promoted : mapping of int to int
        Detections that were made to hold, by company.
    left : int
        Changes that cannot be promoted (`wisebook_ml.replay.promotion.promotable`).
    """

    plan: Plan
    folder: ReplayFolder
    resumed: bool
    figures: Comparison
    overall: Overall
    published: int = 0
    promoted: Mapping[int, int] = field(default_factory=dict)
    left: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a replay runs, and how.

    Attributes
    ----------
    settings : Settings
    bootstrap : str
    processes : int
        How many at most.
    share : float or None
        Which share of a processor each uses; None: all of it, or half while scoring workers are at work.
    tell : callable
        Told how far it is.
    say : callable
        Told in a sentence what is going on.
    """

    settings: Settings
    bootstrap: str
    processes: int
    share: float | None = None
    tell: Callable[[Plan, Overall], None] = lambda plan, overall: None
    say: Say = lambda text: None


def replay(
    around: Surroundings, asked: Asked, *, dry_run: bool = False, promote: bool = False, into: str | None = None
) -> Done:
    """Replay what is asked for, and do with the results what is.

    Without `dry_run`, `promote` and `into`, what nothing is published of is promoted, where models and settings are
    those that were in force: a backfill.

    Raises
    ------
    ReplayError, ReadError, PublishError, StorageError
        Where something is wrong; before any work is done, wherever that can be known.
    """
    settings, bootstrap = around.settings, around.bootstrap
    backfills = not dry_run and not promote and into is None and not asked.modeles and asked.parametres is None
    folder = folder_of(settings, bootstrap, asked)
    with folder.held():
        plan, resumed = _plan(around, asked, folder, again=promote or into is not None)
        check_rights_of(settings, bootstrap, plan, promotes=promote or backfills, into=into)
        if promote or backfills:
            _let_scoring_catch_up(around)
        overall = run_replay(
            plan,
            folder,
            bootstrap,
            DETECTIONS.full_name(settings.topic_prefix),
            processes=around.processes,
            share=_share(around),
            tell=lambda overall: around.tell(plan, overall),
        )
        figures = together(folder.comparison(partition) for partition in plan.stretches)
        done = Done(plan, folder, resumed, figures, overall)
        if into is not None:
            done.published = publish_into(bootstrap, settings.topic_prefix, into, plan, folder)
        if promote or backfills:
            _promote(around, done, missing_only=not promote)
    return done


def _plan(around: Surroundings, asked: Asked, folder: ReplayFolder, *, again: bool) -> tuple[Plan, bool]:
    """Return the plan to follow, and whether it is one that was begun before.

    One that was not finished goes on; one that was serves again where its results are wanted, and not new ones.
    """
    settings, bootstrap = around.settings, around.bootstrap
    before = folder.plan
    if before is not None and before.fold != fold_of(settings):
        around.say("an earlier replay of this was made by another version of the program, and is done anew")
        before = None
    if before is not None and (again or not folder.finished):
        check_still_there(settings, bootstrap, before)
        around.say("taking the results of the replay before" if folder.finished else "going on with the replay before")
        return before, True
    plan = make_plan(settings, bootstrap, asked)
    if plan == before:
        return plan, True
    folder.begin(plan)
    return plan, False


def _share(around: Surroundings) -> float:
    if around.share is not None:
        return around.share
    group = group_name(around.settings.topic_prefix, "scoring")
    if not group_is_at_work(around.bootstrap, group):
        return 1.0
    around.say(f"scoring workers are at work: the replay takes {POLITE_SHARE:.0%} of each processor (--throttle)")
    return POLITE_SHARE


def _let_scoring_catch_up(around: Surroundings) -> None:
    wait_for_scoring(
        around.bootstrap,
        around.settings.topic_prefix,
        waiting=lambda: around.say("waiting until the scoring workers have finished what is published"),
    )


def _promote(around: Surroundings, done: Done, *, missing_only: bool) -> None:
    """Have the changes hold, and wait until they do."""
    plan, changes_versions = done.plan, done.plan.changes_versions
    changes = {partition: list(done.folder.changes(partition)) for partition in plan.stretches}
    wanted = {
        partition: list(promotable(of, missing_only=missing_only, changes_versions=changes_versions))
        for partition, of in changes.items()
    }
    conflicts = sum(one.conflict for changes in wanted.values() for one in changes)
    if conflicts:
        raise ReplayError(
            f"{conflicts} detections would have another value under the versions that they were published with, which "
            "none may: the program has changed since, or a model that takes part without being named. Record the "
            "settings as a version of their own (`wisebook-ml settings set`), and promote with --settings of that one"
        )
    done.left = sum(map(len, changes.values())) - sum(map(len, wanted.values()))
    promoted: dict[int, int] = {}
    for partition, some in wanted.items():
        if some:
            promoted |= promote_partition(around.bootstrap, around.settings.topic_prefix, partition, some, plan.id)
    done.promoted = promoted
    if promoted:
        _let_scoring_catch_up(around)
