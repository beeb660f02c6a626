"""Ten years of a made-up practice: its claims, its payers' remittances as 835 bytes, and the truth about every PLB.

``made`` gives a `History`: masters and claims as rows of the ledger's tables, checks as files in the order in which
payers wrote them, and for every provider adjustment what it really took or gave (`Truth`). The books of a ledger that
read those files can be compared with it.

Five payers with habits of their own, so that what one payer never does another one does every month:

=====  ===============================================================================================================
FED    Medicare's: sequestration (253), crossover (19), corrections in the same check, debts as FB that name the check
       they came from, an advance (AP) and its recovery
BLUE   defers what a correction took (WO below zero) and collects it in one to three checks; interest (L6), rebates
       (B2), adjustments taken and given back (CS), predeterminations (25)
UNI    takes payments back whole, by claim or by check (WO), with a refund confirmed (72) or a debt without a reference
       (FB); reversals whose correction comes in a later check; claims without lines, split lines, paper checks
AID    Medicaid's: withholds (104) and their release (E3), capitation (CT), tax (IR), levies (LE), zero payments, claims
       that are not its own (23), offsets (J1); pays third where the claim crossed over twice (3)
SUP    the supplement: answers what crossed over (2), forwards again (20), pays claims that were never ours
=====  ===============================================================================================================

Everything follows from the seed. Synthetic people only; every 835 balances.
"""

from connectors.sources.history.model import History, Truth
from connectors.sources.history.office import made

__all__ = ["History", "Truth", "made"]
