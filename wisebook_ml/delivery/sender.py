"""One attempt to bring an alert to one address, by whichever channel."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Sequence

import msgspec

from schemas import Alerte, Canal, Detection
from wisebook_ml.clock import utc_now
from wisebook_ml.delivery.envelope import body_of, headers_of
from wisebook_ml.delivery.mail import NO_SERVER, MailServer, message_of, send
from wisebook_ml.delivery.schedule import Answer, Kind
from wisebook_ml.delivery.signing import secret_of
from wisebook_ml.delivery.texts import SHOWN_DETECTIONS, mail_of
from wisebook_ml.delivery.webhook import Limits, post
from wisebook_ml.settings import Settings

__all__ = ["NO_KEY", "Letter", "Sender"]

NO_KEY = "refused: webhooks are signed, and no key is set; set WISEBOOK_ML_SIGNING_KEY"

Known = Callable[[Collection[uuid.UUID]], Sequence[Detection]]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is brought where: the same for all attempts.

    `dite` is what has arrived there of the alert before; `trial`: it only tries the way.
    """

    livraison_id: uuid.UUID
    alerte: Alerte
    canal: Canal
    adresse: str
    langue: str
    emise_le: dt.datetime
    dite: Alerte | None = None
    trial: bool = False


def _none(_: Collection[uuid.UUID]) -> Sequence[Detection]:
    return ()


class Sender:
    """Sends letters, as the settings of the deployment say.

    Parameters
    ----------
    settings : Settings
        The process's.
    known : callable
        Returns those of some detections that are known, for mails to tell of.
    clock : callable
        Tells the present moment, for signatures and the dates of mails.
    """

    def __init__(self, settings: Settings, known: Known = _none, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._key = settings.signing_key.get_secret_value()
        self._limits = Limits(settings.delivery_seconds, http=settings.webhook_http, private=settings.webhook_private)
        self._server = MailServer.of(settings)
        self._known = known
        self._clock = clock

    def send(self, letter: Letter) -> Answer:
        """Make one attempt, and return what came of it."""
        return self._post(letter) if letter.canal is Canal.WEBHOOK else self._mail(letter)

    def _post(self, letter: Letter) -> Answer:
        if not self._key:
            return Answer(Kind.NEVER, NO_KEY)
        societe_id = letter.alerte.societe_id
        body = body_of(letter.alerte, letter.emise_le, trial=letter.trial)
        secret = secret_of(self._key, societe_id, letter.adresse)
        headers = headers_of(str(letter.livraison_id), societe_id, secret, body, self._clock())
        return post(letter.adresse, body, headers, self._limits)

    def _mail(self, letter: Letter) -> Answer:
        if self._server is None:
            return Answer(Kind.NEVER, NO_SERVER)
        first = letter.alerte.detections[:SHOWN_DETECTIONS]
        known = self._known(first) if first else ()
        message = message_of(
            mail_of(letter.alerte, letter.langue, known, before=letter.dite, trial=letter.trial),
            sender=self._server.sender,
            to=letter.adresse,
            livraison_id=letter.livraison_id,
            alerte_id=letter.alerte.alerte_id,
            now=self._clock(),
        )
        return send(self._server, letter.adresse, message, self._limits.seconds)
