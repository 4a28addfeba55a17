"""Controls that look at numbers, dates, people and documents."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import FACT, RARITY, Description

__all__ = ["DESCRIPTIONS"]

DESCRIPTIONS = {
    CodeMotif.DOUBLON: Description(
        title_fr="Doublon probable",
        title_en="Probable duplicate",
        about_fr="Cherche une écriture antérieure du même journal avec le même tiers, le même montant et la même "
        "pièce, ou une date proche. Des montants égaux qui reviennent (loyers, abonnements) sont une habitude et ne "
        "sont pas signalés ; ni, sans pièce commune, une écriture lettrée, qui solde quelque chose. Comparer les deux "
        "pièces ; si c'est la même, annuler l'une des écritures et vérifier qu'elle n'a pas été payée deux fois.",
        about_en="Looks for an earlier entry of the same journal with the same third party and amount, and the same "
        "document or a near date. Equal amounts that come again and again (rents, subscriptions) are a habit and "
        "pass; so does, unless the document is the same, an entry that is lettered, since it settles something. "
        "Compare both documents; if they are one, reverse an entry and check that it was not paid twice.",
        value=(
            "force de la ressemblance, de 0 à 1 (1 : même pièce)",
            "strength of the match, from 0 to 1 (1: same document)",
        ),
    ),
    CodeMotif.RUPTURE_NUMEROTATION: Description(
        title_fr="Rupture de numérotation",
        title_en="Break in the numbering",
        about_fr="Suit les numéros de chaque journal et exercice, et relève ceux qui manquent, se répètent ou "
        "reculent. Dans un fichier, classé par date le plus souvent, un numéro ne manque que lorsque le journal l'a "
        "nettement dépassé, ou à la fin de l'exercice ; le constat porte alors sur le journal, et se clôt si le numéro "
        "arrive. Un journal dont la numérotation est couramment irrégulière n'est pas signalé écriture par écriture ; "
        "celles qui soldent les classes 6 et 7 à la clôture, numérotées à part, sont exceptées. Retrouver les numéros "
        "manquants : écritures supprimées, brouillards ou import incomplet.",
        about_en="Follows the numbers of each journal and fiscal year, and finds those that are missing, repeated or "
        "out of order. In a file, which is sorted by date mostly, a number is missing only when the journal has gone "
        "well past it, or at the end of the year; the finding is then about the journal, and closes if the number "
        "comes. A journal whose numbering is often irregular is not flagged entry by entry; entries that close "
        "classes 6 and 7, numbered apart by programs, are excepted. Look for the missing numbers: deleted entries, "
        "drafts or an incomplete import.",
        value=RARITY,
        needs=("ecriture_num",),
    ),
    CodeMotif.HORS_EXERCICE: Description(
        title_fr="Date hors de l'exercice",
        title_en="Date outside the fiscal year",
        about_fr="Compare la date de l'écriture avec le premier et le dernier jour de son exercice. Aucune habitude "
        "ne l'excuse ; sans exercice dans l'écriture, le contrôle ne dit rien. Corriger la date, ou passer l'écriture "
        "dans le bon exercice.",
        about_en="Compares the entry's date with the first and last day of its fiscal year. No habit excuses it; "
        "where the entry names no fiscal year, the control is silent. Correct the date, or post the entry in the "
        "right year.",
        value=("jours en dehors de l'exercice", "days outside the fiscal year"),
        needs=("exercice",),
    ),
    CodeMotif.ANTIDATEE: Description(
        title_fr="Écriture antidatée",
        title_en="Backdated entry",
        about_fr="Cherche les écritures saisies longtemps après la date qu'elles portent, au regard des délais du "
        "journal. En deçà de 25 jours, et tant que le journal est peu mouvementé, rien n'est signalé. Demander la "
        "pièce et sa date de réception, surtout autour d'une clôture.",
        about_en="Looks for entries made long after the date they bear, compared with the delays of the journal. "
        "Below 25 days, and until the journal has a habit, nothing is flagged. Ask for the document and the day it "
        "came, above all around a closing.",
        value=RARITY,
        needs=("saisie_le",),
    ),
    CodeMotif.POSTDATEE: Description(
        title_fr="Écriture postdatée",
        title_en="Forward-dated entry",
        about_fr="Cherche les écritures dont la date est postérieure d'au moins deux jours à leur saisie, au regard "
        "des habitudes du journal (échéances comptabilisées d'avance). Muet tant que le journal est peu mouvementé. "
        "Vérifier la date de la pièce et l'exercice.",
        about_en="Looks for entries that bear a date at least two days after they were made, compared with the habit "
        "of the journal (instalments that are booked ahead). Silent until the journal has a habit. Check the date of "
        "the document and the fiscal year.",
        value=RARITY,
        needs=("saisie_le",),
    ),
    CodeMotif.JOUR_NON_OUVRE: Description(
        title_fr="Jour non ouvré",
        title_en="Dated on a day off",
        about_fr="Relève les écritures datées d'un samedi, d'un dimanche ou d'un jour férié dans un journal qui n'en "
        "a presque jamais. Un journal de caisse ou de banque qui en compte souvent n'est pas signalé, ni un journal "
        "encore peu mouvementé, ni le dernier jour d'un mois, date de ce qui se comptabilise au mois ; un samedi, "
        "jour ouvrable, pèse moins. Vérifier la date sur la pièce.",
        about_en="Finds entries dated on a Saturday, a Sunday or a public holiday in a journal that hardly ever has "
        "any. A till or bank journal that often does passes, and so do a journal that is little used yet, and the last "
        "day of a month, which dates what is accounted for by the month; a Saturday weighs less. Check the date on the "
        "document.",
        value=RARITY,
    ),
    CodeMotif.HEURE_INHABITUELLE: Description(
        title_fr="Heure de saisie inhabituelle",
        title_en="Unusual time of entry",
        about_fr="Compare l'heure de saisie avec les heures habituelles de l'auteur, jours ouvrés et non ouvrés à "
        "part. Les imports et les écritures automatiques ne sont pas regardés, ni un auteur encore peu connu. "
        "S'assurer que l'auteur a bien saisi l'écriture lui-même, et pourquoi à cette heure.",
        about_en="Compares the time of entry with the usual hours of its author, working days and days off apart. "
        "Imports and automatic entries are left alone, and so is an author who is little known yet. Make sure that "
        "the author made the entry in person, and why at that hour.",
        value=RARITY,
        needs=("saisie_le", "saisie_par"),
    ),
    CodeMotif.RAFALE: Description(
        title_fr="Rafale de saisies",
        title_en="Burst of entries",
        about_fr="Compte les écritures qu'un auteur saisit à la main en dix minutes, au regard de son rythme "
        "habituel. En deçà de 8, et pour un auteur encore peu connu, rien n'est signalé ; les imports ne comptent "
        "pas. Voir si c'est un lot régulier (paie, relevé) ou des écritures passées sans regarder les pièces.",
        about_en="Counts the entries that an author makes by hand within ten minutes, compared with the usual pace. "
        "Fewer than 8, and an author who is little known yet, are never flagged; imports do not count. See whether it "
        "is a regular batch (payroll, a statement) or entries made without looking at documents.",
        value=RARITY,
        needs=("saisie_le", "saisie_par"),
    ),
    CodeMotif.MODIFIEE_APRES_VALIDATION: Description(
        title_fr="Modifiée après validation",
        title_en="Changed after validation",
        about_fr="Compare chaque révision d'une écriture validée avec ce qui a été validé : journal, numéro, date, "
        "comptes, montants, pièces et libellés. Le lettrage peut encore changer. Aucune habitude ne l'excuse : une "
        "écriture validée se corrige par une écriture nouvelle. Demander qui a modifié l'écriture, et avec quel "
        "accès.",
        about_en="Compares each revision of a validated entry with what was validated: journal, number, date, "
        "accounts, amounts, documents and labels. Lettering may still change. No habit excuses it: a validated entry "
        "is corrected by a new one. Ask who changed it, and by which access.",
        value=FACT,
        needs=("valid_date", "revision"),
    ),
    CodeMotif.EXTOURNE_RAPIDE: Description(
        title_fr="Extourne rapide",
        title_en="Quick reversal",
        about_fr="Cherche les écritures de charges ou de produits qui en annulent une autre dans les quinze jours. "
        "Les comptes de régularisation et de virements internes sont extournés par nature et ne comptent pas ; un "
        "avoir du même mois compte peu. À regarder en fin de période : une vente reprise aussitôt a pu gonfler le "
        "résultat.",
        about_en="Looks for entries of income or expenses that undo another one within fifteen days. Cut-off accounts "
        "and internal transfers are reversed by nature and do not count; a credit note of the same month counts "
        "little. Look at it at the end of a period: a sale that is taken back at once may have dressed the result.",
        value=("rapidité, de 0 à 1 (1 : le jour même)", "how soon, from 0 to 1 (1: the same day)"),
    ),
    CodeMotif.PIECE_ABSENTE: Description(
        title_fr="Pièce justificative absente",
        title_en="Missing document reference",
        about_fr="Relève les écritures sans référence de pièce utilisable dans un journal dont les écritures en ont "
        "une. Un journal qui n'en porte jamais (caisse, relevés de banque) n'est pas signalé, ni un journal encore "
        "peu mouvementé. Retrouver la pièce et compléter la référence.",
        about_en="Finds entries without a usable document reference in a journal whose entries have one. A journal "
        "that never does (till, bank statements) passes, and so does one that is little used yet. Find the document "
        "and complete the reference.",
        value=RARITY,
        needs=("piece_ref",),
    ),
    CodeMotif.LIBELLE_PAUVRE: Description(
        title_fr="Libellé absent ou sans information",
        title_en="Missing or empty label",
        about_fr="Relève les écritures dont aucun libellé ne dit ce qui s'est passé : vide, « divers », « OD », "
        "ponctuation. Un libellé court mais précis suffit. Si tout un journal est concerné, les écritures n'y sont "
        "plus signalées une à une. Compléter le libellé d'après la pièce.",
        about_en="Finds entries none of whose labels says what happened: empty, “divers”, “OD”, punctuation. A label "
        "that is short but precise is enough. Where a whole journal is like that, its entries are no longer flagged "
        "one by one. Complete the label from the document.",
        value=FACT,
    ),
    CodeMotif.MOT_CLE: Description(
        title_fr="Mot surveillé dans le libellé",
        title_en="Watched word in the label",
        about_fr="Cherche dans les libellés les mots de la liste de surveillance de la société, ou de la liste par "
        "défaut (perso, cadeau, fictif, à régulariser…). Un mot à l'intérieur d'un autre ne compte pas. Lire "
        "l'écriture en entier : le mot peut avoir son sens ordinaire.",
        about_en="Searches the labels for the words of the company's watch list, else of the default one (perso, "
        "cadeau, fictif, à régulariser…). A word inside another one does not count. Read the whole entry: the word "
        "may have its ordinary meaning.",
        value=FACT,
        needs=("ecriture_lib",),
    ),
    CodeMotif.FEC_NON_CONFORME: Description(
        title_fr="Champ du FEC non conforme",
        title_en="Field not compliant with the FEC",
        about_fr="Relève les champs que le fichier des écritures comptables exige et qui manquent ou n'ont pas la "
        "forme voulue (article A47 A-1 du LPF). Aucune habitude ne l'excuse. Compléter les champs avant la remise du "
        "fichier à l'administration.",
        about_en="Finds fields that the French audit file (FEC) requires and that are missing, or not in the form it "
        "asks for (article A47 A-1 LPF). No habit excuses it. Complete the fields before the file is handed to the "
        "tax authority.",
        value=("nombre de défauts de forme", "number of faults of form"),
    ),
}
