"""What a person says of a detection, or of an entry that should have been one."""

import uuid
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import Identifiant, Record, Revision, SocieteId
from schemas.enums import Verdict

__all__ = ["Avis"]


class Avis(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A verdict. It names a detection, or with `MANQUEE` the entry that was missed.

    `revision` is that of the detection which the person looked at; without it, the one that stands when the verdict
    arrives. The first verdict on a revision stands: another one is refused, unless it says by `remplace` that it takes
    the place of the one before on purpose.

    Raises
    ------
    ValueError
        When it names neither, or reclassifies without the right account.
    """

    ce_type: ClassVar[str] = "fr.wisebook.avis.v1"

    societe_id: SocieteId
    detection_id: uuid.UUID | None = None
    ecriture_id: Identifiant | None = None
    verdict: Verdict
    compte_num: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    auteur: Identifiant
    commentaire: str = ""
    revision: Revision | None = None
    remplace: bool = False

    def __post_init__(self) -> None:
        if self.verdict is Verdict.MANQUEE:
            if self.ecriture_id is None:
                raise ValueError("a MANQUEE verdict names the missed entry in `ecriture_id`")
        elif self.detection_id is None:
            raise ValueError(f"a {self.verdict.value} verdict names its detection in `detection_id`")
        if self.verdict is Verdict.RECLASSEE and self.compte_num is None:
            raise ValueError("a RECLASSEE verdict names the right account in `compte_num`")
