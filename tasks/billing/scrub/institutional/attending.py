"""Somebody attends: the clinician who answers for the plan of care stands on every institutional bill.

Loop 2310A names the attending clinician, and a claim without one is refused at the front end. Medicare wants a
physician for its programmes, who certifies the need; other payers take the classes that may direct care. Which may is
the site's to confirm (``institutional_levels.tsv``), so a class outside the list is a warning. The class is the
line's ``stay_attending_class``, or that of the clinician who rendered where the same person attends.

Passes::

    encounter_id  stay_id  stay_attending_id  stay_attending_class  level_of_care  payer_class
    E1            S1       CL9                MD                    php            medicare_ffs
    E2            S1       CL9                NP                    php            commercial
    E3            S1       CL9                .                     iop            medicare_ffs
    E4            S1       CL9                LCSW                  outpatient     commercial

Passes::

    encounter_id  level_of_care  stay_id  stay_attending_id
    E1            outpatient     .        .

Fails::

    encounter_id  stay_id  stay_attending_id  stay_attending_class  level_of_care  payer_class   finds
    E1            S1       .                  .                     php            medicare_ffs  INST_ATTENDING
    E2            S1       CL9                NP                    php            medicare_ffs  INST_ATTENDING_CLASS
    E3            S1       CL9                LCSW                  rtc_mh         commercial    INST_ATTENDING_CLASS

Fails::

    encounter_id  stay_id  stay_attending_id  rendering_id  provider_class  level_of_care  finds
    E1            S1       CL1                CL1           LADC            iop            INST_ATTENDING_CLASS
    E2            S1       CL2                CL1           LADC            iop            .
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, found, join
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_ATTENDING"
SINCE = date(2026, 11, 26)
SOURCE = "837I 2310A NM1*71; institutional_levels.tsv attending, medicare_attending (K)"
DEFAULT_SEVERITY = {"INST_ATTENDING": "hold", "INST_ATTENDING_CLASS": "warn"}
FIX = {
    "INST_ATTENDING": "Name the attending clinician of the stay.",
    "INST_ATTENDING_CLASS": "Name an attending clinician of a class that the payer lets direct this care, or confirm.",
}
PREDICTS = {"INST_ATTENDING": "CARC16 N253", "INST_ATTENDING_CLASS": "CARC183 CARC283"}
CHANGE = {"INST_ATTENDING": "stay_attending_id", "INST_ATTENDING_CLASS": "stay_attending_id"}


def _class(some: pd.DataFrame) -> pd.Series:
    """The class of who attends, as categories; null where nobody knows it."""
    people = some["stay_attending_id"].cat.categories
    attends = np.append(some["rendering_id"].cat.categories.get_indexer(people), -2)
    same = attends[some["stay_attending_id"].cat.codes] == some["rendering_id"].cat.codes
    own = some["provider_class"].where(same, None)
    return pd.Series(inst.first(text(some, "stay_attending_class"), own), index=some.index)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines of a stay that nobody attends, or somebody of a class that may not direct the care."""
    some = inst.of(lines)
    if some.empty or "stay_attending_id" not in some:
        return join()
    attending = _class(some)
    may = np.where(
        inst.medicare(some),
        inst.among(attending, some, "medicare_attending"),
        inst.among(attending, some, "attending"),
    )
    nobody = inst.lacking(some, "stay_attending_id") & text(some, "stay_id").notna().to_numpy()
    return join(
        found(some, nobody, "INST_ATTENDING", "stays.attending_id", "The stay has no attending clinician."),
        found(
            some,
            attending.notna().to_numpy() & ~may,
            "INST_ATTENDING_CLASS",
            "stays.attending_id providers.provider_class level_of_care",
            "The class of the attending clinician is not one that directs this care.",
        ),
    )
