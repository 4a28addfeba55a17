"""Examples of what controls find, and must leave alone, among numbers, dates, people and documents."""

from types import MappingProxyType

__all__ = ["CASES"]

CASES = MappingProxyType(
    {
        # MODIFIEE_APRES_VALIDATION
        "montant_modifie": (
            "Montants modifiés après la validation.",
            "Amounts changed after validation.",
        ),
        "compte_modifie": (
            "Charge validée déplacée sur un autre compte.",
            "A validated expense moved to another account.",
        ),
        "suppression": (
            "Écriture validée supprimée.",
            "A validated entry deleted.",
        ),
        "date_modifiee": (
            "Écriture validée déplacée à une autre date.",
            "A validated entry moved to another day.",
        ),
        "lettrage_apres_validation": (
            "Lettrage ajouté après la validation, qui ne change rien de ce qu'elle fige.",
            "A lettering added after validation, which changes nothing that validation fixed.",
        ),
        "corrigee_avant_validation": (
            "Compte corrigé avant la validation, qui a suivi.",
            "An account corrected before the validation, which then followed.",
        ),
        # EXTOURNE_RAPIDE
        "vente_de_fin_de_periode": (
            "Grosse vente des derniers jours du mois, reprise au début du suivant.",
            "A large sale on the last days of a month, taken back at the start of the next.",
        ),
        "contrepassation_immediate": (
            "Facture ordinaire contre-passée en quelques jours, sans avoir.",
            "An ordinary invoice undone within days, without a credit note.",
        ),
        "retour_de_marchandises": (
            "Facture reprise en totalité pour un retour de marchandises, avec un avoir numéroté et un bon de retour.",
            "An invoice credited in full for returned goods, with a numbered credit note and a return slip.",
        ),
        # FEC_NON_CONFORME
        "compte_sans_chiffres": (
            "Compte d'attente du comptable, sans numéro du plan comptable.",
            "A working account of the accountant's, which is none of the chart.",
        ),
        "debit_et_credit": (
            "Retour compensé sur la ligne d'achat, qui porte un débit et un crédit.",
            "A return netted against a purchase on one line, which has a debit and a credit.",
        ),
        "ligne_sans_montant": (
            "Ligne sans montant.",
            "A line without an amount.",
        ),
        "validee_avant_sa_date": (
            "Écriture validée plusieurs jours avant la date qu'elle porte.",
            "An entry validated days before the date that it bears.",
        ),
        "validee_le_jour_meme": (
            "Écriture validée le jour de sa date.",
            "An entry validated on the day that it bears.",
        ),
        "montant_signe": (
            "Remise dont les deux lignes portent un signe moins, ce que le fichier admet.",
            "A discount whose two lines bear a minus sign, which the file allows.",
        ),
        # HORS_EXERCICE
        "annee_mal_saisie": (
            "Année mal saisie : celle d'avant, comme souvent en janvier, ou une année à venir.",
            "The wrong year: the one before, as often in January, or one to come.",
        ),
        "exercice_precedent": (
            "Pièce de l'exercice précédent passée à sa date dans l'exercice ouvert.",
            "A document of the year before, booked with its date in the open year.",
        ),
        "inventaire_saisi_apres_cloture": (
            "Écriture d'inventaire saisie l'exercice suivant, mais datée du bon exercice.",
            "A closing entry typed in the next year and dated in the right one.",
        ),
        "piece_de_l_exercice_precedent": (
            (
                "Facture de l'exercice précédent reçue en début d'année : la pièce est ancienne, la date de "
                "l'écriture est dans l'exercice."
            ),
            "Last year's invoice received in the first months: the document is older, the entry's date is in the year.",
        ),
        # ANTIDATEE
        "saisie_tardive": (
            "Écriture saisie des mois après sa date.",
            "An entry typed months after its date.",
        ),
        "vente_ramenee_au_trimestre": (
            "Vente datée du trimestre précédent, dont elle améliore les chiffres.",
            "A sale dated back into the quarter before, whose figures it improves.",
        ),
        "date_reculee": (
            "Écriture datée de deux mois plus tôt, ou davantage, dans l'exercice.",
            "An entry dated back by two months or more, within the year.",
        ),
        "ecriture_d_inventaire": (
            "Écriture d'inventaire : ce journal est toujours saisi plusieurs semaines après sa date.",
            "A closing entry: this journal is always typed weeks after its date.",
        ),
        "declaration_de_tva": (
            "Déclaration de TVA datée de la fin du mois et saisie à son échéance, comme chaque mois.",
            "The VAT return: dated the month's end and typed when it is due, as every month.",
        ),
        # POSTDATEE
        "date_future": (
            "Écriture datée de plusieurs semaines après sa saisie.",
            "An entry dated weeks after the day it was typed.",
        ),
        "mois_mal_saisi": (
            "Mois mal saisi : le suivant, ou celui d'après.",
            "The wrong month: the next, or the one after.",
        ),
        # JOUR_NON_OUVRE
        "date_un_dimanche": (
            "Écriture de bureau datée d'un week-end ou d'un jour férié.",
            "An office entry dated on a weekend or public holiday.",
        ),
        "saisie_un_dimanche": (
            "Écriture saisie et datée d'un jour de fermeture.",
            "An entry typed on a closed day, and dated so.",
        ),
        "caisse_du_dimanche": (
            "Caisse d'un magasin ouvert le dimanche.",
            "The till of a shop that is open on Sundays.",
        ),
        "carte_le_week_end": (
            "Paiement par carte un week-end, courant dans ce journal.",
            "A card payment on a weekend, as common in this journal.",
        ),
        "fin_de_mois": (
            "Écriture datée du dernier jour du mois, quel que soit le jour de la semaine.",
            "An entry dated the last day of the month, whatever weekday it is.",
        ),
        # DOUBLON
        "piece_saisie_deux_fois": (
            "Même facture saisie deux fois : même pièce, même date, autre numéro d'écriture.",
            "The same invoice typed twice: same document and date, another number.",
        ),
        "meme_piece_autre_date": (
            "Relance comptabilisée comme une nouvelle facture : même pièce et même montant, autre date.",
            "A reminder booked as a new invoice: same document and amount, another date.",
        ),
        "sans_piece_deux_jours_apres": (
            "Même montant du même fournisseur deux jours plus tard, sans pièce à comparer.",
            "The same amount of the same supplier two days later, without a document to compare.",
        ),
        "numero_transpose": (
            "Même facture sous un numéro mal recopié.",
            "The same invoice under a number with a slip in it.",
        ),
        "paiement_double": (
            "Fournisseur payé deux fois : le second virement ne solde plus rien.",
            "A supplier paid twice: the second transfer finds nothing left to settle.",
        ),
        "livraisons_identiques": (
            "Même commande livrée à nouveau : autre livraison, autre numéro de facture, autre échéance.",
            "The same order delivered again: another delivery, another invoice number, another due date.",
        ),
        "acomptes_identiques": (
            "Facture réglée en deux acomptes égaux, numérotés dans le libellé.",
            "An invoice in two equal instalments that the labels count.",
        ),
        # HEURE_INHABITUELLE
        "saisie_de_nuit": (
            "Écriture saisie la nuit sous un compte utilisateur de journée.",
            "An entry typed at night by an author who works in the daytime.",
        ),
        "tot_le_matin": (
            "Écriture saisie plusieurs heures avant le début ou après la fin de la journée.",
            "An entry typed some hours before the working day begins, or after it has ended.",
        ),
        "import_nocturne": (
            "Relevé de banque importé avant l'aube, comme chaque jour.",
            "A bank statement imported before dawn, as on every day.",
        ),
        "controle_du_soir": (
            "Écriture d'un contrôleur qui travaille toujours le soir.",
            "An entry of a controller who always works in the evening.",
        ),
        # RAFALE
        "saisie_en_serie": (
            "Dizaines d'écritures saisies en quelques minutes, trop vite pour avoir regardé les pièces.",
            "Dozens of entries within minutes, too fast to have looked at a document.",
        ),
        "lot_d_import": (
            "Relevé de banque d'une nuit, importé en une minute comme chaque nuit.",
            "One night's bank statement, imported within a minute as on every night.",
        ),
        "prelevements_du_mois": (
            "Paie du mois passée d'un coup par le logiciel de paie, au nom de son opérateur.",
            "The month's payroll posted in one go by the payroll program, under its operator's name.",
        ),
        # RUPTURE_NUMEROTATION
        "trou": (
            "Un ou plusieurs numéros manquants, comme après une suppression d'écritures.",
            "One number or a few missing, as when entries were removed.",
        ),
        "numero_repete": (
            "Dernier numéro du journal utilisé une seconde fois.",
            "The journal's last number used again.",
        ),
        "desordre": (
            "Numéro pris très en avance, les intermédiaires venant ensuite.",
            "A number taken far ahead; the ones between come later.",
        ),
        "reprise_mensuelle": (
            "Première écriture du mois d'un journal numéroté par mois.",
            "The first entry of a month in a journal that numbers by month.",
        ),
        "nouvel_exercice": (
            "Première écriture de banque d'un nouvel exercice, qui reprend à un.",
            "The first bank entry of a new fiscal year, which starts again at one.",
        ),
        "brouillard_supprime": (
            "Brouillard supprimé le jour même, bien avant validation : son numéro reste inutilisé.",
            "A draft deleted the same day, long before validation: its number stays unused.",
        ),
        # LIBELLE_PAUVRE
        "generique": (
            "Libellé vide, ou fait d'un mot qui ne dit rien.",
            "A label that is empty, or a word that says nothing.",
        ),
        "ponctuation": (
            "Libellé rempli de ponctuation.",
            "A label filled with punctuation.",
        ),
        "court_mais_precis": (
            "Libellé court mais suffisant : le fournisseur et la période.",
            "A short label that says enough: the supplier and the period.",
        ),
        "numero_seul": (
            "Libellé réduit au numéro de facture, qui mène à la pièce.",
            "The number of the invoice alone, which leads to the document.",
        ),
        # PIECE_ABSENTE
        "sans_reference": (
            "Pièce saisie sans sa référence.",
            "A document entered without its reference.",
        ),
        "reference_de_remplissage": (
            "Référence de remplissage, qui n'en est pas une.",
            "A reference filled with something that is none.",
        ),
        "banque_secondaire": (
            "Relevé de la seconde banque, journal qui ne porte jamais de référence.",
            "The statement of the second bank, a journal that never has references.",
        ),
        # MOT_CLE
        "libelle_suspect": (
            "Libellé avec un mot que recherche un vérificateur.",
            "A label with a word that an examiner searches for.",
        ),
        "mot_innocent": (
            "Même mot dans son sens ordinaire.",
            "Such a word in its ordinary meaning.",
        ),
    }
)
"""By name of the variant (`wisebook_ml.generator.planting`), in French and in English."""
