"""Keeping what wisebook_ml finds, as it stands."""

from wisebook_ml_client import Incoming
from wisebook_ml_client.schemas import Detection, Etat

from ledger.models import Anomalie, Ecriture


def keep(record: Incoming) -> bool:
    """Take in one record of `detections`; returns whether it changed anything.

    The same record may come again, after a crash, when the topic is read anew, or from a replay: whatever is not newer
    than what is kept changes nothing.
    """
    if record.value is None:  # withdrawn
        return Anomalie.objects.filter(detection_id=record.key).delete()[0] > 0
    detection = record.value
    assert isinstance(detection, Detection)
    known = Anomalie.objects.select_for_update().filter(detection_id=detection.detection_id).first()
    if known is not None and known.revision > detection.revision:
        return False
    of_an_entry = detection.ecriture_id is not None and detection.ecriture_id.isdecimal()
    told = {
        "societe_id": detection.societe_id,
        "ecriture": (
            Ecriture.objects.filter(pk=detection.ecriture_id, societe_id=detection.societe_id).first()
            if of_an_entry
            else None
        ),
        "revision": detection.revision,
        "ouverte": detection.etat is Etat.OUVERTE,
        "score": detection.score,
        "severite": detection.severite.value,
        "motif": detection.motifs[0].libelle_fr if detection.motifs else "",
    }
    if known is not None and all(getattr(known, name) == value for name, value in told.items()):
        return False
    Anomalie.objects.update_or_create(detection_id=detection.detection_id, defaults=told)
    return True
