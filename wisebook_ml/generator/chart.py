"""The accounts of a small French company (Plan comptable général), by their shortest number."""

from __future__ import annotations

__all__ = ["PCG", "Chart"]

PCG: dict[str, str] = {
    "101": "Capital social",
    "1061": "Réserve légale",
    "110": "Report à nouveau (solde créditeur)",
    "120": "Résultat de l'exercice (bénéfice)",
    "129": "Résultat de l'exercice (perte)",
    "1511": "Provisions pour litiges",
    "164": "Emprunts auprès des établissements de crédit",
    "205": "Concessions, brevets, licences, logiciels",
    "2154": "Matériel industriel",
    "2182": "Matériel de transport",
    "2183": "Matériel de bureau et informatique",
    "2184": "Mobilier",
    "275": "Dépôts et cautionnements versés",
    "2805": "Amortissements des logiciels",
    "28154": "Amortissements du matériel industriel",
    "28182": "Amortissements du matériel de transport",
    "28183": "Amortissements du matériel de bureau et informatique",
    "28184": "Amortissements du mobilier",
    "37": "Stocks de marchandises",
    "401": "Fournisseurs",
    "404": "Fournisseurs d'immobilisations",
    "4081": "Fournisseurs - factures non parvenues",
    "411": "Clients",
    "416": "Clients douteux ou litigieux",
    "4181": "Clients - factures à établir",
    "421": "Personnel - rémunérations dues",
    "425": "Personnel - avances et acomptes",
    "431": "Sécurité sociale",
    "437": "Autres organismes sociaux",
    "4421": "Prélèvement à la source",
    "444": "État - impôts sur les bénéfices",
    "4452": "TVA due intracommunautaire",
    "44551": "TVA à décaisser",
    "44562": "TVA sur immobilisations",
    "44566": "TVA déductible sur autres biens et services",
    "445662": "TVA déductible intracommunautaire",
    "44567": "Crédit de TVA à reporter",
    "445711": "TVA collectée 20 %",
    "445712": "TVA collectée 10 %",
    "445713": "TVA collectée 5,5 %",
    "445714": "TVA collectée 2,1 %",
    "44586": "TVA sur factures non parvenues",
    "44587": "TVA sur factures à établir",
    "447": "Autres impôts, taxes et versements assimilés",
    "4486": "État - charges à payer",
    "455": "Associés - comptes courants",
    "467": "Autres comptes débiteurs ou créditeurs",
    "471": "Comptes d'attente",
    "486": "Charges constatées d'avance",
    "491": "Dépréciation des comptes clients",
    "5115": "Cartes bancaires à l'encaissement",
    "5121": "Banque principale",
    "5122": "Banque secondaire",
    "53": "Caisse",
    "58": "Virements internes",
    "6037": "Variation des stocks de marchandises",
    "604": "Achats d'études et prestations de services",
    "6061": "Fournitures non stockables (eau, énergie)",
    "60614": "Carburants",
    "6063": "Fournitures d'entretien et petit équipement",
    "6064": "Fournitures administratives",
    "607": "Achats de marchandises",
    "6072": "Achats de marchandises intracommunautaires",
    "6073": "Achats de marchandises importées",
    "611": "Sous-traitance générale",
    "6122": "Crédit-bail mobilier",
    "6132": "Locations immobilières",
    "6135": "Locations mobilières",
    "6155": "Entretien et réparations sur biens mobiliers",
    "6156": "Maintenance",
    "616": "Primes d'assurance",
    "6181": "Documentation générale",
    "6211": "Personnel intérimaire",
    "6222": "Commissions et courtages sur ventes",
    "6226": "Honoraires",
    "6231": "Annonces et insertions",
    "6233": "Foires et expositions",
    "6241": "Transports sur achats",
    "6242": "Transports sur ventes",
    "6251": "Voyages et déplacements",
    "6257": "Réceptions",
    "6261": "Frais postaux",
    "6262": "Télécommunications",
    "627": "Services bancaires",
    "6281": "Concours divers (cotisations)",
    "6311": "Taxe sur les salaires",
    "63511": "Contribution économique territoriale",
    "641": "Rémunérations du personnel",
    "6413": "Primes et gratifications",
    "645": "Charges de sécurité sociale",
    "6453": "Cotisations aux caisses de retraite",
    "651": "Redevances pour logiciels et licences",
    "654": "Pertes sur créances irrécouvrables",
    "658": "Charges diverses de gestion courante",
    "6611": "Intérêts des emprunts",
    "666": "Pertes de change",
    "671": "Charges exceptionnelles sur opérations de gestion",
    "68112": "Dotations aux amortissements des immobilisations",
    "6815": "Dotations aux provisions d'exploitation",
    "6817": "Dotations pour dépréciation des actifs circulants",
    "695": "Impôts sur les bénéfices",
    "706": "Prestations de services",
    "7061": "Prestations de services exonérées",
    "707": "Ventes de marchandises",
    "7071": "Ventes de marchandises taux réduit",
    "7072": "Livraisons intracommunautaires",
    "7073": "Ventes à l'exportation",
    "7085": "Ports et frais accessoires facturés",
    "709": "Rabais, remises et ristournes accordés",
    "758": "Produits divers de gestion courante",
    "766": "Gains de change",
    "768": "Autres produits financiers",
    "771": "Produits exceptionnels sur opérations de gestion",
    "791": "Transferts de charges d'exploitation",
}


class Chart:
    """The company's account numbers: the PCG's padded with zeros to a fixed length, and their labels."""

    def __init__(self, longueur: int) -> None:
        self.longueur = longueur
        self._num = {code: code.ljust(longueur, "0") for code in PCG}
        self._lib = {num: PCG[code] for code, num in self._num.items()}

    def __getitem__(self, code: str) -> str:
        """Return the company's number of a PCG account."""
        return self._num[code]

    def label(self, num: str) -> str:
        """Return the label of one of the company's account numbers."""
        return self._lib.get(num, "")

    def code(self, num: str) -> str:
        """Return the PCG account of one of the company's account numbers."""
        return next((code for code, padded in self._num.items() if padded == num), num)
