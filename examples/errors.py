# What failed, and how often, of a file that aioscope wrote (pip install pyarrow):
#   aioscope export --format parquet --names -o dump.parquet dump.ioev && python3 examples/errors.py dump.parquet
#   aioscope export --format arrow --names dump.ioev | python3 examples/errors.py -
import sys

import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet

path = sys.argv[1]
if path == "-":
    table = pyarrow.ipc.open_stream(sys.stdin.buffer).read_all()
elif path.endswith(".parquet"):
    table = pyarrow.parquet.read_table(path)
else:
    table = pyarrow.ipc.open_file(path).read_all()

print(f"{table.num_rows} completions; {table.schema.metadata[b'kind'].decode()} of {table.schema.metadata[b'source'].decode()}")
for row in pc.value_counts(table["res_name"].drop_null().cast("string")).to_pylist():
    print(row["values"], row["counts"])
