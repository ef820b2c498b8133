"""What data a tracked cell reads and writes: files, URLs, queries, and the tables in them.

`audit` hears of every file that Python opens, and `watched` of the calls of libraries that
open files themselves; `seen` keeps what one cell did, and `part` hands it over when the cell is
over. Contents are hashed and profiled in the background.
"""
