//! Room 1: what may exist. An ontology is read from SDL and says which kinds, properties and
//! relations the graph may hold; every other room asks it and none knows a kind by name.
//!
//! The SDL syntax tree stays inside [`read`](Ontology::read); what leaves this room are the plain
//! tables below, addressed by small index types.

mod date;
mod directives;
mod fault;
mod properties;
mod read;
mod relations;
mod words;
pub use directives::DIRECTIVES;
pub use read::{RESERVED_FIELDS, RESERVED_PREFIXES, RESERVED_TYPES};
mod value;

use std::collections::HashMap;

pub use date::{Date, DateKind, FuzzyDate, Precision};
pub use fault::{Fault, Faults, Location, nearest, suggest};
pub use properties::sdl_type;
pub use value::{Datatype, Value, admit, admit_fuzzy_date, admit_text, admit_url, describe};

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u16);
    };
}
index_type!(
    /// Position of a [`Kind`] in [`Ontology::kinds`].
    KindIx
);
index_type!(
    /// Position of a [`Family`] in [`Ontology::families`].
    FamilyIx
);
index_type!(
    /// Position of a [`Property`] in [`Ontology::properties`].
    PropertyIx
);
index_type!(
    /// Position of a [`Relation`] in [`Ontology::relations`].
    RelationIx
);
index_type!(
    /// Position of an [`Enumeration`] in [`Ontology::enums`].
    EnumIx
);

/// The properties that every ontology's root interface must declare, with their types in SDL.
pub const ROOT_PROPERTIES: [(&str, &str); 4] =
    [("name", "String!"), ("aliases", "[String!]!"), ("description", "String"), ("url", "URL")];

/// The name of the interface that every kind implements, directly or through others.
pub const ROOT: &str = "Entity";

/// A word of an enum.
#[derive(Clone, Debug)]
pub struct Word {
    /// The word, in UPPER_CASE.
    pub name: String,
    /// What it means.
    pub description: String,
}

/// A closed vocabulary.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// The type's name.
    pub name: String,
    /// What the vocabulary is for.
    pub description: String,
    /// The words in the order of the file.
    pub words: Vec<Word>,
}

/// A property of a kind, of a family, or of the links of a relation.
#[derive(Clone, Debug)]
pub struct Property {
    /// The camelCase name.
    pub name: String,
    /// What the property says.
    pub description: String,
    /// What its values are.
    pub datatype: Datatype,
    /// Whether it holds several values.
    pub list: bool,
    /// Whether an entity without it is refused. Lists may always be empty.
    pub required: bool,
    /// The nearest standard term, prefixed.
    pub iri: String,
    /// Weight in text search; 0 for none.
    pub search: f64,
    /// The scheme under which its values identify the entity.
    pub identifier: Option<String>,
}

/// A kind of entity.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The type's name.
    pub name: String,
    /// What entities of the kind are.
    pub description: String,
    /// The nearest standard term, prefixed.
    pub iri: String,
    /// The camelCase plural.
    pub plural: String,
    /// What its ids begin with.
    pub prefix: String,
    /// Its column in a trail.
    pub layer: Option<u8>,
    /// Whether paths stop at its entities.
    pub hub: bool,
    /// Whether evidence may quote its entities.
    pub is_source: bool,
    /// Every family it belongs to, the root first, nearest last.
    pub families: Vec<FamilyIx>,
    /// Its properties, inherited ones first.
    pub properties: Vec<PropertyIx>,
}

/// An interface: kinds that share properties.
#[derive(Clone, Debug)]
pub struct Family {
    /// The interface's name.
    pub name: String,
    /// What its kinds have in common.
    pub description: String,
    /// The nearest standard term, prefixed.
    pub iri: String,
    /// The families it belongs to itself, the root first.
    pub families: Vec<FamilyIx>,
    /// Its properties, inherited ones first.
    pub properties: Vec<PropertyIx>,
    /// Every kind under it.
    pub kinds: Vec<KindIx>,
}

/// Which way support flows along a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// From subject to object.
    Forward,
    /// From object to subject.
    Backward,
    /// Not at all.
    None,
}

impl Flow {
    /// The words of the SDL.
    pub const ALL: [(Flow, &str); 3] =
        [(Flow::Forward, "FORWARD"), (Flow::Backward, "BACKWARD"), (Flow::None, "NONE")];

    /// The GraphQL enum value.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(flow, _)| *flow == self).map_or("NONE", |(_, name)| name)
    }
}

/// From which end a relation is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the subject: by the relation's name.
    Forward,
    /// From the object: by its inverse.
    Inverse,
}

impl Direction {
    /// The other end.
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Forward => Direction::Inverse,
            Direction::Inverse => Direction::Forward,
        }
    }
}

/// A relation, with both its directions.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The camelCase name read from the subject.
    pub name: String,
    /// The camelCase name read from the object.
    pub inverse: String,
    /// The kinds that may be the subject, in the order of the ontology.
    pub from: Vec<KindIx>,
    /// The kinds that may be the object, in the order of the ontology.
    pub to: Vec<KindIx>,
    /// The nearest standard term, prefixed.
    pub iri: Option<String>,
    /// Which way support flows.
    pub flow: Flow,
    /// Whether chains of it may not close.
    pub acyclic: bool,
    /// How many objects a subject may have.
    pub max: Option<u32>,
    /// Whether both directions mean the same.
    pub symmetric: bool,
    /// Whether paths follow it unasked.
    pub through_hub: bool,
    /// The link in words, with `{from}` and `{to}`.
    pub sentence: String,
    /// The same read from the object's end.
    pub inverse_sentence: String,
    /// What a link of it says.
    pub description: String,
    /// What the inverse lists.
    pub inverse_description: String,
    /// The properties its links may carry.
    pub properties: Vec<Property>,
}

impl Relation {
    /// The name read in that direction.
    pub fn name_in(&self, direction: Direction) -> &str {
        match direction {
            Direction::Forward => &self.name,
            Direction::Inverse => &self.inverse,
        }
    }

    /// The kinds found at the far end when read in that direction.
    pub fn targets(&self, direction: Direction) -> &[KindIx] {
        match direction {
            Direction::Forward => &self.to,
            Direction::Inverse => &self.from,
        }
    }

    /// The kinds that have this relation as a field in that direction.
    pub fn holders(&self, direction: Direction) -> &[KindIx] {
        self.targets(direction.opposite())
    }

    /// The directions that are fields of their own: one if symmetric, else both.
    pub fn directions(&self) -> &'static [Direction] {
        if self.symmetric { &[Direction::Forward] } else { &[Direction::Forward, Direction::Inverse] }
    }

    /// The link in words, read from the end that `direction` says; `from` is its subject all the same.
    pub fn say(&self, direction: Direction, from: &str, to: &str) -> String {
        let sentence = match direction {
            Direction::Forward => &self.sentence,
            Direction::Inverse => &self.inverse_sentence,
        };
        let mut said = String::with_capacity(sentence.len() + from.len() + to.len());
        let mut rest = sentence.as_str();
        while let Some(at) = rest.find('{') {
            said.push_str(&rest[..at]);
            rest = &rest[at..];
            let (name, word) = if rest.starts_with("{from}") {
                (from, "{from}")
            } else if rest.starts_with("{to}") {
                (to, "{to}")
            } else {
                ("{", "{")
            };
            said.push_str(name);
            rest = &rest[word.len()..];
        }
        said + rest
    }
}

/// Something that ought to be there.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The UPPER_CASE name.
    pub name: String,
    /// The kinds looked through.
    pub of: Vec<KindIx>,
    /// One link of any of these is enough.
    pub missing: Vec<(RelationIx, Direction)>,
    /// Only entities with a link of one of these count; empty for all.
    pub having: Vec<(RelationIx, Direction)>,
    /// What the absence means.
    pub description: String,
}

/// A word, or several, and how they are shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abbreviation {
    /// The long form, in lower case, one space between words.
    pub of: String,
    /// The short ones, each one word in lower case. One form may stand for several long ones.
    pub forms: Vec<String>,
}

/// What may exist: the tables of kinds, families, properties, relations and enums of one
/// ontology. Immutable; made by [`Ontology::read`] alone, so that whoever holds one may index
/// its tables by any index type it gave out.
#[derive(Debug)]
pub struct Ontology {
    /// The title, for people.
    pub title: String,
    /// The IRI its own terms start with.
    pub iri: String,
    /// Its version, as its author gives it.
    pub version: String,
    /// Prefixes and what they stand for, in the order of the file.
    pub namespaces: Vec<(String, String)>,
    /// The kinds, in the order of the file.
    pub kinds: Vec<Kind>,
    /// The families, in the order of the file; the root is among them.
    pub families: Vec<Family>,
    /// Every property of kinds and families, once.
    pub properties: Vec<Property>,
    /// The relations, in the order of the file.
    pub relations: Vec<Relation>,
    /// The enums, in the order of the file.
    pub enums: Vec<Enumeration>,
    /// The gaps, in the order of the file.
    pub gaps: Vec<Gap>,
    /// How words are shortened, in the order of the file; each long form once.
    pub abbreviations: Vec<Abbreviation>,
    /// Words that tell no two names apart, in lower case, each once.
    pub stop_words: Vec<String>,
    /// The root family.
    pub root: FamilyIx,
    /// SHA-256 of the files the ontology was read from.
    pub hash: [u8; 32],
    kind_by_name: HashMap<String, KindIx>,
    relation_by_name: HashMap<String, (RelationIx, Direction)>,
    property_of_kind: Vec<HashMap<String, PropertyIx>>,
    /// The root's properties that the core itself reads.
    name: PropertyIx,
    aliases: PropertyIx,
}

impl Ontology {
    /// The kind at `ix`.
    pub fn kind(&self, ix: KindIx) -> &Kind {
        &self.kinds[ix.0 as usize]
    }
    /// The family at `ix`.
    pub fn family(&self, ix: FamilyIx) -> &Family {
        &self.families[ix.0 as usize]
    }
    /// The property at `ix`.
    pub fn property(&self, ix: PropertyIx) -> &Property {
        &self.properties[ix.0 as usize]
    }
    /// The relation at `ix`.
    pub fn relation(&self, ix: RelationIx) -> &Relation {
        &self.relations[ix.0 as usize]
    }
    /// The enum at `ix`.
    pub fn enumeration(&self, ix: EnumIx) -> &Enumeration {
        &self.enums[ix.0 as usize]
    }
    /// The kind of that name.
    pub fn kind_named(&self, name: &str) -> Option<KindIx> {
        self.kind_by_name.get(name).copied()
    }
    /// The relation of that name, read in the direction the name says.
    pub fn relation_named(&self, name: &str) -> Option<(RelationIx, Direction)> {
        self.relation_by_name.get(name).copied()
    }
    /// The property of that name on that kind.
    pub fn property_of(&self, kind: KindIx, name: &str) -> Option<PropertyIx> {
        self.property_of_kind[kind.0 as usize].get(name).copied()
    }
    /// The kind that evidence quotes.
    pub fn source_kind(&self) -> KindIx {
        KindIx(self.kinds.iter().position(|kind| kind.is_source).unwrap_or_default() as u16)
    }
    /// The property that holds an entity's name.
    pub fn name_property(&self) -> PropertyIx {
        self.name
    }
    /// The property that holds an entity's other names.
    pub fn aliases_property(&self) -> PropertyIx {
        self.aliases
    }
    /// Every index of [`Ontology::kinds`], in order.
    pub fn kind_indexes(&self) -> impl Iterator<Item = KindIx> + use<> {
        (0..self.kinds.len() as u16).map(KindIx)
    }
    /// Every index of [`Ontology::relations`], in order.
    pub fn relation_indexes(&self) -> impl Iterator<Item = RelationIx> + use<> {
        (0..self.relations.len() as u16).map(RelationIx)
    }

    /// The full IRI of a prefixed term.
    pub fn expand(&self, term: &str) -> String {
        match term.split_once(':') {
            Some((prefix, local)) => match self.namespaces.iter().find(|(p, _)| p == prefix) {
                Some((_, iri)) => format!("{iri}{local}"),
                None => term.to_owned(),
            },
            None => term.to_owned(),
        }
    }

    /// The relations that kind `kind` has as fields: each with the direction it is read in.
    pub fn relations_of(&self, kind: KindIx) -> impl Iterator<Item = (RelationIx, Direction)> + '_ {
        self.relation_indexes().flat_map(move |ix| {
            let relation = self.relation(ix);
            relation
                .directions()
                .iter()
                .filter(move |d| {
                    relation.holders(**d).contains(&kind) || relation.symmetric && relation.to.contains(&kind)
                })
                .map(move |d| (ix, *d))
        })
    }

    /// What `kinds` have in common: the one kind, or the family with the fewest kinds that holds
    /// them all (the first of the file where two are equal).
    pub fn narrowest(&self, kinds: &[KindIx]) -> Common {
        if let [only] = kinds {
            return Common::Kind(*only);
        }
        let family = (0..self.families.len() as u16)
            .map(FamilyIx)
            .filter(|ix| kinds.iter().all(|kind| self.family(*ix).kinds.contains(kind)))
            .min_by_key(|ix| self.family(*ix).kinds.len())
            .unwrap_or(self.root);
        Common::Family(family)
    }
}

/// What a set of kinds has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Common {
    /// They are one kind.
    Kind(KindIx),
    /// They are several, all of this family.
    Family(FamilyIx),
}

/// `concernsRegion` as `CONCERNS_REGION`, `SourceDocument` as `SOURCE_DOCUMENT`.
pub fn upper_snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// `SourceDocument` as `sourceDocument`: the field that gives one of a kind.
pub fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
