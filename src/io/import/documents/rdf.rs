//! RDF: resources whose classes and properties the ontology knows, by its own words or by the standard terms it
//! names; links as triples with a resource of their own, and evidence as Web Annotations of it, as `export`
//! writes them (see `io/export/rdf.rs`).
//!
//! A triple that nothing is said about is a link too, if the document names its source by the argument
//! `source`: its evidence is then the address of its subject.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::BufRead;

use indexmap::IndexMap;
use oxjsonld::{JsonLdParseError, JsonLdParser};
use oxrdf::vocab::{rdf, rdfs};
use oxrdf::{NamedNode, NamedOrBlankNode, Term, Triple};
use oxttl::{NQuadsParser, NTriplesParser, TriGParser, TurtleParseError, TurtleParser};
use serde_json::{Map, Value as Json, json};

use super::{dated, left_out, typed};
use crate::io::import::rows::{Broken, Format};
use crate::io::rdf::{BASE, DCTERMS, OA, SCHEMA, iri, own, predicate};
use crate::io::words::slug;
use crate::ontology::{Kind, KindIx, Ontology, Property, Relation};

/// What a document says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) lines: Vec<Map<String, Json>>,
    /// Resources of its subjects.
    pub(super) subjects: usize,
    pub(super) notes: Vec<String>,
    /// What is wrong, and the way out.
    pub(super) faults: Vec<(String, &'static str)>,
}

/// Where others keep a name.
const NAMES: [&str; 5] = [
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
    "http://purl.org/dc/terms/title",
];

/// Languages of which one is taken where only one text can be, best first; those without come before.
const LANGUAGE: &str = "en";

/// Reads a document. `args` may give `base`, which ids are resolved against, and `source`, the id of the
/// source that triples without evidence rest on. Memory: all of the document.
///
/// # Errors
/// What is not of the format, with its place.
pub(super) fn read(
    format: Format,
    reader: &mut dyn BufRead,
    ontology: &Ontology,
    args: &[(String, String)],
) -> Result<Said, Broken> {
    let arg = |name: &str| args.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut resources = Resources::default();
    let (mut of_turtle, mut of_trig, mut of_json_ld) =
        (TurtleParser::new(), TriGParser::new(), JsonLdParser::new());
    // Our own base is a name, to which nothing is relative.
    if let Some(base) = arg("base") {
        let no_base = |e| Broken::at(0, 0, format!("`{base}` is no base: {e}"));
        of_turtle = of_turtle.with_base_iri(base).map_err(no_base)?;
        of_trig = of_trig.with_base_iri(base).map_err(no_base)?;
        of_json_ld = of_json_ld.with_base_iri(base).map_err(no_base)?;
    }
    match format {
        Format::Turtle => resources.take(of_turtle.for_reader(reader).map(|t| t.map_err(turtle))),
        Format::TriG => {
            resources.take(of_trig.for_reader(reader).map(|q| q.map(Triple::from).map_err(turtle)))
        }
        Format::NTriples => {
            resources.take(NTriplesParser::new().for_reader(reader).map(|t| t.map_err(turtle)))
        }
        Format::NQuads => {
            let quads = NQuadsParser::new().for_reader(reader);
            resources.take(quads.map(|q| q.map(Triple::from).map_err(turtle)))
        }
        _ => resources.take(of_json_ld.for_reader(reader).map(|q| q.map(Triple::from).map_err(json_ld))),
    }?;
    Ok(Reader::new(ontology, arg("base").unwrap_or(BASE), arg("source"), &resources).said())
}

fn turtle(e: TurtleParseError) -> Broken {
    match e {
        TurtleParseError::Io(e) => e.into(),
        TurtleParseError::Syntax(e) => {
            let at = e.location().start;
            let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX - 1) + 1;
            Broken::at(place(at.line), place(at.column), e.message())
        }
    }
}

fn json_ld(e: JsonLdParseError) -> Broken {
    match e {
        JsonLdParseError::Io(e) => e.into(),
        JsonLdParseError::Syntax(e) => {
            let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX - 1) + 1;
            let (line, column) =
                e.location().map_or((0, 0), |at| (place(at.start.line), place(at.start.column)));
            let broken = Broken::at(line, column, e.to_string());
            broken.help("contexts are not fetched; write them into the document")
        }
    }
}

/// What is said of each subject, in the order of the document.
#[derive(Default)]
struct Resources {
    of: IndexMap<NamedOrBlankNode, Vec<(NamedNode, Term)>>,
    /// The annotations of each body.
    annotations: HashMap<NamedOrBlankNode, Vec<NamedOrBlankNode>>,
}

impl Resources {
    fn take(&mut self, triples: impl Iterator<Item = Result<Triple, Broken>>) -> Result<(), Broken> {
        for triple in triples {
            let Triple { subject, predicate, object } = triple?;
            // schema.org has two forms of the same words.
            let predicate = secure(predicate);
            let object = match object {
                Term::NamedNode(node) if predicate == rdf::TYPE => secure(node).into(),
                other => other,
            };
            if predicate.as_str().strip_prefix(OA) == Some("hasBody")
                && let Some(body) = node(&object)
            {
                self.annotations.entry(body).or_default().push(subject.clone());
            }
            self.of.entry(subject).or_default().push((predicate, object));
        }
        Ok(())
    }

    fn said(&self, of: &NamedOrBlankNode) -> &[(NamedNode, Term)] {
        self.of.get(of).map_or(&[], Vec::as_slice)
    }

    fn objects<'r>(
        &'r self,
        of: &NamedOrBlankNode,
        predicate: &'r str,
    ) -> impl Iterator<Item = &'r Term> + use<'r> {
        self.said(of).iter().filter(move |(p, _)| p.as_str() == predicate).map(|(_, object)| object)
    }

    fn one(&self, of: &NamedOrBlankNode, predicate: &str) -> Option<&Term> {
        self.said(of).iter().find(|(p, _)| p.as_str() == predicate).map(|(_, object)| object)
    }

    fn text(&self, of: &NamedOrBlankNode, predicate: &str) -> Option<String> {
        self.one(of, predicate).map(text_of)
    }

    fn is_a(&self, of: &NamedOrBlankNode, class: &str) -> bool {
        self.objects(of, rdf::TYPE.as_str())
            .any(|object| matches!(object, Term::NamedNode(n) if n.as_str() == class))
    }
}

fn secure(node: NamedNode) -> NamedNode {
    match node.as_str().strip_prefix("http://schema.org/") {
        Some(word) => iri(format!("{SCHEMA}{word}")),
        None => node,
    }
}

fn node(term: &Term) -> Option<NamedOrBlankNode> {
    match term {
        Term::NamedNode(node) => Some(node.clone().into()),
        Term::BlankNode(node) => Some(node.clone().into()),
        Term::Literal(_) => None,
    }
}

fn text_of(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::BlankNode(node) => node.to_string(),
        Term::Literal(literal) => literal.value().to_owned(),
    }
}

/// The predicates that a holder of properties has.
struct Terms<'a> {
    properties: Vec<(String, &'a Property)>,
    /// These and all others that are read of an entity.
    known: HashSet<String>,
}

impl<'a> Terms<'a> {
    fn of(ontology: &'a Ontology, all: &[&'a Property]) -> Vec<(String, &'a Property)> {
        all.iter().map(|property| (predicate(ontology, all.iter().copied(), property), *property)).collect()
    }

    fn of_kind(ontology: &'a Ontology, kind: &'a Kind) -> Terms<'a> {
        let all: Vec<&Property> = kind.properties.iter().map(|ix| ontology.property(*ix)).collect();
        let properties = Terms::of(ontology, &all);
        let own = |word: String| format!("{}{word}", ontology.iri);
        let standard = [rdf::TYPE.as_str(), IDENTIFIER].into_iter().chain(NAMES).map(str::to_owned);
        let known = standard
            .chain(properties.iter().map(|(term, _)| term.clone()))
            .chain(own::TEXT.iter().map(|part| own(own::text(part))))
            .chain(all.iter().map(|property| own(own::kind_of_date(&property.name))))
            .collect();
        Terms { properties, known }
    }
}

struct Reader<'a> {
    ontology: &'a Ontology,
    base: &'a str,
    source: Option<&'a str>,
    resources: &'a Resources,
    kinds: HashMap<NamedOrBlankNode, KindIx>,
    /// By position of the kind.
    terms: Vec<Terms<'a>>,
    /// Relations by their own words and by standard terms.
    relations: HashMap<String, Vec<&'a Relation>>,
    /// Predicates that say nothing to us, and how often.
    left: BTreeMap<String, usize>,
    said: Said,
}

impl<'a> Reader<'a> {
    fn new(
        ontology: &'a Ontology,
        base: &'a str,
        source: Option<&'a str>,
        resources: &'a Resources,
    ) -> Reader<'a> {
        let mut relations: HashMap<String, Vec<&Relation>> = HashMap::new();
        for relation in &ontology.relations {
            let own = format!("{}{}", ontology.iri, relation.name);
            let standard =
                relation.iri.as_ref().map(|term| ontology.expand(term)).filter(|term| *term != own);
            for term in standard.into_iter().chain([own]) {
                relations.entry(term).or_default().push(relation);
            }
        }
        let terms = ontology.kinds.iter().map(|kind| Terms::of_kind(ontology, kind)).collect();
        let (kinds, left, said) = Default::default();
        Reader { ontology, base, source, resources, kinds, terms, relations, left, said }
    }

    fn own(&self, word: &str) -> String {
        format!("{}{word}", self.ontology.iri)
    }

    fn refuse(&mut self, what: String, help: &'static str) {
        self.said.faults.push((what, help));
    }

    fn said(mut self) -> Said {
        let resources = self.resources;
        for subject in resources.of.keys() {
            self.classify(subject);
        }
        for subject in resources.of.keys() {
            if let Some(kind) = self.kinds.get(subject).copied() {
                self.entity(subject, kind);
            }
        }
        let mut linked = HashSet::new();
        for subject in resources.of.keys().filter(|subject| resources.is_a(subject, rdf::STATEMENT.as_str()))
        {
            self.link(subject, &mut linked);
        }
        for subject in resources.of.keys() {
            self.bare_links(subject, &linked);
        }
        for subject in resources.of.keys() {
            self.list(subject);
        }
        let replaced = format!("{DCTERMS}isReplacedBy");
        for subject in resources.of.keys() {
            let into = resources.one(subject, &replaced).and_then(node);
            if let Some((merged, into)) = into.map(|into| (self.id(subject), self.id(&into))) {
                self.said.lines.push(
                    [("merged".to_owned(), json!(merged)), ("into".to_owned(), json!(into))]
                        .into_iter()
                        .collect(),
                );
            }
        }
        if !self.left.is_empty() {
            self.said.notes.push(left_out(&self.left));
        }
        self.said.subjects = resources.of.len();
        self.said
    }

    /// The id of a resource: what its address has behind the base, or, for one of another place, its kind's
    /// prefix and its address as one word.
    fn id(&self, resource: &NamedOrBlankNode) -> String {
        let address = match resource {
            NamedOrBlankNode::NamedNode(node) => node.as_str(),
            NamedOrBlankNode::BlankNode(node) => node.as_str(),
        };
        if let Some(id) = address.strip_prefix(self.base) {
            return id.to_owned();
        }
        let Some(kind) = self.kinds.get(resource) else { return address.to_owned() };
        let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
        format!("{}/{}", self.ontology.kind(*kind).prefix, slug(bare))
    }

    /// Tells which kind a resource is of, if of any.
    fn classify(&mut self, subject: &NamedOrBlankNode) {
        let ontology = self.ontology;
        let classes: Vec<String> = self.resources.objects(subject, rdf::TYPE.as_str()).map(text_of).collect();
        let own = classes.iter().filter_map(|class| ontology.kind_named(class.strip_prefix(&ontology.iri)?));
        if let Some(kind) = own.clone().next() {
            self.kinds.insert(subject.clone(), kind);
            return;
        }
        let standard = |ix: &KindIx| classes.contains(&ontology.expand(&ontology.kind(*ix).iri));
        let candidates: Vec<KindIx> = ontology.kind_indexes().filter(standard).collect();
        match candidates.as_slice() {
            [] => {}
            [kind] => drop(self.kinds.insert(subject.clone(), *kind)),
            several => {
                let names: Vec<&str> = several.iter().map(|ix| ontology.kind(*ix).name.as_str()).collect();
                let what = format!("{subject} may be of several kinds: {}", names.join(", "));
                self.refuse(what, "give it the class of one of them in the ontology's own namespace too");
            }
        }
    }

    fn entity(&mut self, subject: &NamedOrBlankNode, ix: KindIx) {
        let (ontology, resources) = (self.ontology, self.resources);
        let kind = ontology.kind(ix);
        let all = || kind.properties.iter().map(|ix| ontology.property(*ix));
        let mut line = Map::new();
        let id = self.id(subject);
        line.insert(if kind.is_source { "source" } else { "entity" }.to_owned(), json!(id));
        line.insert("kind".to_owned(), json!(kind.name));
        self.properties(subject, &self.terms[usize::from(ix.0)].properties, &mut line);
        let name = &ontology.property(ontology.name_property()).name;
        if !line.contains_key(name) {
            let called = NAMES.iter().find_map(|term| self.best(subject, term));
            line.extend(called.map(|called| (name.clone(), json!(called))));
        }
        let identifier = |text: &Term| {
            let at = node(text)?;
            let [scheme, value] =
                ["propertyID", "value"].map(|word| resources.text(&at, &format!("{SCHEMA}{word}")));
            Some((scheme?, value?))
        };
        let identifiers = resources.objects(subject, IDENTIFIER).filter_map(identifier);
        // What follows from a property is not said twice.
        let implied = |scheme: &str, value: &str| {
            let of = all().filter(|property| property.identifier.as_deref() == Some(scheme));
            of.filter_map(|property| line.get(&property.name)).any(|found| match found {
                Json::Array(members) => members.iter().any(|member| member == value),
                one => one == value,
            })
        };
        let identifiers: Vec<Json> = identifiers
            .filter(|(scheme, value)| !implied(scheme, value))
            .map(|(scheme, value)| json!({"scheme": scheme, "value": value}))
            .collect();
        if !identifiers.is_empty() {
            line.insert("identifiers".to_owned(), identifiers.into());
        }
        let part = |key: &&str| {
            Some(((*key).to_owned(), json!(resources.text(subject, &self.own(&own::text(key)))?)))
        };
        let text: Map<String, Json> = own::TEXT.iter().filter_map(part).collect();
        if !text.is_empty() {
            line.insert("text".to_owned(), text.into());
        }
        self.put_evidence(subject, &mut line);
        self.said.lines.push(line);
    }

    /// Puts what is said of a resource by the predicates of properties into a line.
    fn properties(
        &self,
        subject: &NamedOrBlankNode,
        terms: &[(String, &Property)],
        line: &mut Map<String, Json>,
    ) {
        for (predicate, property) in terms {
            let mut texts: Vec<String> = self.resources.objects(subject, predicate).map(text_of).collect();
            if texts.is_empty() {
                continue;
            }
            if !property.list && texts.len() > 1 {
                texts = self.best(subject, predicate).map_or(texts, |best| vec![best]);
            }
            let kind = self.resources.text(subject, &self.own(&own::kind_of_date(&property.name)));
            line.insert(property.name.clone(), typed(property, texts, kind.as_deref()));
        }
    }

    /// The one text of several languages; none where there are several of the best.
    fn best(&self, subject: &NamedOrBlankNode, predicate: &str) -> Option<String> {
        let rank = |term: &&Term| match term {
            Term::Literal(literal) => match literal.language() {
                None => 0,
                Some(language) if language.starts_with(LANGUAGE) => 1,
                Some(_) => 2,
            },
            _ => 0,
        };
        let all: Vec<&Term> = self.resources.objects(subject, predicate).collect();
        let least = all.iter().map(rank).min()?;
        let mut best = all.iter().filter(|term| rank(term) == least);
        let first = best.next()?;
        (best.next().is_none() || least == 2).then(|| text_of(first))
    }

    /// A link that has a resource of its own.
    fn link(&mut self, subject: &NamedOrBlankNode, linked: &mut HashSet<[String; 3]>) {
        let resources = self.resources;
        let part = |which: &str| resources.one(subject, which).and_then(node);
        let ends = [rdf::SUBJECT, rdf::PREDICATE, rdf::OBJECT].map(|which| part(which.as_str()));
        let [Some(from), Some(NamedOrBlankNode::NamedNode(term)), Some(to)] = ends else {
            self.refuse(
                format!("{subject} is no whole statement"),
                "a link has a subject, a predicate and an object",
            );
            return;
        };
        let relation = self.relations.get(term.as_str()).map(|all| all.as_slice());
        let relation = match relation.map(|all| self.fitting(all, &from, &to)).as_deref() {
            Some([relation]) => *relation,
            Some(_) => {
                self.refuse(
                    format!("{term} of {subject} may be several relations"),
                    "use the ontology's own word",
                );
                return;
            }
            None => {
                *self.left.entry(format!("statements of {term}")).or_default() += 1;
                return;
            }
        };
        let [from, to] = [&from, &to].map(|end| self.id(end));
        let mut line = Map::new();
        line.insert("link".to_owned(), json!([from, relation.name, to]));
        for name in own::DATES {
            if let Some(edtf) = resources.text(subject, &self.own(name)) {
                let kind = resources.text(subject, &self.own(&own::kind_of_date(name)));
                line.insert(name.to_owned(), dated(edtf, kind.as_deref()));
            }
        }
        let mut properties = Map::new();
        let all: Vec<&Property> = relation.properties.iter().collect();
        self.properties(subject, &Terms::of(self.ontology, &all), &mut properties);
        if !properties.is_empty() {
            line.insert("properties".to_owned(), properties.into());
        }
        self.put_evidence(subject, &mut line);
        linked.insert([from, relation.name.clone(), to]);
        self.said.lines.push(line);
    }

    /// The relations that may join things of these kinds.
    fn fitting(
        &self,
        all: &[&'a Relation],
        from: &NamedOrBlankNode,
        to: &NamedOrBlankNode,
    ) -> Vec<&'a Relation> {
        if all.len() < 2 {
            return all.to_vec();
        }
        let may = |kinds: &[KindIx], end| self.kinds.get(end).is_none_or(|kind| kinds.contains(kind));
        all.iter().copied().filter(|relation| may(&relation.from, from) && may(&relation.to, to)).collect()
    }

    /// Triples that are links and have no resource of their own.
    fn bare_links(&mut self, subject: &NamedOrBlankNode, linked: &HashSet<[String; 3]>) {
        let resources = self.resources;
        let kind = self.kinds.get(subject).map(|ix| usize::from(ix.0));
        for (predicate, object) in resources.said(subject) {
            let Some(all) = self.relations.get(predicate.as_str()).cloned() else {
                if kind.is_some_and(|kind| !self.terms[kind].known.contains(predicate.as_str())) {
                    *self.left.entry(format!("{predicate}")).or_default() += 1;
                }
                continue;
            };
            let Some(to) = node(object) else { continue };
            let [from_id, to_id] = [subject, &to].map(|end| self.id(end));
            let is_linked = |relation: &&Relation| {
                let forth = [from_id.clone(), relation.name.clone(), to_id.clone()];
                let back = [to_id.clone(), relation.name.clone(), from_id.clone()];
                linked.contains(&forth) || linked.contains(&back)
            };
            // A standard term beside the ontology's own word says nothing more.
            if all.iter().any(is_linked) {
                continue;
            }
            let fitting = self.fitting(&all, subject, &to);
            let [relation] = fitting.as_slice() else {
                *self
                    .left
                    .entry(format!("{predicate} between things that no one relation joins"))
                    .or_default() += 1;
                continue;
            };
            let address = match subject {
                NamedOrBlankNode::NamedNode(node) if node.as_str().starts_with("http") => node.as_str(),
                _ => "",
            };
            let Some(source) = self.source.filter(|_| !address.is_empty()) else {
                let what = format!("{subject} {predicate} {to} has no evidence");
                self.refuse(what, "annotate it (oa:hasBody names the resource whose rdf:subject, rdf:predicate and rdf:object it is), or name the source that this document is by --arg source=ID");
                continue;
            };
            let evidence = json!([{"source": source, "url": address, "basis": "STATED", "note": format!("stated as {predicate}")}]);
            let link = json!([from_id, relation.name, to_id]);
            self.said
                .lines
                .push([("link".to_owned(), link), ("evidence".to_owned(), evidence)].into_iter().collect());
        }
    }

    /// What is said of the completeness of a list.
    fn list(&mut self, subject: &NamedOrBlankNode) {
        let resources = self.resources;
        let part = |word: &str| resources.one(subject, &self.own(word));
        let (Some(of), Some(along), Some(completeness)) =
            (part(own::LIST_OF).and_then(node), part(own::LIST_ALONG), part(own::COMPLETENESS))
        else {
            return;
        };
        let along = text_of(along);
        let along = along.strip_prefix(&self.ontology.iri).unwrap_or(&along);
        let mut line = Map::new();
        line.insert("about".to_owned(), json!([self.id(&of), along]));
        line.insert("completeness".to_owned(), json!(text_of(completeness)));
        self.put_evidence(subject, &mut line);
        self.said.lines.push(line);
    }

    fn put_evidence(&self, of: &NamedOrBlankNode, line: &mut Map<String, Json>) {
        let Some(annotations) = self.resources.annotations.get(of) else { return };
        let pieces: Vec<Json> = annotations.iter().map(|annotation| self.evidence(annotation)).collect();
        line.insert("evidence".to_owned(), pieces.into());
    }

    /// A piece of evidence, as an annotation says it.
    fn evidence(&self, annotation: &NamedOrBlankNode) -> Json {
        let resources = self.resources;
        let oa = |of: &NamedOrBlankNode, word: &str| resources.one(of, &format!("{OA}{word}"));
        let mut piece = Map::new();
        let mut put = |key: &str, text: Option<String>| {
            piece.extend(text.map(|text| (key.to_owned(), json!(text))));
        };
        if let Some(target) = oa(annotation, "hasTarget").and_then(node) {
            let source = oa(&target, "hasSource").and_then(node).unwrap_or_else(|| target.clone());
            put("source", Some(self.id(&source)));
            for selector in resources.objects(&target, &format!("{OA}hasSelector")).filter_map(node) {
                for (key, word) in [("quote", "exact"), ("prefix", "prefix"), ("suffix", "suffix")] {
                    put(key, oa(&selector, word).map(text_of));
                }
                put("fragment", resources.text(&selector, rdf::VALUE.as_str()));
            }
            put("url", resources.text(&target, &format!("{SCHEMA}url")));
        }
        let basis = resources.text(annotation, &self.own(own::BASIS));
        put("basis", Some(basis.unwrap_or_else(|| "STATED".to_owned())));
        put("note", resources.text(annotation, rdfs::COMMENT.as_str()));
        for seal in own::SEALS {
            put(seal, resources.text(annotation, &self.own(seal)));
        }
        let supports = self.own(own::SUPPORTS);
        let supports: Vec<String> = resources.objects(annotation, &supports).map(text_of).collect();
        if !supports.is_empty() {
            piece.insert("properties".to_owned(), json!(supports));
        }
        Json::Object(piece)
    }
}

const IDENTIFIER: &str = "https://schema.org/identifier";
