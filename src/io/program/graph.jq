# What programs that write may use besides jq itself. Built in, since they ask the graph: `get($id)`,
# the line of an entity with its id under `id`; `linked($id; $relation)`, each link of it with the other
# end under `id`; `ids($kind)`, each id of a kind; `first_day` and `last_day` of a date; `fold`, `slug`
# and `compact` as for programs that read.

# Refuses to write, with the reason.
def refuse($why): error($why);

# Entities at the other ends of the links along a relation.
def follow($relation): .id as $id | linked($id; $relation) | get(.id);

# An element of XML: text or elements within; nothing of it where there is nothing to say.
def element($name; content): {t: $name, c: [content | select(. != null and . != "")]};
def filled($name; content): element($name; content) | select(.c != []);
