"""LIBELLE_PAUVRE, PIECE_ABSENTE and MOT_CLE: what is written on an entry, or not."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin

__all__ = ["EMPTY_WORDS"]

POOR, NO_PIECE, KEYWORD = CodeMotif.LIBELLE_PAUVRE, CodeMotif.PIECE_ABSENTE, CodeMotif.MOT_CLE

EMPTY_WORDS = ("", "divers", "xxx", ".", "-", "OD", "DIVERS", "?", "test", "ecriture", "aaa", "facture", "a voir")

SUSPECT = (
    "annulation client mystère",
    "selon demande du gérant",
    "à régulariser",
    "ACHAT PERSO M. LE GERANT",
    "cadeau client espèces",
    "NE PAS COMPTABILISER",
    "pour équilibrer",
    "commission confidentielle",
    "ajustement sur instruction direction",
    "écriture fictive à extourner",
    "dessous de table",
    "en attente justificatif",
    "à annuler après contrôle CAC",
    "PRET PERSONNEL DIRIGEANT",
)
"""Words an examiner looks for: pressure, private use, plugs, cover-ups."""

HARMLESS = (
    ("6226", "HONORAIRES ENQUETE VISITES MYSTERE MAGASINS"),
    ("6257", "REPAS SEMINAIRE PERSONNEL"),
    ("6211", "PERSONNEL INTERIMAIRE RENFORT"),
    ("6251", "ASSURANCE ANNULATION VOYAGE INCLUSE"),
    ("6155", "REGULARISATION CHARGES LOCATIVES BAILLEUR"),
    ("6064", "CARTES CADEAUX COMITE ENTREPRISE"),
    ("6063", "PETIT MATERIEL ATTENTE TELEPHONIQUE"),
)
"""The same words where they mean something ordinary, with the account to show it."""


@anomaly(POOR, "generique")
def says_nothing(site: Site, case: Case) -> bool:
    """Label an entry with nothing, or with a word that says nothing."""
    draft = site.pick("vente", "achat", "note_frais", "carte", "reglement_client")
    if draft is None:
        return False
    word = site.rng.choice(EMPTY_WORDS)
    draft.rename(word)
    case.label(draft, f"Libellé sans contenu : « {word} ».")
    return True


@anomaly(POOR, "ponctuation")
def keyboard_noise(site: Site, case: Case) -> bool:
    """Fill the mandatory field with noise."""
    draft = site.pick("achat", "note_frais", "amortissement", "virement_interne")
    if draft is None:
        return False
    word = "".join(site.rng.choice("azqsdx.-*") for _ in range(site.rng.randint(1, 5)))
    draft.rename(word)
    case.label(draft, "Libellé rempli au hasard pour passer le contrôle de saisie.")
    return True


@twin(POOR, "court_mais_precis")
def short(site: Site, case: Case) -> bool:
    """Write little, but what is needed: the supplier and the period."""
    draft = site.pick("contrat:energie", "contrat:telephone", "achat", where=lambda d: d.tiers is not None)
    if draft is None or draft.tiers is None:
        return False
    draft.rename(f"{draft.tiers.aux_lib.split()[0]} {draft.jour:%m/%y}")
    case.label(draft, "Libellé court mais précis : fournisseur et période.")
    return True


@twin(POOR, "numero_seul")
def number_only(site: Site, case: Case) -> bool:
    """Write the number of the invoice and nothing else; it leads to the piece."""
    draft = site.pick("vente", "achat", where=lambda d: bool(d.piece))
    if draft is None:
        return False
    draft.rename(f"FACT {draft.piece}")
    case.label(draft, "Le libellé est le numéro de la pièce, qui suffit à la retrouver.")
    return True


@anomaly(NO_PIECE, "sans_reference")
def no_reference(site: Site, case: Case) -> bool:
    """Enter a document without its reference."""
    draft = site.pick("achat", "vente", "note_frais", where=lambda d: bool(d.piece))
    if draft is None:
        return False
    draft.lib = draft.lib.replace(f" {draft.piece}", "")
    draft.piece, draft.piece_date = "", None
    case.label(draft, "Aucune référence de pièce dans un journal qui en porte toujours.")
    return True


@anomaly(NO_PIECE, "reference_de_remplissage")
def filler(site: Site, case: Case) -> bool:
    """Fill the reference with something that is none."""
    draft = site.pick("achat", "note_frais", where=lambda d: bool(d.piece))
    if draft is None:
        return False
    draft.lib = draft.lib.replace(f" {draft.piece}", "")
    draft.piece = site.rng.choice(("", "", "-", "?", "SANS", "NEANT"))
    case.label(draft, "La référence de pièce ne mène à aucune pièce.")
    return True


@twin(NO_PIECE, "banque_secondaire")
def second_bank(site: Site, case: Case) -> bool:
    """Point at a journal that never has references: the statements of the second bank."""
    draft = next((d for d in reversed(site.world.drafts) if d.journal == "BS" and not d.touche), None)
    if draft is None:
        return False
    case.label(draft, "Ce journal de banque n'a jamais de référence de pièce.")
    return True


@anomaly(KEYWORD, "libelle_suspect")
def suspicious(site: Site, case: Case) -> bool:
    """Write what an examiner searches for."""
    draft = site.pick("vente", "achat", "note_frais", "carte", "avoir")
    if draft is None:
        return False
    words = site.rng.choice(SUSPECT)
    draft.rename(words if site.rng.random() < 0.5 else f"{draft.lib} {words}")
    case.label(draft, f"Libellé à expliquer : « {words} ».")
    return True


@twin(KEYWORD, "mot_innocent")
def innocent(site: Site, case: Case) -> bool:
    """Use such a word where it means something ordinary."""
    for code, words in site.rng.sample(HARMLESS, len(HARMLESS)):
        num = site.chart[code]
        draft = site.pick("achat", where=lambda d, num=num: d.lignes[0].compte == num)  # type: ignore[misc]
        if draft is not None:
            draft.rename(f"{words} {draft.piece}")
            case.label(draft, "Le mot recherché a ici son sens ordinaire, le compte le montre.")
            return True
    return False
