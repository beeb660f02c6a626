"""Appeals: levels and their deadlines, where each appeal stands, the argument and the letter, and how often one wins.

An appeal is a fact, one row a level; what happened to it are facts of their own. Everything else is derived.
"""

from tasks.billing.appeals.rates import rates
from tasks.billing.appeals.standing import states
from tasks.billing.appeals.work import open_work, under_appeal

__all__ = ["open_work", "rates", "states", "under_appeal"]
