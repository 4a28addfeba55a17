"""Controls that look at amounts, accounts and third parties."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import FACT, RARITY, Description

__all__ = ["DESCRIPTIONS"]

DESCRIPTIONS = {
    CodeMotif.DESEQUILIBRE: Description(
        title_fr="Écriture déséquilibrée",
        title_en="Unbalanced entry",
        about_fr="Compare le total des débits avec celui des crédits, au centime près. Aucune habitude ne l'excuse : "
        "une écriture en partie double est équilibrée. Rechercher la ligne omise, du mauvais côté ou mal saisie.",
        about_en="Compares the sum of debits with that of credits, to the cent. No habit excuses it: in double entry, "
        "an entry balances. Look for the line that is missing, mistyped or on the wrong side.",
        value=("écart en euros", "difference in euros"),
    ),
    CodeMotif.MONTANT_ROND: Description(
        title_fr="Montant rond",
        title_en="Round amount",
        about_fr="Relève les multiples de 500 € à partir de 1 000 € sur un compte dont les montants, dans ce journal, "
        "ne sont presque jamais ronds. Les comptes de loyers, d'acomptes ou de virements internes ont l'habitude de "
        "l'être, et les services et honoraires se conviennent souvent ainsi ; un compte encore peu mouvementé n'est "
        "pas jugé. Demander la pièce : un montant rond est souvent une estimation.",
        about_en="Finds multiples of €500 from €1,000 on, on an account whose amounts in this journal are hardly ever "
        "round. Rents, advances and internal transfers are round by habit, services and fees are often agreed upon in "
        "round figures; an account that is little used yet is not judged. Ask for the document: a round amount is "
        "often an estimate.",
        value=RARITY,
    ),
    CodeMotif.SOUS_SEUIL: Description(
        title_fr="Montants juste sous un plafond",
        title_en="Amounts just below a limit",
        about_fr="Compte, par tiers et sur soixante jours, les achats à moins de 5 % sous un plafond d'approbation "
        "(ceux de la société, ou à défaut 5 000, 10 000, 25 000, 50 000 et 100 000 €). Un achat isolé ne suffit pas. "
        "Rapprocher les factures : une commande fractionnée échappe à l'approbation.",
        about_en="Counts, per third party and over sixty days, purchases less than 5 % below an approval limit (the "
        "company's own, else €5,000, €10,000, €25,000, €50,000 and €100,000). A single one is not enough. Put the "
        "invoices side by side: an order that is split escapes approval.",
        value=("nombre d'achats en soixante jours", "purchases within sixty days"),
        needs=("comp_aux_num",),
    ),
    CodeMotif.MONTANT_INHABITUEL: Description(
        title_fr="Montant inhabituel",
        title_en="Unusual amount",
        about_fr="Compare le montant de chaque ligne avec ceux de son compte dans les écritures du même tiers ou, "
        "sans tiers, du même libellé ; à défaut avec ceux de son tiers, ou de son compte dans ce journal. Une virgule "
        "décalée se voit ainsi. Les lignes de trésorerie, les montants sous 100 € et les "
        "comptes ou tiers encore peu mouvementés ne sont pas jugés. Comparer le montant avec celui de la pièce.",
        about_en="Compares the amount of each line with those of its account in entries of the same third party or, "
        "without one, of the same wording; else with those of its third party, or of its account in this journal. A "
        "shifted decimal shows in this way. Lines of cash and bank, amounts below €100 and accounts or "
        "third parties that are little used yet are not judged. Compare the amount with the document's.",
        value=(
            "rareté d'un montant aussi éloigné de l'usage, en puissances de dix",
            "rarity of an amount as far from the usual one, in powers of ten",
        ),
    ),
    CodeMotif.PAIRE_RARE: Description(
        title_fr="Association rare de comptes",
        title_en="Rare pair of accounts",
        about_fr="Relève deux comptes tous deux usuels dans la société mais qui ne se rencontrent presque jamais dans "
        "une même écriture, ou que le plan comptable n'oppose pas (une vente et un emprunt, des salaires et la "
        "caisse). Une déclaration de TVA ou une compensation entre client et fournisseur n'est pas signalée. Muet "
        "pendant les premiers mois, où toute association est nouvelle. Vérifier que chaque compte est le bon.",
        about_en="Finds two accounts that are both common in the company but hardly ever meet in one entry, or that "
        "have no business together in the chart of accounts (a sale and a loan, wages and the till). A VAT return, or "
        "a set-off of a customer who is a supplier, passes. Silent during the first months, when every pair is new. "
        "Check that each account is the right one.",
        value=(
            "rareté de l'association au regard du plus rare des deux comptes, en puissances de dix",
            "rarity of the pair beside the rarer of both accounts, in powers of ten",
        ),
    ),
    CodeMotif.COMPTE_HORS_JOURNAL: Description(
        title_fr="Compte jamais utilisé par ce journal",
        title_en="Account new to this journal",
        about_fr="Relève un compte que le journal n'a jamais mouvementé, alors que les comptes nouveaux y sont rares. "
        "Un journal d'opérations diverses, où ils sont fréquents, n'est pas signalé, ni un journal encore peu "
        "mouvementé. Vérifier le compte, et le choix du journal.",
        about_en="Finds an account that the journal has never moved, where new accounts are rare. A journal of "
        "miscellaneous operations, where they are frequent, passes, and so does one that is little used yet. Check "
        "the account, and the choice of the journal.",
        value=RARITY,
    ),
    CodeMotif.COMPTE_INHABITUEL: Description(
        title_fr="Compte inhabituel pour ce tiers",
        title_en="Unusual account for this third party",
        about_fr="Relève une charge ou un produit sur un compte que ce tiers n'a jamais eu, alors qu'il en a "
        "d'ordinaire peu. Un fournisseur aux dépenses variées n'est pas signalé, ni un tiers ou une société encore peu "
        "mouvementés, ni une immobilisation, un escompte ou une perte, qui ne viennent qu'une fois. Comparer avec les "
        "factures précédentes du tiers, et reclasser si besoin.",
        about_en="Finds an expense or an income on an account that this third party never had, where it usually has "
        "few. A supplier of many kinds of things passes, and so do third parties and companies that are little used "
        "yet, and an asset, a discount or a loss, which come once. Compare with the third party's earlier invoices, "
        "and reclassify where needed.",
        value=RARITY,
        needs=("comp_aux_num",),
    ),
    CodeMotif.SENS_INVERSE: Description(
        title_fr="Débit et crédit inversés",
        title_en="Debit and credit swapped",
        about_fr="Compare le côté de chaque ligne avec celui que ce compte prend d'ordinaire dans ce journal. Compte "
        "pleinement quand toute l'écriture est à l'envers ; une ligne seule parmi d'autres (remise, remboursement) "
        "compte peu, et un avoir qui se nomme ou une contrepassation presque rien. Un compte encore peu mouvementé "
        "n'est guère jugé. Vérifier s'il s'agit d'un avoir ou d'une inversion.",
        about_en="Compares the side of each line with the one that this account usually takes in this journal. Counts "
        "fully where all of the entry is the wrong way round; a single line among others (a discount, a refund) "
        "counts little, and a credit note that says so, or a reversal, hardly at all. An account that is little used "
        "yet is hardly judged. Check whether it is a credit note or a swap.",
        value=RARITY,
    ),
    CodeMotif.TIERS_INCONNU: Description(
        title_fr="Tiers jamais rencontré",
        title_en="Third party never seen before",
        about_fr="Relève un tiers nouveau qui détonne : dans un journal où ils sont rares, avec un premier montant "
        "très élevé, un numéro dont la forme n'est celle d'aucun autre (compte fourre-tout), ou un nom à une lettre "
        "près de celui d'un tiers connu. Un tiers nouveau sans rien de cela compte peu. Vérifier son existence (SIREN, "
        "contrat, bon de commande) avant de payer.",
        about_en="Finds a new third party that fits in badly: in a journal where they are rare, with a very large "
        "first amount, a number whose form is that of no other (a catch-all account), or a name that is a known one's "
        "but for a letter. A new third party with none of these counts little. Check that it exists (SIREN, contract, "
        "order) before paying.",
        value=(
            "ce qui détonne dans le tiers (nouveauté, montant, numéro, nom), 1,3 pour une forte présomption",
            "how badly the third party fits in (newness, amount, number, name), 1.3 for strong grounds",
        ),
        needs=("comp_aux_num",),
    ),
    CodeMotif.TVA_TAUX: Description(
        title_fr="TVA à un taux inexistant",
        title_en="VAT at no legal rate",
        about_fr="Rapproche les lignes de TVA de leurs bases : un montant doit correspondre, aux arrondis près, à un "
        "taux légal (métropole, Corse, outre-mer) d'une base ou d'une somme de bases. Les déclarations de TVA, et les "
        "factures de plus de six bases, ne sont pas jugées. Un taux inférieur au plus élevé peut venir d'un mélange de "
        "taux ou d'une part exonérée : il pèse moins qu'un taux rond, étranger ou trop élevé, ou qu'une faute de "
        "frappe. Recalculer la TVA d'après la facture.",
        about_en="Compares lines of VAT with their bases: an amount must be, up to rounding, a legal rate (mainland "
        "France, Corsica, overseas) of a base or of a sum of bases. VAT returns, and invoices of more than six bases, "
        "are not judged. A rate below the highest may come from a mix of rates or from a part without tax: it weighs "
        "less than a round, foreign or too high one, or a slip of the pen. Work out the VAT anew from the invoice.",
        value=(
            "2 si rien ne l'explique, 1 si un mélange de taux sur une base reste possible, 0,7 sur plusieurs",
            "2 where nothing explains it, 1 where a mix of rates on one base could, 0.7 on several",
        ),
    ),
    CodeMotif.TVA_SANS_BASE: Description(
        title_fr="TVA sans base",
        title_en="VAT without a base",
        about_fr="Relève les lignes de TVA facturée dans une écriture sans charge, produit, immobilisation, stock ni "
        "acompte. Les déclarations de TVA et la TVA autoliquidée, due et déductible à la fois, n'en ont pas par "
        "nature et ne sont pas signalées. Rechercher la base, passée ailleurs ou en compte d'attente.",
        about_en="Finds invoiced VAT in an entry without any expense, income, asset, stock or advance. VAT returns "
        "and self-assessed VAT, due and deductible at once, have none by nature and pass. Look for the base, posted "
        "elsewhere or to a suspense account.",
        value=FACT,
    ),
    CodeMotif.IBAN_PARTAGE: Description(
        title_fr="Coordonnées bancaires partagées",
        title_en="Shared bank details",
        about_fr="Compte les autres tiers qui ont déjà été payés sur les mêmes coordonnées bancaires. Muet si les "
        "écritures ne donnent pas d'empreinte d'IBAN. Suspendre le paiement et rappeler le fournisseur à un numéro "
        "connu : c'est la trace d'une fraude au changement de RIB, sauf agences d'un même groupe.",
        about_en="Counts the other third parties that the same bank details were used for before. Silent where "
        "entries give no fingerprint of an IBAN. Hold the payment and call the supplier on a known number: it is what "
        "a fraud by change of bank details looks like, unless both are branches of one group.",
        value=("nombre d'autres tiers", "number of other third parties"),
        needs=("iban_empreinte",),
    ),
}
