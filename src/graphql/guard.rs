//! What stands before every parser of others: the raw text is measured first, then one memoised
//! pass over the fragments finds what the document would unfold to. Both are linear in the text,
//! so that a document made to cost is refused in microseconds.
//!
//! Without it a 4 kB literal nested 2,000 deep overflows the stack of a recursive parser, and a
//! 1 kB chain of fragments that each spread the next one twice unfolds to millions of fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};
use serde_json::{Map, Value as Json};

use super::arguments::PAGE_MAX;
use super::error::{Code, GraphqlError};
use super::mentions;

/// What one document may be. Generous to real questions: the opening query of the README has 100
/// tokens and depth 9, GraphiQL's introspection 210 tokens and depth 14.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Lexical tokens. A page of GraphQL has about 300.
    pub tokens: u64,
    /// Brackets of any sort within one another, in the raw text.
    pub nesting: u64,
    /// Fields within fields, fragments unfolded.
    pub depth: u64,
    /// Selections, fragments unfolded.
    pub fields: u64,
    /// Aliases of one field, fragments unfolded; `__typename` is free.
    pub aliases: u64,
    /// Directives, fragments unfolded.
    pub directives: u64,
    /// Lists within lists below `__schema` and `__type`: they lead in circles.
    pub introspection_lists: u64,
    /// What introspection may come to, in standard introspection queries, each list taken as long
    /// as the longest of its sort.
    pub introspection: u64,
    /// Items of one page.
    pub page: usize,
    /// Values in variables, lists and objects unfolded.
    pub values: u64,
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Nodes by static cost: page sizes multiplied down the selections.
    pub cost: u64,
    /// Entities and links that one operation may look at.
    pub steps: u64,
    /// Bytes of text of the documents whose check and plan are kept.
    pub cache_bytes: usize,
    /// Bytes of answers that are kept for as long as the data are the same; 0 executes every request.
    pub answer_cache_bytes: usize,
    /// Entities whose words are indexed while the first search waits; of more, a thread of its own does
    /// it, and searches are told to come back.
    pub index_at_once: usize,
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
            introspection_lists: 2,
            introspection: 4,
            page: PAGE_MAX,
            values: 2_000,
            answer_bytes: 16 << 20,
            cost: 100_000,
            steps: 20_000_000,
            cache_bytes: 4 << 20,
            answer_cache_bytes: 0,
            // Some second's worth, well within a deadline.
            index_at_once: 100_000,
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
    let (mut count, mut nesting, mut deepest) = (0u64, 0u64, 0u64);
    let mut over: Option<usize> = None;
    for token in tokens(text) {
        count += 1;
        match text.as_bytes()[token.start] {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(nesting);
        if over.is_none() && (count > limits.tokens || nesting > limits.nesting) {
            over = Some(token.start);
        }
    }
    let Some(at) = over else { return Ok(()) };
    let error = if deepest > limits.nesting {
        let help = "write values as variables and split deep selections";
        GraphqlError::limit("nested brackets", deepest, limits.nesting, help)
    } else {
        let help = "ask in several requests, or use fragments and variables";
        GraphqlError::limit("tokens", count, limits.tokens, help)
    };
    let (line, column) = position(text, at);
    Err(error.at(line, column))
}

/// Measures variables: how many values they hold, and how deep. Filters, orders and lists that
/// come in variables cost as much as those in the text. Cost: one walk, without recursion.
///
/// # Errors
/// Which limit is passed, and by how much.
pub fn values(variables: &Map<String, Json>, limits: &Limits) -> Result<(), GraphqlError> {
    let mut open: Vec<(&Json, u64)> = variables.values().map(|v| (v, 1)).collect();
    let (mut count, mut deepest) = (0u64, 0u64);
    while let Some((value, depth)) = open.pop() {
        count += 1;
        deepest = deepest.max(depth);
        match value {
            Json::Array(items) => open.extend(items.iter().map(|v| (v, depth + 1))),
            Json::Object(fields) => open.extend(fields.values().map(|v| (v, depth + 1))),
            _ => {}
        }
    }
    if count > limits.values {
        return Err(GraphqlError::limit(
            "values in variables",
            count,
            limits.values,
            "ask in several requests",
        ));
    }
    if deepest > limits.nesting {
        return Err(GraphqlError::limit(
            "nesting in variables",
            deepest,
            limits.nesting,
            "use flatter filters",
        ));
    }
    Ok(())
}

/// The document with the descriptions of its operations and fragments blanked out, line breaks
/// and columns kept. The specification of September 2025 allows them; parsers from before do not.
/// They say nothing that execution would need.
pub fn without_descriptions(text: &str) -> Cow<'_, str> {
    let closed = |span: &Range<usize>| {
        let inner = text[span.clone()].trim_start_matches('"');
        // An empty string or block, or one that ends as it began.
        inner.is_empty() && span.len().is_multiple_of(2) || inner.ends_with('"')
    };
    let mut nesting = 0usize;
    let mut described: Option<Range<usize>> = None;
    let (mut out, mut copied) = (String::new(), 0);
    for token in tokens(text) {
        let keyword = matches!(&text[token.clone()], "query" | "mutation" | "subscription" | "fragment");
        if let Some(span) = described.take().filter(|span| keyword && closed(span)) {
            out.push_str(&text[copied..span.start]);
            out.extend(text[span.clone()].chars().map(|c| if c == '\n' { c } else { ' ' }));
            copied = span.end;
        }
        match text.as_bytes()[token.start] {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            b'"' if nesting == 0 => described = Some(token),
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
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
                    // Only a number holds a point: `a...F` is a name, dots and a name.
                    let number = b == b'-' || b.is_ascii_digit();
                    at += 1;
                    let goes_on = |at: usize| {
                        let point =
                            number && bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
                        point || bytes[at] == b'_' || bytes[at].is_ascii_alphanumeric()
                    };
                    while at < bytes.len() && goes_on(at) {
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

/// How long the lists of introspection are at most, by the field that gives them.
#[derive(Clone, Debug, Default)]
pub struct Widths {
    types: u64,
    fields: u64,
    arguments: u64,
    input_fields: u64,
    words: u64,
    interfaces: u64,
    possible_types: u64,
}

impl Widths {
    /// Those of a schema.
    pub fn new(schema: &Schema) -> Widths {
        let mut widths = Widths { types: schema.types.len() as u64, ..Widths::default() };
        for ty in schema.types.values() {
            let (fields, interfaces) = match ty {
                ExtendedType::Object(ty) => (Some(&ty.fields), ty.implements_interfaces.len()),
                ExtendedType::Interface(ty) => (Some(&ty.fields), ty.implements_interfaces.len()),
                ExtendedType::InputObject(ty) => {
                    widths.input_fields = widths.input_fields.max(ty.fields.len() as u64);
                    (None, 0)
                }
                ExtendedType::Enum(ty) => {
                    widths.words = widths.words.max(ty.values.len() as u64);
                    (None, 0)
                }
                _ => (None, 0),
            };
            widths.interfaces = widths.interfaces.max(interfaces as u64);
            if let Some(fields) = fields {
                widths.fields = widths.fields.max(fields.len() as u64);
                let arguments = fields.values().map(|f| f.arguments.len() as u64).max().unwrap_or(0);
                widths.arguments = widths.arguments.max(arguments);
            }
        }
        let implementers = schema.implementers_map();
        let possible = implementers.values().map(|i| i.objects.len() as u64).max();
        widths.possible_types = possible.unwrap_or(0);
        widths
    }

    /// What the standard introspection query comes to: every type with its fields, their arguments,
    /// and each type reference followed nine deep.
    fn standard(&self) -> u64 {
        const REFERENCE: u64 = 20;
        const VALUE: u64 = 6 + REFERENCE;
        let fields = self.fields * (5 + REFERENCE + self.arguments * VALUE);
        let others = (self.interfaces + self.possible_types) * REFERENCE + self.words * 5;
        self.types * (5 + fields + self.input_fields * VALUE + others)
    }

    fn of(&self, field: &str) -> u64 {
        match field {
            "types" => self.types,
            "fields" => self.fields,
            "args" => self.arguments,
            "inputFields" => self.input_fields,
            "enumValues" => self.words,
            "interfaces" => self.interfaces,
            "possibleTypes" => self.possible_types,
            _ => 1,
        }
    }
}

/// What a selection set unfolds to.
#[derive(Clone, Debug, Default)]
struct Unfolded {
    fields: u64,
    depth: u64,
    directives: u64,
    aliases: BTreeMap<Name, u64>,
    introspection_lists: u64,
    introspects: bool,
    introspected: u64,
}

impl Unfolded {
    fn add(&mut self, other: &Unfolded, deeper: u64) {
        self.fields = self.fields.saturating_add(other.fields);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth + deeper);
        for (name, count) in &other.aliases {
            let sum = self.aliases.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.introspects |= other.introspects;
        self.introspected = self.introspected.saturating_add(other.introspected);
    }
}

/// Finds what each operation of a parsed document unfolds to, looking at each fragment once.
///
/// # Errors
/// Which limit is passed and by how much; a fragment that spreads itself.
pub fn unfold<'d>(document: &'d Document, limits: &Limits, widths: &'d Widths) -> Result<(), GraphqlError> {
    let fragments: HashMap<&str, &FragmentDefinition> = document
        .definitions
        .iter()
        .filter_map(|d| match d {
            Definition::FragmentDefinition(f) => Some((f.name.as_str(), f.as_ref())),
            _ => None,
        })
        .collect();
    let mut pass = Pass { fragments, widths, known: HashMap::new(), open: Vec::new() };
    for definition in &document.definitions {
        let (selections, directives) = match definition {
            Definition::OperationDefinition(o) => (&o.selection_set, o.directives.len()),
            // An unused fragment is refused by validation, which walks it too.
            Definition::FragmentDefinition(f) => (&f.selection_set, f.directives.len()),
            _ => continue,
        };
        let mut unfolded = pass.selections(selections)?;
        unfolded.directives += directives as u64;
        check(&unfolded, limits, widths)?;
    }
    Ok(())
}

/// A count as it is told: what a bomb unfolds to is beyond what JavaScript counts exactly.
fn capped(count: u64) -> u64 {
    count.min(1 << 52)
}

fn check(unfolded: &Unfolded, limits: &Limits, widths: &Widths) -> Result<(), GraphqlError> {
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
            capped(unfolded.depth),
            limits.depth,
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
    let allowed = limits.introspection.saturating_mul(widths.standard());
    if unfolded.introspects && unfolded.introspected > allowed {
        let help = "ask for one `__type(name:)` at a time, or take /schema.graphql";
        return Err(GraphqlError::limit(
            "elements of introspection",
            capped(unfolded.introspected),
            allowed,
            help,
        ));
    }
    if unfolded.introspects && unfolded.introspection_lists > limits.introspection_lists {
        return Err(GraphqlError::limit(
            "lists within lists of introspection",
            capped(unfolded.introspection_lists),
            limits.introspection_lists,
            "the standard introspection query needs no more",
        ));
    }
    Ok(())
}

struct Pass<'d> {
    widths: &'d Widths,
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
                    let mut inner = self.selections(&field.selection_set)?;
                    let width = self.widths.of(field.name.as_str());
                    inner.introspected = width.saturating_mul(inner.introspected.saturating_add(1));
                    sum.add(&inner, 1);
                    sum.depth = sum.depth.max(1);
                    sum.fields = sum.fields.saturating_add(1);
                    sum.directives = sum.directives.saturating_add(field.directives.len() as u64);
                    let counts = |alias: &Name| field.name != "__typename" && !mentions::is_ours(alias);
                    if field.alias.as_ref().is_some_and(counts) {
                        *sum.aliases.entry(field.name.clone()).or_default() += 1;
                    }
                    sum.introspects |= matches!(field.name.as_str(), "__schema" | "__type");
                    let leads_on = matches!(
                        field.name.as_str(),
                        "fields" | "interfaces" | "possibleTypes" | "inputFields"
                    );
                    lists = lists.max(inner.introspection_lists + u64::from(leads_on));
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
