"""A sink: prints the rows of a table in SQLite. Arguments: the file, the table."""
import json
import sqlite3
import sys

path, table = sys.argv[1:]
database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
database.row_factory = sqlite3.Row
database.execute("BEGIN")  # all that follows is from one snapshot
for row in database.execute(f'SELECT event_id AS id, status AS category, amount FROM "{table}"'):
    print(json.dumps({"type": "store", **dict(row)}))
for row in database.execute("SELECT topic, partition, next_offset AS offset FROM positions"):
    print(json.dumps({"type": "position", **dict(row)}))
print(json.dumps({"type": "complete", "of": "store"}))
