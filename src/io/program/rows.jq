# What mapping programs may use besides jq itself. Built in, since every row
# uses them: `fold`, `slug`, `compact` (an object without null, "" and []), `entity($id; $kind; $name)`,
# `link($from; $relation; $to; $evidence)` with one piece of evidence or an array of them.

# The row's place in its file, as RFC 7111 writes it.
def here: "row=\($row)";

# Refuses the row, with the reason.
def refuse($why): error($why);

# What is output once a file: by the first row that gives anything.
def once(f): if $first then f else empty end;

# Evidence: words of this row that say it, or that let one conclude it.
def quoted($source; $quote): quoted_at($source; $quote; $row);
def inferred($source; $quote; $note): quoted($source; $quote) + {basis: "INFERRED", note: $note};
