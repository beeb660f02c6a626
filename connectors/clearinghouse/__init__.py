"""The partners' doors: SFTP with a pinned key, uploads that happen once, pickup that never loses a file.

``sftp`` and ``hostkey`` open the door; ``upload`` and ``pickup`` hold the two protocols; ``archive`` keeps every
byte by content; ``unpack`` opens containers; ``naming`` makes names that carry no person.
"""
