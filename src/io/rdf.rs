//! The words of RDF that our data are written in and read from.

use oxrdf::NamedNode;

use crate::ontology::{Ontology, Property};

/// What ids are resolved against where nobody says: names that are ours and no addresses.
pub(super) const BASE: &str = "tag:throughline.dev,2026:";

pub(super) const OA: &str = "http://www.w3.org/ns/oa#";
pub(super) const SCHEMA: &str = "https://schema.org/";
pub(super) const DCTERMS: &str = "http://purl.org/dc/terms/";
pub(super) const EDTF: &str = "http://id.loc.gov/datatypes/edtf/EDTF";
pub(super) const RFC_7111: &str = "http://tools.ietf.org/rfc/rfc7111";

/// Words of the ontology's own namespace, which no standard has.
pub(super) mod own {
    /// Of a link or piece of evidence: whether a source says it or we conclude it.
    pub(in crate::io) const BASIS: &str = "basis";
    /// Of a piece of evidence: whether its words were found in the source.
    pub(in crate::io) const VERIFICATION: &str = "verification";
    /// Of a piece of evidence: the seal of a check that found its words, or did not.
    pub(in crate::io) const SEALS: [&str; 2] = ["verified", "notFound"];
    /// Of a piece of evidence: the name of a property of the entity that it supports.
    pub(in crate::io) const SUPPORTS: &str = "supports";
    /// Of a list: the entity, the relation, and whether it is said to be complete.
    pub(in crate::io) const LIST_OF: &str = "listOf";
    pub(in crate::io) const LIST_ALONG: &str = "listAlong";
    pub(in crate::io) const COMPLETENESS: &str = "completeness";
    /// Of a link: its dates.
    pub(in crate::io) const DATES: [&str; 3] = ["date", "validFrom", "validUntil"];
    /// Of a source: its text, as our lines call its parts.
    pub(in crate::io) const TEXT: [&str; 4] = ["file", "sha256", "status", "checked"];

    /// Of a source: a part of its text.
    pub(in crate::io) fn text(part: &str) -> String {
        format!("text{}{}", part[..1].to_ascii_uppercase(), &part[1..])
    }

    /// What kind of date the date of that name is.
    pub(in crate::io) fn kind_of_date(name: &str) -> String {
        format!("{name}Kind")
    }
}

pub(super) fn iri(text: impl Into<String>) -> NamedNode {
    NamedNode::new_unchecked(text.into())
}

/// The predicate of a property among the others that its holder may have: its standard term, or its own
/// name where several share one.
pub(super) fn predicate<'p>(
    ontology: &Ontology,
    mut among: impl Iterator<Item = &'p Property>,
    property: &Property,
) -> String {
    let shared = among.any(|other| other.name != property.name && other.iri == property.iri);
    if shared { format!("{}{}", ontology.iri, property.name) } else { ontology.expand(&property.iri) }
}

/// Prefixes for those who read it: the ontology's, its own terms', and those of evidence.
pub(super) fn prefixes(ontology: &Ontology) -> Vec<(String, String)> {
    let mut all = ontology.namespaces.clone();
    for (prefix, of) in [
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("xsd", "http://www.w3.org/2001/XMLSchema#"),
        ("oa", OA),
    ] {
        if !all.iter().any(|(known, _)| known == prefix) {
            all.push((prefix.to_owned(), of.to_owned()));
        }
    }
    all
}
