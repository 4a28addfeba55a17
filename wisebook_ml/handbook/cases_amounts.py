"""Examples of what controls find, and must leave alone, among amounts, accounts, third parties and many entries."""

from types import MappingProxyType

__all__ = ["CASES"]

CASES = MappingProxyType(
    {
        # PAIRE_RARE
        "od_inhabituelle": (
            "Opération diverse qui oppose deux comptes sans rapport entre eux, comme une vente et un emprunt.",
            "A miscellaneous entry that sets two unrelated accounts against each other, such as a sale and a loan.",
        ),
        "produit_au_bilan": (
            "Vente créditée à un compte de bilan que les clients ne mouvementent jamais.",
            "A sale credited to a balance-sheet account that never meets customers.",
        ),
        "creance_irrecouvrable": (
            "Passage en perte d'une créance irrécouvrable, avec sa TVA et sa pièce : rare, mais conforme.",
            "A bad debt written off with its VAT and a document: rare, and right.",
        ),
        "remboursement_assurance": (
            "Indemnité d'assurance encaissée, avec son numéro de sinistre : rare, mais justifiée.",
            "An insurer's indemnity with its file number: rare, and right.",
        ),
        # COMPTE_HORS_JOURNAL
        "compte_d_un_autre_journal": (
            "Ligne passée sur un compte qui n'a pas d'usage dans ce journal.",
            "A line on an account that has no use in this journal.",
        ),
        "compte_inexistant": (
            "Deux chiffres du compte intervertis : le compte n'existe pas au plan comptable.",
            "Two digits of the account swapped: the chart of accounts has no such account.",
        ),
        "nouveau_compte_de_charge": (
            "Premier salon professionnel, sur un compte voisin de la même classe, comme le dit le libellé.",
            "A first trade fair on a neighbouring account of the same class, as the label says.",
        ),
        "tva_autoliquidee": (
            "Achat intracommunautaire avec TVA autoliquidée : de la TVA collectée au journal des achats.",
            "A purchase within the EU under reverse charge: VAT due in the purchase journal.",
        ),
        # COMPTE_INHABITUEL
        "charge_d_un_autre_fournisseur": (
            "Facture passée sur un compte que le journal utilise chaque jour, mais jamais pour ce fournisseur.",
            "An invoice on an account that the journal uses every day, but never for this supplier.",
        ),
        "fournisseur_a_plusieurs_natures": (
            "Fournisseur aux prestations variées, habituellement imputé sur plusieurs comptes.",
            "A supplier of several kinds of things, on several accounts as usual.",
        ),
        # SENS_INVERSE
        "cotes_inverses": (
            "Facture entière passée débit pour crédit.",
            "A whole invoice with debit and credit swapped.",
        ),
        "frais_au_credit": (
            "Frais bancaires ou dotation portés au crédit.",
            "Bank fees or a depreciation on the credit side.",
        ),
        "avoir": (
            "Avoir qui renvoie à la facture d'origine.",
            "A credit note that refers to its invoice.",
        ),
        "extourne": (
            "Extourne d'une charge à payer, qui crédite un compte de charge.",
            "The reversal of an accrual, which credits an expense.",
        ),
        # MONTANT_INHABITUEL
        "virgule_decalee_x10": (
            "Montant dix fois trop élevé : virgule décalée d'un rang.",
            "An amount ten times too large: the decimal point is one place off.",
        ),
        "virgule_decalee_x100": (
            "Montant cent fois trop élevé : virgule oubliée.",
            "An amount a hundred times too large: the decimal point was left out.",
        ),
        "huit_fois_l_usage": (
            "Petit achat courant facturé à plusieurs fois le montant habituel du compte.",
            "A small everyday purchase at several times what is usual on the account.",
        ),
        "note_de_frais_demesuree": (
            "Note de frais de plusieurs milliers d'euros.",
            "An expense note of several thousand euros.",
        ),
        "immobilisation": (
            "Achat important imputé en classe 2, avec sa pièce, chez un fournisseur connu.",
            "A large purchase booked in class 2, with its document, from a known supplier.",
        ),
        "prime_de_fin_d_annee": (
            "Paie de décembre avec la prime de fin d'année.",
            "The December payroll with its bonus.",
        ),
        "gros_client": (
            "Plus grosse facture d'un client qui achète toujours beaucoup.",
            "The largest invoice of a customer who always buys big.",
        ),
        # MONTANT_ROND
        "facture_ronde": (
            "Facture d'achat d'un nombre exact de milliers d'euros, hors taxes ou toutes taxes comprises.",
            "A purchase of exactly so many thousand euros, before or after tax.",
        ),
        "od_ronde": (
            "Note de frais de 1 000 € tout juste, sans détail.",
            "An expense note of exactly €1,000, without details.",
        ),
        "vente_ronde": (
            "Facture client d'une somme ronde qu'aucun tarif ne donne.",
            "An invoice to a customer of a round sum that no price list gives.",
        ),
        "loyer_rond": (
            "Loyer rond, le même chaque mois.",
            "A round rent, the same every month.",
        ),
        "acompte_salaire": (
            "Acompte sur salaire, toujours rond.",
            "An advance on wages, always round.",
        ),
        "virement_interne": (
            "Virement entre les comptes bancaires de la société.",
            "A transfer between the company's own bank accounts.",
        ),
        # DESEQUILIBRE
        "chiffres_inverses": (
            "Deux chiffres intervertis sur une seule des lignes.",
            "Two digits swapped on one of the lines only.",
        ),
        "ligne_omise": (
            "Ligne de TVA, ou seconde charge, oubliée.",
            "The line of the VAT, or of a second expense, left out.",
        ),
        "centimes": (
            "Arrondi faux de quelques centimes.",
            "A rounding that is a few cents wrong.",
        ),
        "meme_cote": (
            "Ligne saisie du même côté que les autres.",
            "A line on the same side as the others.",
        ),
        "ligne_d_arrondi": (
            "Arrondi du fournisseur passé en 658 ou 758 : l'écriture est équilibrée.",
            "The supplier's rounding booked to 658 or 758: the entry balances.",
        ),
        "montant_negatif": (
            "Remise en débit négatif, comme le font certains logiciels : les totaux concordent.",
            "A discount as a negative debit, as some programs do: the sums agree.",
        ),
        # BENFORD
        "notes_de_frais_inventees": (
            "Série de notes de frais aux montants inventés, sur un même compte.",
            "Expense notes with made-up amounts, all on one account.",
        ),
        "factures_inventees": (
            "Série de factures inventées de petits fournisseurs, sur un même compte de charges.",
            "Made-up invoices of small suppliers, all on one account of expenses.",
        ),
        "tarif_unique": (
            "Formations vendues au même tarif : loin de la loi de Benford, et légitime.",
            "Training courses sold at one list price: far from Benford's law, and right.",
        ),
        # LETTRAGE_INEGAL
        "encaissement_partiel_lettre": (
            "Facture lettrée en totalité avec un encaissement inférieur : le reste dû disparaît des postes ouverts.",
            "An invoice lettered in full with a receipt that is short of it: the rest disappears from the open items.",
        ),
        "paiement_superieur_lettre": (
            "Fournisseur payé plus que sa facture, et lettré quand même.",
            "A supplier paid more than the invoice, and lettered all the same.",
        ),
        "ligne_lettree_seule": (
            "Facture lettrée seule, ce qui la cache des postes ouverts.",
            "An invoice lettered with nothing, which hides it from the open items.",
        ),
        "frais_de_banque_deduits": (
            "Encaissement net de frais bancaires, ceux-ci comptabilisés : les sommes lettrées sont égales.",
            "A receipt net of bank fees, which are booked: the lettered sums are equal.",
        ),
        "acompte_non_lettre": (
            "Acompte encaissé et laissé non lettré jusqu'au solde.",
            "A part payment left unlettered until the rest comes.",
        ),
        # TIERS_INCONNU
        "paye_sans_facture": (
            "Virement à un fournisseur dont aucune facture n'est jamais venue.",
            "A transfer to a supplier whom no invoice ever came from.",
        ),
        "compte_hors_plan": (
            "Compte fourre-tout dont le numéro ne suit pas celui des autres tiers.",
            "A catch-all account whose number follows no other third party's.",
        ),
        "quasi_homonyme": (
            "Fournisseur au nom presque identique à un autre, avec un autre RIB, payé aussitôt.",
            "A supplier whose name is nearly a known one's, with other bank details, paid at once.",
        ),
        "facture_unique_elevee": (
            "Première et seule facture d'un conseil inconnu, d'un montant très élevé.",
            "The first and only invoice of an unknown adviser, for a very large amount.",
        ),
        "nouveau_fournisseur": (
            "Nouveau fournisseur régulier : montant et compte ordinaires, une pièce, et d'autres factures ensuite.",
            "A new regular supplier: ordinary amount and account, a document, and invoices that follow.",
        ),
        "nouveau_client": (
            "Première facture d'un client arrivé dans le mois.",
            "The first invoice of a customer who came this month.",
        ),
        # IBAN_PARTAGE
        "nouveau_fournisseur_iban_connu": (
            "Nouveau fournisseur payé sur le compte bancaire d'un autre.",
            "A new supplier who is paid to another supplier's bank account.",
        ),
        "changement_de_rib": (
            "Facture d'un fournisseur détournée vers le compte bancaire d'un autre : fraude au changement de RIB.",
            "A supplier's invoice redirected to another one's bank account: fraud by change of bank details.",
        ),
        "agence_du_meme_groupe": (
            "Agence d'un fournisseur connu : même nom, même compte bancaire, autre numéro de tiers.",
            "A branch of a known supplier: same name and bank account, another number.",
        ),
        "nouveau_rib_propre": (
            "Fournisseur qui change de banque : son nouveau RIB n'est à personne d'autre.",
            "A supplier who changes banks: the new account is nobody else's.",
        ),
        # RECURRENTE_ABSENTE
        "contrat_manquant": (
            "Facture de loyer, de crédit-bail ou d'abonnement absente un mois.",
            "The invoice of a rent, a leasing or a subscription missing for one month.",
        ),
        "echeance_de_pret_manquante": (
            "Échéance d'emprunt non prélevée.",
            "An instalment of a loan that was not paid.",
        ),
        "arrivee_decalee": (
            "Facture d'un contrat arrivée quelques jours plus tard que d'habitude.",
            "A contract's invoice a few days later than usual.",
        ),
        "contrat_resilie": (
            "Contrat résilié : sa dernière facture le dit, et rien n'est plus dû.",
            "A contract that has ended: its last invoice says so, and nothing is due afterwards.",
        ),
        # SOUS_SEUIL
        "commande_fractionnee": (
            "Une commande en plusieurs factures du même jour, chacune sous le plafond d'approbation.",
            "One order as several invoices of one day, each below the approval limit.",
        ),
        "serie_sous_le_seuil": (
            "Factures répétées juste sous le plafond, d'un même fournisseur et d'un même auteur.",
            "Invoices just below the limit again and again, of one supplier and one author.",
        ),
        "forfait_mensuel": (
            "Forfait mensuel contractuel qui se trouve sous le plafond, le même chaque mois.",
            "A monthly fee by contract that happens to lie below the limit, the same every month.",
        ),
        "avec_bon_de_commande": (
            "Commande approuvée proche du plafond, avec son numéro de bon de commande.",
            "One approved order near the limit, with its order number.",
        ),
        # TVA_TAUX
        "taux_etranger": (
            "TVA étrangère déduite comme si elle était française.",
            "Foreign VAT deducted as if it were French.",
        ),
        "tva_sur_ttc": (
            "TVA calculée sur le montant toutes taxes comprises.",
            "VAT computed on the total including tax.",
        ),
        "montant_de_tva_mal_saisi": (
            "TVA mal saisie, dont la base absorbe la différence.",
            "A slip in the VAT, for which the base makes up.",
        ),
        "vente_sous_taxee": (
            "Vente dont la TVA collectée est inférieure à celle due.",
            "A sale with less VAT than it owes.",
        ),
        "carburant_80": (
            "TVA sur le carburant déduite à 80 %, comme le veut la loi pour les véhicules de tourisme.",
            "Four fifths of the VAT on fuel deducted, as the law wants it for cars.",
        ),
        "taux_mixtes": (
            "Ligne à un autre taux légal ou exonérée : chaque base a sa ligne de TVA.",
            "A line at another legal rate or without tax: each base has its own line of VAT.",
        ),
        # TVA_SANS_BASE
        "tout_en_tva": (
            "Facture entière imputée au compte de TVA.",
            "A whole invoice on the VAT account.",
        ),
        "base_en_attente": (
            "TVA déduite, et base laissée en compte d'attente.",
            "VAT deducted, and its base left in the suspense account.",
        ),
        "tva_contre_tresorerie": (
            "TVA passée directement contre la banque, sans achat.",
            "VAT straight against the bank, without a purchase.",
        ),
        "declaration_ca3": (
            "Déclaration mensuelle de TVA (CA3), qui ne mouvemente que des comptes de TVA.",
            "The monthly VAT return, which moves nothing but VAT accounts.",
        ),
        "autoliquidation_importation": (
            "TVA d'importation autoliquidée, due et déductible à la fois : la base est dans l'écriture d'achat.",
            "Self-assessed VAT on an import, due and deductible at once: the base is in the purchase entry.",
        ),
    }
)
"""By name of the variant (`wisebook_ml.generator.planting`), in French and in English."""
