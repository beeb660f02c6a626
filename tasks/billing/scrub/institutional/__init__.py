"""Rules of the institutional form (837I): type of bill, revenue codes, conditions, days and stays; see ``registry``."""
