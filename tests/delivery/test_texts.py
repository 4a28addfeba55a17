"""What a person reads, and what a malicious title cannot do."""

import email
import email.policy
import uuid
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import Alerte, EtatAlerte, Severite
from wisebook_ml.delivery.mail import message_of
from wisebook_ml.delivery.texts import Mail, mail_of

from .conftest import NOON

NARROW = "\u202f"


def sent(mail: Mail) -> EmailMessage:
    """Return a mail as its reader's program parses it from the wire."""
    made = message_of(
        mail, sender="WiseBook <wisebook@example.fr>", to="anne@example.fr", livraison_id=uuid.UUID(int=1),
        alerte_id=uuid.UUID(int=2), now=NOON,
    )  # fmt: skip
    wire = made.as_bytes()
    assert max(wire) < 128
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    parsed = email.message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_in_french(alerte: Alerte) -> None:
    mail = mail_of(alerte, "fr")
    assert mail.subject == "[WiseBook 7] élevée : 12 doublons dans le journal HA"
    assert mail.text.replace(NARROW, " ") == (
        "12 doublons dans le journal HA\n\n"
        "Société : 7\nGravité : élevée\nDétections : 12\nMontant en jeu : 123 456,70 €\n"
        "Motifs : Doublon probable (12), Montant rond (3)\n"
        "Ouverte le : 10/03/2026 à 13:00\nDernière le : 10/03/2026 à 13:05\n\n"
        "Premières détections :\n"
        + "".join(f"- {one}\n" for one in alerte.detections[:5])
        + f"- et 7 autres\n\nAlerte {alerte.alerte_id}, révision 1\n"
    )


def test_in_english(alerte: Alerte) -> None:
    mail = mail_of(replace(alerte, escalade=2, societe_id=0), "en")
    assert mail.subject == "[WiseBook all] Reminder 2: 12 duplicates in journal HA"
    assert "Reminder 2: nobody has taken note of it." in mail.text
    assert "Amount at stake: €123,456.70" in mail.text
    resolved = mail_of(replace(alerte, etat=EtatAlerte.RESOLUE, acquittee_par="anne", commentaire="vu"), "en")
    assert resolved.subject.startswith("[WiseBook 7] Resolved: 12")
    assert "nothing is left to do" in resolved.text
    assert "Taken in charge by anne (vu)." in resolved.text
    assert "A trial" in mail_of(alerte, "en", trial=True).text


def test_the_subject_says_what_is_new(alerte: Alerte) -> None:
    reminded = replace(alerte, revision=2, escalade=1)
    worse = replace(reminded, revision=3, severite=Severite.CRITIQUE)

    def subject(one: Alerte, before: Alerte | None) -> str:
        return mail_of(one, "fr", before=before).subject.removeprefix("[WiseBook 7] ").partition(" : ")[0]

    assert subject(reminded, alerte) == "Relance 1"
    assert subject(worse, reminded) == "critique désormais"
    assert "Elle est devenue plus grave : critique, et non plus élevée." in mail_of(worse, "fr", before=reminded).text
    assert "personne" not in mail_of(worse, "fr", before=reminded).text
    assert subject(worse, alerte) == "Relance 1, critique désormais"
    assert subject(replace(worse, revision=4, escalade=2), worse) == "Relance 2"
    assert subject(replace(worse, revision=5), replace(worse, etat=EtatAlerte.RESOLUE)) == "Rouverte"
    assert mail_of(worse, "en", before=reminded).subject.startswith("[WiseBook 7] critical now: 12 duplicates")


@pytest.mark.parametrize("langue", ["fr", "en"])
def test_a_mail_as_it_travels(alerte: Alerte, langue: str) -> None:
    mail = mail_of(alerte, langue)
    parsed = sent(mail)
    assert parsed["Subject"] == mail.subject
    assert parsed["To"] == "anne@example.fr"
    assert parsed["Message-ID"] == "<00000000-0000-0000-0000-000000000001@example.fr>"
    assert parsed["References"] == "<00000000-0000-0000-0000-000000000002@example.fr>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    plain, html = parsed.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == mail.text
    assert html.get_content().replace("\r\n", "\n") == mail.html


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=50))
def test_no_title_makes_a_header_or_markup(title: str, who: str) -> None:
    bad = f"{title}\r\nBcc: all@example.fr\r\n\r\n<script>alert(1)</script>"
    mail = mail_of(
        Alerte(
            alerte_id=uuid.UUID(int=3), societe_id=1, severite=Severite.INFO, titre_fr=bad, titre_en=bad,
            detections=[uuid.UUID(int=4)], acquittee_par=who + "\n<b>",
        ),
        "fr",
    )  # fmt: skip
    assert len(mail.subject) <= 150
    assert "<script" not in mail.html
    assert "<b>" not in mail.html
    parsed = sent(mail)
    assert parsed["Bcc"] is None
    assert set(parsed.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version", "Content-Type"
    }  # fmt: skip
