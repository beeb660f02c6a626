"""Who is licensed where: the licences of a person in a state, on a day.

A clinician's licences are the rows of ``licenses`` and the one of their own record. Somebody without any licence whose
state is on file is not judged: nobody keeps states there.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.gates.case import Case
from tasks.billing.gates.people import UNLICENSED
from tasks.billing.visits import covers


def unlicensed(case: Case, states: pd.Series) -> pd.DataFrame:
    """Rows of ``case.people`` without a licence of the state by encounter_id; ``role`` says whose is missing.

    `states` is indexed by encounter_id, missing where the patient's state does not matter or is not known.
    """
    everyone = case.people[~case.people["class"].isin(UNLICENSED)]
    everyone = everyone.assign(state=everyone["encounter_id"].map(states))
    asked = everyone[everyone["state"].notna()]
    if asked.empty:
        return asked
    more = case.masters.licenses
    own = case.masters.providers[["provider_id", "license_state", "license_from", "license_to"]]
    kept = pd.concat(
        [
            own.rename(
                columns={"license_state": "state", "license_from": "valid_from", "license_to": "valid_to"}
            ),
            *([more[["provider_id", "state", "valid_from", "valid_to"]]] if len(more) else []),
        ],
        ignore_index=True,
    )
    kept = kept[kept["state"].notna()]
    asked = asked[asked["provider_id"].isin(kept["provider_id"])].reset_index(drop=True)
    pairs = asked.reset_index(names="row").merge(kept, on=["provider_id", "state"])
    valid = pairs[covers(pairs["service_date"], pairs["valid_from"], pairs["valid_to"])]
    return asked[~asked.index.isin(valid["row"])]
