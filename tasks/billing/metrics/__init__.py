"""How the billing office is doing, in eight figures that can be followed to the claims they are made of.

Every figure is a numerator over a denominator, and both are sums over claims (`Measured.behind`). They are taken of the
facts of a window of days that ends with the day asked for, so a past day gives what it gave then. Names and formulas
are those of the field (HFMA's MAP Keys, MGMA); where those leave a choice, ``FORMULAS`` says which one is made.
"""

from tasks.billing.metrics.definitions import FORMULAS, Formula, Measured, behind
from tasks.billing.metrics.facts import Facts
from tasks.billing.metrics.measuring import measure

__all__ = ["FORMULAS", "Facts", "Formula", "Measured", "behind", "measure"]
