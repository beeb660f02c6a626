"""Double entry: what a charge or a remittance means in the accounts of ``accounts.tsv``.

Postings, each of which sums to zero:

* a **charge** (`charges`) debits the payer's receivable and credits revenue;
* a remittance is **received** (`received`): cash is BPR02, every remitted claim's money stands in suspense under its
  own id, and every provider adjustment in its account (``plb_accounts.tsv``). This says what the payer sent and needs
  to know nothing of ours;
* a remitted claim that was recognised as an **answer** to a claim of ours (`answered`) moves its money out of
  suspense and, with what was adjusted, out of that claim's receivable: contractual and its like for what nobody owes,
  the patient's receivable for group PR. What is denied gets no entry: it stays in the payer's receivable until a
  person decides. Which account an adjustment belongs to is data (``adjustment_accounts.tsv``).

The two steps make the order of arrival indifferent: a remittance posts the same entries whether its claims are known
yet or not, and the answer is added when they are. Should an answer turn out to belong elsewhere it is withdrawn by
the opposite entries and given again; nothing is ever changed.

A reversal (status 22) carries negated amounts, so the same rules undo the first posting by adding entries. An
estimate (25) or a claim that was forwarded unanswered (23) answers nothing.

What the practice itself takes, lets go and gives back (patients' payments, write-offs, refunds) is in `patients`.

Ids are made of content: posting again adds nothing.
"""

from tasks.billing.posting.answered import Ours, answered
from tasks.billing.posting.charges import post_charges, withdraw_charges, withdrawals
from tasks.billing.posting.patients import own_accounts, owners, patient_payments, refunds, write_offs
from tasks.billing.posting.places import PATIENT, account_of, plb_account
from tasks.billing.posting.received import received
from tasks.billing.posting.turns import changes, standing

__all__ = [
    "PATIENT",
    "Ours",
    "account_of",
    "answered",
    "changes",
    "own_accounts",
    "owners",
    "patient_payments",
    "plb_account",
    "post_charges",
    "received",
    "refunds",
    "standing",
    "withdraw_charges",
    "withdrawals",
    "write_offs",
]
