//! RDF: Turtle, TriG, N-Quads and JSON-LD, with the ontology's IRIs.
//!
//! An entity has the class of its kind and the standard term beside it; a link is one triple of its relation
//! (and one of the standard term, where the ontology names one) and a resource of its own, an
//! `rdf:Statement` with basis, dates and attributes. Each piece of evidence is a Web Annotation of that
//! resource whose target is the passage: source and TextQuoteSelector
//! (<https://www.w3.org/TR/annotation-model/>). Where there are named graphs, each link is one, so that
//! whoever reads the triple finds what supports it.

use std::io::{self, Write};

use oxjsonld::JsonLdSerializer;
use oxrdf::vocab::{rdf, rdfs, xsd};
use oxrdf::{BlankNode, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, TripleRef};
use oxttl::{NQuadsSerializer, TriGSerializer, TurtleSerializer};

use super::{ListIx, Options, Selection};
use crate::graph::{Completeness, Datum, EntityIx, Evidence, Graph, LinkIx, Owner, seal_to_text};
use crate::io::json_lines::{text_parts, value_text};
use crate::io::rdf::{BASE, DCTERMS, EDTF, OA, RFC_7111, SCHEMA, iri, own, predicate, prefixes};
use crate::ontology::{FuzzyDate, Property};

type Give<'a> = dyn FnMut(Quad) -> io::Result<()> + 'a;

struct Maker<'a> {
    graph: &'a Graph,
    base: &'a str,
    /// Whether links are named graphs.
    named: bool,
    give: &'a mut Give<'a>,
    blanks: usize,
}

fn invalid(e: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, e.to_string())
}

impl Maker<'_> {
    /// The IRI of an id. Ids are made of what IRIs may hold.
    fn id(&self, id: &str) -> NamedNode {
        iri(format!("{}{id}", self.base))
    }

    /// The IRI of a word of the ontology.
    fn own(&self, word: &str) -> NamedNode {
        iri(format!("{}{word}", self.graph.ontology().iri))
    }

    fn blank(&mut self) -> BlankNode {
        self.blanks += 1;
        BlankNode::new_unchecked(format!("b{}", self.blanks))
    }

    fn say(
        &mut self,
        subject: impl Into<NamedOrBlankNode>,
        predicate: impl Into<NamedNode>,
        object: impl Into<Term>,
    ) -> io::Result<()> {
        (self.give)(Quad::new(subject, predicate, object, GraphName::DefaultGraph))
    }

    fn value(&self, property: &Property, datum: Datum<'_>) -> Term {
        let text = value_text(self.graph, datum);
        match datum {
            Datum::Int(_) => Literal::new_typed_literal(text, xsd::INTEGER).into(),
            Datum::Float(_) => Literal::new_typed_literal(text, xsd::DOUBLE).into(),
            Datum::Boolean(_) => Literal::new_typed_literal(text, xsd::BOOLEAN).into(),
            Datum::Date(_) => Literal::new_typed_literal(text, xsd::DATE).into(),
            Datum::FuzzyDate(_) => Literal::new_typed_literal(text, iri(EDTF)).into(),
            _ if property.datatype == crate::ontology::Datatype::Url => {
                // An address that is no IRI stays text.
                NamedNode::new(text.as_str())
                    .map_or_else(|_| Literal::new_simple_literal(text).into(), Term::from)
            }
            _ => Literal::new_simple_literal(text).into(),
        }
    }

    /// The values of a property; beside a date, what kind of date it is.
    fn values(
        &mut self,
        of: &NamedNode,
        property: &Property,
        predicate: String,
        datum: Datum<'_>,
    ) -> io::Result<()> {
        for member in datum.members() {
            self.say(of.clone(), iri(predicate.as_str()), self.value(property, member))?;
            if let Datum::FuzzyDate(date) = member {
                self.kind_of_date(of, &property.name, date)?;
            }
        }
        Ok(())
    }

    fn kind_of_date(&mut self, of: &NamedNode, name: &str, date: &FuzzyDate) -> io::Result<()> {
        let Some(kind) = date.kind() else { return Ok(()) };
        let predicate = self.own(&own::kind_of_date(name));
        self.say(of.clone(), predicate, Literal::new_simple_literal(kind.name()))
    }

    fn entity(&mut self, ix: EntityIx) -> io::Result<()> {
        let ontology = self.graph.ontology().clone();
        let entity = self.graph.entity(ix);
        let subject = self.id(entity.id());
        let kind = ontology.kind(entity.kind());
        self.say(subject.clone(), rdf::TYPE, self.own(&kind.name))?;
        let standard = iri(ontology.expand(&kind.iri));
        if standard != self.own(&kind.name) {
            self.say(subject.clone(), rdf::TYPE, standard)?;
        }
        let all = || kind.properties.iter().map(|ix| ontology.property(*ix));
        let called = predicate(&ontology, all(), ontology.property(ontology.name_property()));
        self.say(subject.clone(), iri(called), Literal::new_simple_literal(entity.name()))?;
        self.say(subject.clone(), rdfs::LABEL, Literal::new_simple_literal(entity.name()))?;
        for (property, datum) in entity.properties() {
            let property = ontology.property(property);
            self.values(&subject, property, predicate(&ontology, all(), property), datum)?;
        }
        for identifier in entity.identifiers() {
            let node = self.blank();
            self.say(subject.clone(), iri(format!("{SCHEMA}identifier")), node.clone())?;
            self.say(node.clone(), rdf::TYPE, iri(format!("{SCHEMA}PropertyValue")))?;
            for (name, text) in [("propertyID", &identifier.scheme), ("value", &identifier.value)] {
                self.say(node.clone(), iri(format!("{SCHEMA}{name}")), Literal::new_simple_literal(&**text))?;
            }
        }
        if let Some(text) = entity.text() {
            for (key, part) in text_parts(text) {
                self.say(subject.clone(), self.own(&own::text(key)), Literal::new_simple_literal(part))?;
            }
        }
        for old in entity.merged_from() {
            self.say(self.id(old), iri(format!("{DCTERMS}isReplacedBy")), subject.clone())?;
        }
        let evidence = self.graph.evidence(Owner::Entity(ix));
        evidence.iter().try_for_each(|piece| self.evidence(Owner::Entity(ix), &subject, piece))
    }

    fn link(&mut self, ix: LinkIx) -> io::Result<()> {
        let ontology = self.graph.ontology().clone();
        let link = self.graph.link(ix);
        let relation = ontology.relation(link.relation());
        let (from, to) = link.ends();
        let [from, to] = [from, to].map(|end| self.id(self.graph.entity(end).id()));
        let subject = self.id(&self.graph.link_id(ix));
        let within = if self.named { GraphName::from(subject.clone()) } else { GraphName::DefaultGraph };
        let own = self.own(&relation.name);
        (self.give)(Quad::new(from.clone(), own.clone(), to.clone(), within.clone()))?;
        if let Some(term) = &relation.iri {
            let standard = iri(ontology.expand(term));
            if standard != own {
                (self.give)(Quad::new(from.clone(), standard, to.clone(), within))?;
            }
        }
        self.say(subject.clone(), rdf::TYPE, rdf::STATEMENT)?;
        self.say(subject.clone(), rdf::SUBJECT, from)?;
        self.say(subject.clone(), rdf::PREDICATE, own)?;
        self.say(subject.clone(), rdf::OBJECT, to)?;
        self.say(subject.clone(), rdfs::LABEL, Literal::new_simple_literal(self.graph.sentence(ix)))?;
        let basis = Literal::new_simple_literal(link.basis().name());
        self.say(subject.clone(), self.own(own::BASIS), basis)?;
        for (name, date) in own::DATES.into_iter().zip([link.date(), link.valid_from(), link.valid_until()]) {
            if let Some(date) = date {
                self.say(
                    subject.clone(),
                    self.own(name),
                    Literal::new_typed_literal(date.edtf(), iri(EDTF)),
                )?;
                self.kind_of_date(&subject, name, date)?;
            }
        }
        for (at, datum) in link.properties() {
            let property = &relation.properties[usize::from(at)];
            let predicate = predicate(&ontology, relation.properties.iter(), property);
            self.values(&subject, property, predicate, datum)?;
        }
        let evidence = self.graph.evidence(Owner::Link(ix));
        evidence.iter().try_for_each(|piece| self.evidence(Owner::Link(ix), &subject, piece))
    }

    /// That a list is said to be complete, or not to be.
    fn list(&mut self, list: ListIx, completeness: Completeness) -> io::Result<()> {
        let (entity, relation, direction) = list;
        let name = self.graph.ontology().relation(relation).name_in(direction).to_owned();
        let of = self.id(self.graph.entity(entity).id());
        let subject = iri(format!("{}#{name}", of.as_str()));
        let said = Literal::new_simple_literal(completeness.name());
        self.say(subject.clone(), self.own(own::LIST_OF), of)?;
        self.say(subject.clone(), self.own(own::LIST_ALONG), self.own(&name))?;
        self.say(subject.clone(), self.own(own::COMPLETENESS), said)?;
        let owner = Owner::List(entity, relation, direction);
        self.graph.evidence(owner).iter().try_for_each(|piece| self.evidence(owner, &subject, piece))
    }

    /// A piece of evidence as an annotation of what it supports.
    fn evidence(&mut self, owner: Owner, of: &NamedNode, piece: Evidence<'_>) -> io::Result<()> {
        let oa = |word: &str| iri(format!("{OA}{word}"));
        let annotation = self.id(&self.graph.evidence_id(owner, piece));
        let source = self.id(self.graph.entity(piece.source()).id());
        let target = self.blank();
        self.say(annotation.clone(), rdf::TYPE, oa("Annotation"))?;
        self.say(annotation.clone(), oa("hasBody"), of.clone())?;
        self.say(annotation.clone(), oa("motivatedBy"), oa("identifying"))?;
        self.say(annotation.clone(), oa("hasTarget"), target.clone())?;
        for (name, word) in [(own::BASIS, piece.basis().name()), (own::VERIFICATION, piece.status().name())] {
            self.say(annotation.clone(), self.own(name), Literal::new_simple_literal(word))?;
        }
        if let Some((seal, found)) = piece.checked() {
            let seal_of = own::SEALS[usize::from(!found)];
            self.say(
                annotation.clone(),
                self.own(seal_of),
                Literal::new_simple_literal(seal_to_text(&seal)),
            )?;
        }
        for property in piece.properties() {
            let name = Literal::new_simple_literal(&*self.graph.ontology().property(*property).name);
            self.say(annotation.clone(), self.own(own::SUPPORTS), name)?;
        }
        if let Some(note) = piece.note() {
            self.say(annotation, rdfs::COMMENT, Literal::new_simple_literal(note))?;
        }
        self.say(target.clone(), rdf::TYPE, oa("SpecificResource"))?;
        self.say(target.clone(), oa("hasSource"), source)?;
        if let Some(quote) = piece.quote() {
            let selector = self.blank();
            self.say(target.clone(), oa("hasSelector"), selector.clone())?;
            self.say(selector.clone(), rdf::TYPE, oa("TextQuoteSelector"))?;
            let words = [("exact", Some(quote)), ("prefix", piece.prefix()), ("suffix", piece.suffix())];
            for (name, text) in words {
                if let Some(text) = text {
                    self.say(selector.clone(), oa(name), Literal::new_simple_literal(text))?;
                }
            }
        }
        if let Some(fragment) = piece.fragment() {
            let selector = self.blank();
            self.say(target.clone(), oa("hasSelector"), selector.clone())?;
            self.say(selector.clone(), rdf::TYPE, oa("FragmentSelector"))?;
            self.say(selector.clone(), rdf::VALUE, Literal::new_simple_literal(fragment))?;
            self.say(selector, iri(format!("{DCTERMS}conformsTo")), iri(RFC_7111))?;
        }
        if let Some(url) = piece.url().and_then(|url| NamedNode::new(url).ok()) {
            self.say(target, iri(format!("{SCHEMA}url")), url)?;
        }
        Ok(())
    }
}

/// Gives every quad of a selection: entities, links, and what is said of their lists, each with its evidence.
fn quads<'a>(
    graph: &'a Graph,
    selection: &Selection,
    base: &'a str,
    named: bool,
    give: &'a mut Give<'a>,
) -> io::Result<()> {
    let selection = &*selection.with_sources(graph);
    let mut maker = Maker { graph, base, named, give, blanks: 0 };
    selection.entities.iter().try_for_each(|ix| maker.entity(*ix))?;
    selection.links.iter().try_for_each(|ix| maker.link(*ix))?;
    selection.statements(graph).try_for_each(|(list, completeness)| maker.list(list, completeness))
}

/// What ids are resolved against.
///
/// # Errors
/// That it is no IRI.
fn base(options: &Options) -> io::Result<&str> {
    let given = options.args.iter().find(|(name, _)| name == "base").map(|(_, value)| value.as_str());
    let base = given.unwrap_or(BASE);
    NamedNode::new(base).map_err(|e| invalid(format!("`{base}` is no base: {e}")))?;
    Ok(base)
}

/// The same, and that of ids.
fn all_prefixes(graph: &Graph, base: &str) -> impl Iterator<Item = (String, String)> {
    let mut all = prefixes(graph.ontology());
    all.retain(|(prefix, _)| prefix != "id");
    all.into_iter().chain([("id".to_owned(), base.to_owned())])
}

/// Puts the prefixes at the head of a document in order: the serializer has them in none, and equal data
/// give equal bytes.
pub(in crate::io) struct Sorted<'o> {
    out: &'o mut dyn Write,
    head: Option<Vec<u8>>,
}

impl<'o> Sorted<'o> {
    pub(in crate::io) fn new(out: &'o mut dyn Write) -> Sorted<'o> {
        Sorted { out, head: Some(Vec::new()) }
    }

    /// Writes the head once a line has come that is no prefix, or nothing more will.
    fn settle(&mut self, ended: bool) -> io::Result<()> {
        let Some(head) = &self.head else { return Ok(()) };
        let mut lines: Vec<&[u8]> = head.split_inclusive(|b| *b == b'\n').collect();
        let prefixes = lines.iter().take_while(|line| line.starts_with(b"@prefix")).count();
        // A line that has only begun may become a prefix yet.
        if !ended && lines.get(prefixes).is_none_or(|line| line.len() < b"@prefix".len()) {
            return Ok(());
        }
        lines[..prefixes].sort_unstable();
        lines.iter().try_for_each(|line| self.out.write_all(line))?;
        self.head = None;
        Ok(())
    }
}

impl Write for Sorted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.head {
            None => self.out.write_all(bytes)?,
            Some(head) => {
                head.extend_from_slice(bytes);
                self.settle(false)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle(true)?;
        self.out.flush()
    }
}

/// A serializer that knows the prefixes.
fn prefixed<S>(
    serializer: S,
    graph: &Graph,
    base: &str,
    with: impl Fn(S, String, String) -> Result<S, oxrdf::IriParseError>,
) -> io::Result<S> {
    all_prefixes(graph, base).try_fold(serializer, |s, (prefix, of)| with(s, prefix, of).map_err(invalid))
}

pub(super) fn turtle(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let base = base(options)?;
    let serializer =
        prefixed(TurtleSerializer::new(), graph, base, |s, prefix, of| s.with_prefix(prefix, of))?;
    let mut writer = serializer.for_writer(Sorted::new(out));
    quads(graph, selection, base, false, &mut |quad| {
        writer.serialize_triple(TripleRef::new(&quad.subject, &quad.predicate, &quad.object))
    })?;
    writer.finish()?.flush()
}

pub(super) fn trig(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let base = base(options)?;
    let serializer = prefixed(TriGSerializer::new(), graph, base, |s, prefix, of| s.with_prefix(prefix, of))?;
    let mut writer = serializer.for_writer(Sorted::new(out));
    quads(graph, selection, base, true, &mut |quad| writer.serialize_quad(quad.as_ref()))?;
    writer.finish()?.flush()
}

pub(super) fn nquads(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = NQuadsSerializer::new().for_writer(out);
    quads(graph, selection, base(options)?, true, &mut |quad| writer.serialize_quad(quad.as_ref()))?;
    writer.finish().flush()
}

pub(super) fn json_ld(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let base = base(options)?;
    let serializer =
        prefixed(JsonLdSerializer::new(), graph, base, |s, prefix, of| s.with_prefix(prefix, of))?;
    let mut writer = serializer.for_writer(out);
    quads(graph, selection, base, true, &mut |quad| writer.serialize_quad(quad.as_ref()))?;
    writer.finish().map(drop)
}
