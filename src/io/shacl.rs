//! SHACL shapes (<https://www.w3.org/TR/shacl/>) of an ontology: what RDF that we write, or that somebody
//! writes for us, has to look like. Among them that every link has evidence.

use std::io::{self, Write};

use oxrdf::vocab::{rdf, xsd};
use oxrdf::{BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, TripleRef};
use oxttl::TurtleSerializer;

use super::export::rdf::Sorted;
use super::rdf::{EDTF, OA, iri, predicate, prefixes};
use crate::ontology::{Datatype, Kind, Ontology, Property, Relation};

const SH: &str = "http://www.w3.org/ns/shacl#";

fn sh(word: &str) -> NamedNode {
    iri(format!("{SH}{word}"))
}

fn text(text: &str) -> Term {
    Literal::new_simple_literal(text).into()
}

struct Shapes<'a> {
    ontology: &'a Ontology,
    give: &'a mut dyn FnMut(&NamedOrBlankNode, &NamedNode, &Term) -> io::Result<()>,
    blanks: usize,
}

/// Writes the shapes of an ontology as Turtle: one for each kind, for links, and for evidence. Cost: linear
/// in the ontology.
///
/// # Errors
/// What `out` gives; a namespace of the ontology that is no IRI.
pub fn write(ontology: &Ontology, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, of) in prefixes(ontology).into_iter().chain([("sh".to_owned(), SH.to_owned())]) {
        let invalid = |e| io::Error::new(io::ErrorKind::InvalidInput, format!("{e}"));
        serializer = serializer.with_prefix(prefix, of).map_err(invalid)?;
    }
    let mut writer = serializer.for_writer(Sorted::new(out));
    let mut give = |subject: &NamedOrBlankNode, predicate: &NamedNode, object: &Term| {
        writer.serialize_triple(TripleRef::new(subject, predicate, object))
    };
    let mut shapes = Shapes { ontology, give: &mut give, blanks: 0 };
    ontology.kinds.iter().try_for_each(|kind| shapes.kind(kind))?;
    shapes.link()?;
    shapes.annotation()?;
    writer.finish()?.flush()
}

impl Shapes<'_> {
    fn own(&self, word: &str) -> NamedNode {
        iri(format!("{}{word}", self.ontology.iri))
    }

    fn blank(&mut self) -> NamedOrBlankNode {
        self.blanks += 1;
        BlankNode::new_unchecked(format!("b{}", self.blanks)).into()
    }

    fn say(
        &mut self,
        subject: &NamedOrBlankNode,
        predicate: NamedNode,
        object: impl Into<Term>,
    ) -> io::Result<()> {
        (self.give)(subject, &predicate, &object.into())
    }

    fn count(&mut self, of: &NamedOrBlankNode, which: &str, count: u32) -> io::Result<()> {
        self.say(of, sh(which), Literal::new_typed_literal(count.to_string(), xsd::INTEGER))
    }

    /// A list of RDF; gives its head.
    fn list(&mut self, members: Vec<Term>) -> io::Result<Term> {
        let mut rest: Term = rdf::NIL.into_owned().into();
        for member in members.into_iter().rev() {
            let node = self.blank();
            self.say(&node, rdf::FIRST.into_owned(), member)?;
            self.say(&node, rdf::REST.into_owned(), rest)?;
            rest = node.into();
        }
        Ok(rest)
    }

    fn shape(&mut self, name: &str, of: NamedNode) -> io::Result<NamedOrBlankNode> {
        let shape: NamedOrBlankNode = self.own(&format!("{name}Shape")).into();
        self.say(&shape, rdf::TYPE.into_owned(), sh("NodeShape"))?;
        self.say(&shape, sh("targetClass"), of)?;
        Ok(shape)
    }

    fn path(&mut self, shape: &NamedOrBlankNode, path: impl Into<Term>) -> io::Result<NamedOrBlankNode> {
        let property = self.blank();
        self.say(shape, sh("property"), property.clone())?;
        self.say(&property, sh("path"), path.into())?;
        Ok(property)
    }

    fn kind(&mut self, kind: &Kind) -> io::Result<()> {
        let ontology = self.ontology;
        let shape = self.shape(&kind.name, self.own(&kind.name))?;
        self.say(&shape, sh("name"), text(&kind.name))?;
        self.say(&shape, sh("description"), text(&kind.description))?;
        let all = || kind.properties.iter().map(|ix| ontology.property(*ix));
        for property in all() {
            let at = self.path(&shape, iri(predicate(ontology, all(), property)))?;
            self.say(&at, sh("name"), text(&property.name))?;
            self.say(&at, sh("description"), text(&property.description))?;
            self.bound(&at, property)?;
        }
        for relation in &ontology.relations {
            if relation.from.iter().any(|from| ontology.kind(*from).name == kind.name) {
                self.relation(&shape, relation)?;
            }
        }
        Ok(())
    }

    fn bound(&mut self, at: &NamedOrBlankNode, property: &Property) -> io::Result<()> {
        if property.required && !property.list {
            self.count(at, "minCount", 1)?;
        }
        if !property.list {
            self.count(at, "maxCount", 1)?;
        }
        let datatype = match property.datatype {
            Datatype::String => xsd::STRING.into_owned(),
            Datatype::Int => xsd::INTEGER.into_owned(),
            Datatype::Float => xsd::DOUBLE.into_owned(),
            Datatype::Boolean => xsd::BOOLEAN.into_owned(),
            Datatype::Date => xsd::DATE.into_owned(),
            Datatype::FuzzyDate => iri(EDTF),
            Datatype::Url => return self.say(at, sh("nodeKind"), sh("IRIOrLiteral")),
            Datatype::Enum(ix) => {
                let words = &self.ontology.enumeration(ix).words;
                let words = self.list(words.iter().map(|word| text(&word.name)).collect())?;
                return self.say(at, sh("in"), words);
            }
        };
        self.say(at, sh("datatype"), datatype)
    }

    fn relation(&mut self, shape: &NamedOrBlankNode, relation: &Relation) -> io::Result<()> {
        let at = self.path(shape, self.own(&relation.name))?;
        self.say(&at, sh("name"), text(&relation.name))?;
        self.say(&at, sh("description"), text(&relation.description))?;
        if let Some(max) = relation.max {
            self.count(&at, "maxCount", max)?;
        }
        let mut classes = Vec::with_capacity(relation.to.len());
        for to in &relation.to {
            let class = self.blank();
            self.say(&class, sh("class"), self.own(&self.ontology.kind(*to).name))?;
            classes.push(class.into());
        }
        let classes = self.list(classes)?;
        self.say(&at, sh("or"), classes)
    }

    fn link(&mut self) -> io::Result<()> {
        let shape = self.shape("Link", rdf::STATEMENT.into_owned())?;
        for part in [rdf::SUBJECT, rdf::PREDICATE, rdf::OBJECT] {
            let at = self.path(&shape, part.into_owned())?;
            self.count(&at, "minCount", 1)?;
            self.count(&at, "maxCount", 1)?;
        }
        self.basis(&shape)?;
        // No link without evidence.
        let inverse = self.blank();
        self.say(&inverse, sh("inversePath"), iri(format!("{OA}hasBody")))?;
        let at = self.path(&shape, Term::from(inverse))?;
        self.count(&at, "minCount", 1)?;
        self.say(&at, sh("class"), iri(format!("{OA}Annotation")))
    }

    fn annotation(&mut self) -> io::Result<()> {
        let shape = self.shape("Evidence", iri(format!("{OA}Annotation")))?;
        for part in ["hasBody", "hasTarget"] {
            let at = self.path(&shape, iri(format!("{OA}{part}")))?;
            self.count(&at, "minCount", 1)?;
        }
        self.basis(&shape)
    }

    fn basis(&mut self, shape: &NamedOrBlankNode) -> io::Result<()> {
        let at = self.path(shape, self.own("basis"))?;
        self.count(&at, "minCount", 1)?;
        self.count(&at, "maxCount", 1)?;
        let words = self.list(vec![text("STATED"), text("INFERRED")])?;
        self.say(&at, sh("in"), words)
    }
}
