"""Where encounters and master data come from: files people save, databases that can be asked, made-up practices.

``files.read_table`` and ``database.pull`` give rows that fit the ledger, and problems for what does not.
"""
