"""How much of a spreadsheet is read at most. Bounds only: what happens beyond them is said where it happens."""

READABLE = (".xlsx", ".xlsm", ".xls", ".ods", ".csv")
"""The files that a person may choose."""

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_CELL_CHARACTERS = 10_000
# All cells of a workbook together; the answer of the reading process stays below a few times this.
MAX_TOTAL_CHARACTERS = 20_000_000
MAX_SHEETS = 50
MAX_HEADING_ROW = 60

# A workbook is a zip file: entries, bytes unpacked, and bytes unpacked per byte packed (past the first few megabytes).
MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_RATIO = 150
RATIO_FREE_BYTES = 8 * 1024 * 1024

# The reading process.
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 15
WALL_SECONDS = 30.0
