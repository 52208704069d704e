//! What stands before every parser of others: the raw text is measured first, then one memoised
//! pass over the fragments finds what the document would unfold to. Both are linear in the text,
//! so that a document made to cost is refused in microseconds.
//!
//! Without it a 4 kB literal nested 2,000 deep overflows the stack of a recursive parser, and a
//! 1 kB chain of fragments that each spread the next one twice unfolds to millions of fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};

use super::error::{Asked, Code, GraphqlError};

/// What one document may be. Generous to real questions: the opening query of the README has 100
/// tokens and depth 9, GraphiQL's introspection 210 tokens and depth 14.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Lexical tokens. A page of GraphQL has about 300.
    pub tokens: usize,
    /// Brackets of any sort within one another, in the raw text.
    pub nesting: usize,
    /// Fields within fields, fragments unfolded.
    pub depth: usize,
    /// Selections, fragments unfolded.
    pub fields: u64,
    /// Aliases of one field, fragments unfolded; `__typename` is free.
    pub aliases: u64,
    /// Directives, fragments unfolded.
    pub directives: u64,
    /// Lists within lists below `__schema` and `__type`: they lead in circles.
    pub introspection_lists: usize,
    /// Nodes by static cost: page sizes multiplied down the selections.
    pub cost: u64,
    /// Entities and links that one operation may look at.
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            tokens: 2_000,
            nesting: 40,
            depth: 20,
            fields: 5_000,
            aliases: 30,
            directives: 100,
            introspection_lists: 3,
            cost: 100_000,
            steps: 20_000_000,
        }
    }
}

/// Measures the raw text: tokens and nesting. Cost: one walk over the bytes, up to the limit.
///
/// # Errors
/// Which limit is passed, and where.
///
/// ```
/// use throughline::graphql::guard::{Limits, measure};
/// let bomb = format!("{{ node(id: {}1{}) }}", "[".repeat(2000), "]".repeat(2000));
/// assert!(measure(&bomb, &Limits::default()).is_err());
/// assert!(measure("{ version { label } } # [[[[[", &Limits::default()).is_ok());
/// ```
pub fn measure(text: &str, limits: &Limits) -> Result<(), GraphqlError> {
    let mut nesting = 0usize;
    for (count, token) in tokens(text).enumerate() {
        let located = |error: GraphqlError| {
            let (line, column) = position(text, token.start);
            error.at(line, column)
        };
        if count >= limits.tokens {
            let help = "ask in several requests, or use fragments and variables";
            return Err(located(GraphqlError::limit(
                "tokens",
                Asked::MoreThanAllowed,
                limits.tokens as u64,
                help,
            )));
        }
        match text.as_bytes()[token.start] {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if nesting > limits.nesting {
            let help = "write values as variables and split deep selections";
            return Err(located(GraphqlError::limit(
                "nested brackets",
                Asked::MoreThanAllowed,
                limits.nesting as u64,
                help,
            )));
        }
    }
    Ok(())
}

/// The document with the descriptions of its operations and fragments blanked out, line breaks
/// and columns kept. The specification of September 2025 allows them; parsers from before do not.
/// They say nothing that execution would need.
pub fn without_descriptions(text: &str) -> Cow<'_, str> {
    let mut nesting = 0usize;
    let mut described: Option<Range<usize>> = None;
    let mut out: Option<String> = None;
    for token in tokens(text) {
        let first = text.as_bytes()[token.start];
        let keyword = matches!(&text[token.clone()], "query" | "mutation" | "subscription" | "fragment");
        if let Some(span) = described.take().filter(|_| keyword) {
            let blank: String = text[span.clone()].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
            // Blanks are no longer than what they blank: what stands behind moves, what comes later is found again.
            let whole = out.get_or_insert_with(|| text.to_owned());
            let shift = text.len() - whole.len();
            whole.replace_range(span.start - shift..span.end - shift, &blank);
        }
        match first {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            b'"' if nesting == 0 => described = Some(token),
            _ => {}
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The lexical tokens of a document, white space and comments left out. What is no token counts as
/// one: the parser will say what it is.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            match *bytes.get(at)? {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => at += 1,
                b'#' => {
                    let end = bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r'));
                    at += end.unwrap_or(bytes.len() - at);
                }
                b'"' => {
                    at = end_of_string(bytes, at).min(bytes.len());
                    return Some(start..at);
                }
                b'.' if bytes[at..].starts_with(b"...") => {
                    at += 3;
                    return Some(start..at);
                }
                b if b == b'_' || b == b'-' || b.is_ascii_alphanumeric() => {
                    at += 1;
                    while bytes.get(at).is_some_and(|b| *b == b'_' || *b == b'.' || b.is_ascii_alphanumeric())
                    {
                        at += 1;
                    }
                    return Some(start..at);
                }
                // One character, of however many bytes.
                _ => {
                    at += 1;
                    while bytes.get(at).is_some_and(|b| b & 0xC0 == 0x80) {
                        at += 1;
                    }
                    return Some(start..at);
                }
            }
        }
    })
}

/// Where the string that begins at `at` ends; the end of the text if it does not.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let block = bytes[at..].starts_with(b"\"\"\"");
    let mut i = at + if block { 3 } else { 1 };
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if block && bytes[i..].starts_with(b"\\\"\"\"") => i += 4,
            b'\\' if !block => i += 2,
            b'"' if block && bytes[i..].starts_with(b"\"\"\"") => return i + 3,
            b'"' if !block => return i + 1,
            b'\n' | b'\r' if !block => return i, // not closed: the parser says so
            _ => i += 1,
        }
    }
    bytes.len()
}

/// Line and column of a byte, both from 1.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

/// What a selection set unfolds to.
#[derive(Clone, Debug, Default)]
struct Unfolded {
    fields: u64,
    depth: usize,
    directives: u64,
    aliases: BTreeMap<Name, u64>,
    introspection_lists: usize,
    introspects: bool,
}

impl Unfolded {
    fn add(&mut self, other: &Unfolded, deeper: usize) {
        self.fields = self.fields.saturating_add(other.fields);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth + deeper);
        for (name, count) in &other.aliases {
            let sum = self.aliases.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.introspects |= other.introspects;
    }
}

/// Finds what each operation of a parsed document unfolds to, looking at each fragment once.
///
/// # Errors
/// Which limit is passed and by how much; a fragment that spreads itself.
pub fn unfold(document: &Document, limits: &Limits) -> Result<(), GraphqlError> {
    let fragments: HashMap<&str, &FragmentDefinition> = document
        .definitions
        .iter()
        .filter_map(|d| match d {
            Definition::FragmentDefinition(f) => Some((f.name.as_str(), f.as_ref())),
            _ => None,
        })
        .collect();
    let mut pass = Pass { fragments, known: HashMap::new(), open: Vec::new() };
    for definition in &document.definitions {
        let (selections, directives) = match definition {
            Definition::OperationDefinition(o) => (&o.selection_set, o.directives.len()),
            // An unused fragment is refused by validation, which walks it too.
            Definition::FragmentDefinition(f) => (&f.selection_set, f.directives.len()),
            _ => continue,
        };
        let mut unfolded = pass.selections(selections)?;
        unfolded.directives += directives as u64;
        check(&unfolded, limits)?;
    }
    Ok(())
}

/// A count as it is told; what a bomb unfolds to is no number worth telling.
fn capped(count: u64) -> Asked {
    if count > 1_000_000 { Asked::MoreThanAllowed } else { Asked::Exactly(count) }
}

fn check(unfolded: &Unfolded, limits: &Limits) -> Result<(), GraphqlError> {
    let split = "ask in several requests";
    if unfolded.fields > limits.fields {
        return Err(GraphqlError::limit(
            "fields with fragments unfolded",
            capped(unfolded.fields),
            limits.fields,
            split,
        ));
    }
    if unfolded.depth > limits.depth {
        return Err(GraphqlError::limit(
            "depth",
            capped(unfolded.depth as u64),
            limits.depth as u64,
            "follow the rest from the ids you get",
        ));
    }
    if unfolded.directives > limits.directives {
        return Err(GraphqlError::limit("directives", capped(unfolded.directives), limits.directives, split));
    }
    if let Some((name, count)) = unfolded.aliases.iter().find(|(_, count)| **count > limits.aliases) {
        return Err(GraphqlError::limit(
            &format!("aliases of `{name}`"),
            capped(*count),
            limits.aliases,
            "ask for several nodes with `nodes(ids:)` or a filter",
        ));
    }
    if unfolded.introspects && unfolded.introspection_lists > limits.introspection_lists {
        return Err(GraphqlError::limit(
            "lists within lists of introspection",
            capped(unfolded.introspection_lists as u64),
            limits.introspection_lists as u64,
            "the standard introspection query needs no more",
        ));
    }
    Ok(())
}

struct Pass<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
    known: HashMap<&'d str, Unfolded>,
    open: Vec<&'d str>,
}

impl<'d> Pass<'d> {
    fn selections(&mut self, selections: &'d [Selection]) -> Result<Unfolded, GraphqlError> {
        let mut sum = Unfolded::default();
        let mut lists = 0;
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let inner = self.selections(&field.selection_set)?;
                    sum.add(&inner, 1);
                    sum.depth = sum.depth.max(1);
                    sum.fields = sum.fields.saturating_add(1);
                    sum.directives = sum.directives.saturating_add(field.directives.len() as u64);
                    if field.alias.is_some() && field.name != "__typename" {
                        *sum.aliases.entry(field.name.clone()).or_default() += 1;
                    }
                    sum.introspects |= matches!(field.name.as_str(), "__schema" | "__type");
                    let leads_on = matches!(
                        field.name.as_str(),
                        "fields" | "interfaces" | "possibleTypes" | "inputFields"
                    );
                    lists = lists.max(inner.introspection_lists + usize::from(leads_on));
                }
                Selection::InlineFragment(fragment) => {
                    let inner = self.selections(&fragment.selection_set)?;
                    sum.add(&inner, 0);
                    sum.fields = sum.fields.saturating_add(1);
                    sum.directives = sum.directives.saturating_add(fragment.directives.len() as u64);
                    lists = lists.max(inner.introspection_lists);
                }
                Selection::FragmentSpread(spread) => {
                    sum.fields = sum.fields.saturating_add(1);
                    sum.directives = sum.directives.saturating_add(spread.directives.len() as u64);
                    let Some((name, fragment)) = self.fragments.get_key_value(spread.fragment_name.as_str())
                    else {
                        continue; // validation names it
                    };
                    let (name, fragment) = (*name, *fragment);
                    if self.open.contains(&name) {
                        return Err(GraphqlError::new(
                            Code::ValidationFailed,
                            format!("the fragment `{name}` spreads itself; break the circle"),
                        ));
                    }
                    if !self.known.contains_key(name) {
                        self.open.push(name);
                        let inner = self.selections(&fragment.selection_set)?;
                        self.open.pop();
                        self.known.insert(name, inner);
                    }
                    let inner = &self.known[name];
                    sum.add(inner, 0);
                    lists = lists.max(inner.introspection_lists);
                }
            }
        }
        sum.introspection_lists = lists;
        Ok(sum)
    }
}
