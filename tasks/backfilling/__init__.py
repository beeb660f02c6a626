"""The backfill: years of remittances into the ledger, resumable, on one machine or a cluster.

    find → take in → decode → load → recognise → prove

**Taking in** (`intake`) reads every file once: members out of containers, the archive, the manifest, the files' rows in
the ledger. Files whose content was read before go no further. The rest is cut into **partitions** of some megabytes, a
huge file by itself. **Decoding** (`decoding`) makes Parquet of one partition, in any process that reaches the store's
URL; doing it twice does no harm. **Loading** (`loading`) reads that Parquet a portion at a time through the checks,
matching and posting that a day's remittances go through, one writer, each portion in one transaction; with the last
portion the files count as read. So a partition is what is lost at most when a run dies, and a rerun skips what is in
the ledger by content.
"""
