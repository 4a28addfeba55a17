"""Invented names of companies and people; any likeness to real ones is chance."""

from __future__ import annotations

from random import Random

__all__ = ["Namer", "luhn_siren"]

NOMS = [
    "Aubert",
    "Barbier",
    "Besson",
    "Blanchard",
    "Bonnet",
    "Bouvier",
    "Brunel",
    "Carlier",
    "Caron",
    "Chauvin",
    "Chevalier",
    "Clement",
    "Colin",
    "Cordier",
    "Coulon",
    "Courtois",
    "Dubreuil",
    "Delmas",
    "Denis",
    "Descamps",
    "Ducros",
    "Dufour",
    "Dumas",
    "Dupont",
    "Durand",
    "Fabre",
    "Faucher",
    "Ferrand",
    "Fleury",
    "Fontaine",
    "Fournel",
    "Gaillard",
    "Garnier",
    "Gauthier",
    "Germain",
    "Gilbert",
    "Giraud",
    "Guerin",
    "Guillot",
    "Hamel",
    "Hardy",
    "Hubert",
    "Humbert",
    "Imbert",
    "Jacquet",
    "Joubert",
    "Julien",
    "Lacroix",
    "Lambert",
    "Langlois",
    "Laporte",
    "Leblanc",
    "Leclair",
    "Lefort",
    "Legrand",
    "Lemaire",
    "Lenoir",
    "Leroux",
    "Levasseur",
    "Lombard",
    "Maillard",
    "Mallet",
    "Marchal",
    "Marechal",
    "Masson",
    "Mercier",
    "Meunier",
    "Michaud",
    "Millet",
    "Morand",
    "Moulin",
    "Navarro",
    "Nicolas",
    "Noel",
    "Olivier",
    "Pages",
    "Pascal",
    "Pelletier",
    "Perrin",
    "Picard",
    "Poirier",
    "Prevost",
    "Quentin",
    "Raynaud",
    "Regnier",
    "Renaud",
    "Ribeiro",
    "Rigaud",
    "Rivet",
    "Roche",
    "Rolland",
    "Rousseau",
    "Roussel",
    "Sabatier",
    "Salmon",
    "Sauvage",
    "Seguin",
    "Simonet",
    "Tessier",
    "Thibault",
    "Tournier",
    "Valette",
    "Vasseur",
    "Verdier",
    "Vidal",
    "Villard",
    "Vincent",
    "Weber",
    "Zimmer",
]

PRENOMS = [
    "Amandine",
    "Antoine",
    "Camille",
    "Cedric",
    "Claire",
    "Damien",
    "Elise",
    "Emma",
    "Fabien",
    "Florence",
    "Gaelle",
    "Hugo",
    "Ines",
    "Jerome",
    "Julie",
    "Karim",
    "Laure",
    "Lea",
    "Lucas",
    "Manon",
    "Mathieu",
    "Nadia",
    "Nicolas",
    "Olivia",
    "Pauline",
    "Quentin",
    "Romain",
    "Sandrine",
    "Sarah",
    "Thomas",
    "Valerie",
    "Yann",
]

ACTIVITES = [
    "BATIMENT",
    "BUREAUTIQUE",
    "CHAUFFAGE",
    "COMPOSANTS",
    "CONSEIL",
    "DISTRIBUTION",
    "ELECTRICITE",
    "EMBALLAGES",
    "ENERGIE",
    "EQUIPEMENT",
    "FOURNITURES",
    "FRAIS",
    "GRAPHIC",
    "HOTELLERIE",
    "IMPRIMERIE",
    "INDUSTRIES",
    "INFORMATIQUE",
    "INGENIERIE",
    "INTERIM",
    "LOGISTIQUE",
    "MAINTENANCE",
    "MATERIAUX",
    "MENUISERIE",
    "METALLERIE",
    "MOBILIER",
    "NEGOCE",
    "NETTOYAGE",
    "OUTILLAGE",
    "PAPETERIE",
    "PEINTURES",
    "PLASTIQUES",
    "PRIMEURS",
    "RESEAUX",
    "SANITAIRE",
    "SECURITE",
    "SERVICES",
    "SIGNALETIQUE",
    "SOLUTIONS",
    "TEXTILES",
    "TRANSPORTS",
    "TRAVAUX",
    "VERRERIE",
]

FORMES = ("SARL", "SAS", "SA", "EURL", "SASU", "ETS", "& FILS", "SNC")

VILLES = [
    "NORD",
    "SUD",
    "OUEST",
    "EST",
    "CENTRE",
    "LYON",
    "NANTES",
    "LILLE",
    "RENNES",
    "DIJON",
    "METZ",
    "PAU",
    "TOURS",
    "NIMES",
    "CAEN",
    "BREST",
    "ALPES",
    "LOIRE",
]


def luhn_siren(rng: Random) -> str:
    """Return nine digits whose Luhn sum is valid, as that of a SIREN is.

    Examples
    --------
    >>> siren = luhn_siren(Random(1))
    >>> sum(sum(divmod(int(c) * (1 + i % 2), 10)) for i, c in enumerate(siren)) % 10
    0
    """
    digits = [rng.randint(3, 9)] + [rng.randint(0, 9) for _ in range(7)]
    total = sum(sum(divmod(digit * (1 + i % 2), 10)) for i, digit in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


class Namer:
    """Draws names without repeating one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def company(self) -> str:
        """Return a new company name."""
        rng = self._rng
        while True:
            kind = rng.random()
            nom = rng.choice(NOMS).upper()
            if kind < 0.4:
                name = f"{nom} {rng.choice(FORMES)}"
            elif kind < 0.75:
                name = f"{nom} {rng.choice(ACTIVITES)}"
            elif kind < 0.9:
                name = f"{rng.choice(ACTIVITES)} {rng.choice(VILLES)} {rng.choice(FORMES)}"
            else:
                name = f"{nom} {rng.choice(NOMS).upper()} {rng.choice(ACTIVITES)}"
            if name not in self._used:
                self._used.add(name)
                return name

    def person(self) -> tuple[str, str]:
        """Return a new first name and surname."""
        while True:
            first, last = self._rng.choice(PRENOMS), self._rng.choice(NOMS)
            if f"{first} {last}" not in self._used:
                self._used.add(f"{first} {last}")
                return first, last
