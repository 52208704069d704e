//! From SDL to an [`Ontology`]: every fault of all files at once, each with line, column and the
//! way out. The syntax tree is apollo-compiler's and does not leave this file.
//!
//! The dialect differs from plain SDL in one point: kinds inherit the fields of the interfaces
//! they implement and do not repeat them.

use std::collections::HashMap;

use apollo_compiler::ast::{self, Definition, DirectiveLocation, Document};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::{Name, Node};
use sha2::{Digest, Sha256};

use super::directives::{boolean, integer, optional_text, text, word};
use super::*;

/// Names that the API gives to fields of every entity; no property or relation may take them.
pub const RESERVED_FIELDS: [&str; 10] = [
    "id",
    "kind",
    "links",
    "evidence",
    "identifiers",
    "mergedFrom",
    "completeness",
    "text",
    "entity",
    "source",
];

/// Type names that the API declares itself; no type of an ontology may take them.
pub const RESERVED_TYPES: [&str; 12] = [
    "Query",
    "Mutation",
    "Subscription",
    "Node",
    "Link",
    "Evidence",
    "PageInfo",
    "Basis",
    "Kind",
    "Relation",
    "Ontology",
    "Property",
];

/// First parts of ids that entities may not use.
pub const RESERVED_PREFIXES: [&str; 2] = ["link", "evidence"];

/// Nesting beyond which a file is refused unread; real ontologies nest five deep.
const NESTING_LIMIT: usize = 64;

impl Ontology {
    /// Reads an ontology from `files` of (path, SDL text), taken together.
    ///
    /// # Errors
    /// Every fault found, in the order of the files: syntax first, and if there is none, whatever
    /// the texts mean wrongly.
    ///
    /// ```
    /// use throughline::ontology::Ontology;
    /// let sdl = include_str!("../../schema/ontology.graphql");
    /// let ontology = Ontology::read(&[("ontology.graphql".into(), sdl.into())])?;
    /// assert!(ontology.kinds.iter().any(|kind| kind.is_source));
    /// let faults = Ontology::read(&[("mine.graphql".into(), "type A { b: C }".into())]).unwrap_err();
    /// assert!(faults.to_string().contains("mine.graphql:1:"));
    /// # Ok::<(), throughline::ontology::Faults>(())
    /// ```
    pub fn read(files: &[(String, String)]) -> Result<Ontology, Faults> {
        let mut faults = Vec::new();
        let mut documents = Vec::new();
        for (path, text) in files {
            match Parser::new().recursion_limit(NESTING_LIMIT).parse_ast(text.as_str(), path) {
                Ok(document) => documents.push(document),
                Err(with_errors) => {
                    for error in with_errors.errors.iter() {
                        let at = error.line_column_range().map_or((1, 1), |r| (r.start.line, r.start.column));
                        faults.push(Fault {
                            place: Location { file: path.clone(), line: at.0, column: at.1 },
                            what: error.error.to_string(),
                            help: String::new(),
                        });
                    }
                }
            }
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let mut hash = Sha256::new();
        for (_, text) in files {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let reader = Reader { files, sources: documents.iter().map(|d| &d.sources).collect(), faults };
        reader.read(&documents, hash.finalize().into())
    }
}

pub(super) struct Reader<'a> {
    files: &'a [(String, String)],
    sources: Vec<&'a SourceMap>,
    faults: Vec<Fault>,
}

/// A type or interface definition, whichever.
pub(super) struct Composite<'a> {
    pub(super) name: &'a Name,
    pub(super) description: Option<&'a Node<str>>,
    pub(super) implements: &'a [Name],
    pub(super) directives: &'a ast::DirectiveList,
    pub(super) fields: &'a [Node<ast::FieldDefinition>],
}

impl<'a> Reader<'a> {
    fn read(mut self, documents: &'a [Document], hash: [u8; 32]) -> Result<Ontology, Faults> {
        let mut kinds: Vec<Composite<'a>> = Vec::new();
        let mut families: Vec<Composite<'a>> = Vec::new();
        let mut link_types: Vec<Composite<'a>> = Vec::new();
        let mut enums: Vec<Enumeration> = Vec::new();
        let mut schema_directives: Vec<&'a Node<ast::Directive>> = Vec::new();
        let mut seen: HashMap<&'a str, Location> = HashMap::new();

        for definition in documents.iter().flat_map(|d| &d.definitions) {
            match definition {
                Definition::ObjectTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Object);
                    let composite = Composite {
                        name: &t.name,
                        description: t.description.as_ref(),
                        implements: &t.implements_interfaces,
                        directives: &t.directives,
                        fields: &t.fields,
                    };
                    match (t.directives.get("kind"), t.directives.get("linkProperties")) {
                        (Some(_), None) => kinds.push(composite),
                        (None, Some(_)) => link_types.push(composite),
                        (Some(_), Some(d)) => self.fault(
                            d.location(),
                            format!("`{}` is both a kind and a list of link properties", t.name),
                            "keep one of @kind and @linkProperties",
                        ),
                        (None, None) => self.fault(
                            t.name.location(),
                            format!("type `{}` has no @kind", t.name),
                            "add @kind(iri: \"…\"), or @linkProperties if links carry these",
                        ),
                    }
                }
                Definition::InterfaceTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Interface);
                    if t.directives.get("kind").is_none() {
                        self.fault(
                            t.name.location(),
                            format!("interface `{}` has no @kind", t.name),
                            "add @kind(iri: \"…\")",
                        );
                    }
                    families.push(Composite {
                        name: &t.name,
                        description: t.description.as_ref(),
                        implements: &t.implements_interfaces,
                        directives: &t.directives,
                        fields: &t.fields,
                    });
                }
                Definition::EnumTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Enum);
                    let mut words: Vec<Word> = Vec::new();
                    for value in &t.values {
                        if words.iter().any(|w| w.name == value.value.as_str()) {
                            self.fault(
                                value.location(),
                                format!("`{}.{}` is declared twice", t.name, value.value),
                                "remove one",
                            );
                        }
                        if value.value.chars().any(|c| c.is_ascii_lowercase()) {
                            self.fault(
                                value.location(),
                                format!("enum value `{}` is not in UPPER_CASE", value.value),
                                &format!("write {}", upper_snake(&value.value)),
                            );
                        }
                        let description = self.description(
                            value.description.as_ref(),
                            value.location(),
                            &format!("enum value `{}`", value.value),
                        );
                        words.push(Word { name: value.value.to_string(), description });
                    }
                    let description = self.description(
                        t.description.as_ref(),
                        t.name.location(),
                        &format!("enum `{}`", t.name),
                    );
                    enums.push(Enumeration { name: t.name.to_string(), description, words });
                }
                Definition::SchemaExtension(e) => {
                    self.directives(&e.directives, DirectiveLocation::Schema);
                    schema_directives.extend(e.directives.iter());
                    for root in &e.root_operations {
                        self.fault(
                            root.location(),
                            "an ontology declares no root operations".to_owned(),
                            "remove it; the API's roots follow from the kinds",
                        );
                    }
                }
                other => self.fault(
                    other.location(),
                    format!("{} does not belong in an ontology", definition_word(other)),
                    "an ontology has types, interfaces, enums and `extend schema @relation(…)`",
                ),
            }
        }

        // Whole-ontology statements.
        let namespaces = self.namespaces(&schema_directives);
        let prefixes: Vec<&str> = namespaces.iter().map(|(p, _)| p.as_str()).collect();
        let mut heads = schema_directives.iter().filter(|d| d.name == "ontology");
        let (title, iri, version) = match heads.next() {
            Some(d) => (text(d, "title"), text(d, "iri"), text(d, "version")),
            None => {
                self.fault(
                    None,
                    "no @ontology statement".to_owned(),
                    "add `extend schema @ontology(title: \"…\", iri: \"…\", version: \"1\")`",
                );
                Default::default()
            }
        };
        for again in heads {
            self.fault(again.location(), "a second @ontology statement".to_owned(), "keep one");
        }

        // Families, in an order in which each follows those it implements.
        let family_names: Vec<&str> = families.iter().map(|f| f.name.as_str()).collect();
        let mut properties: Vec<Property> = Vec::new();
        let mut built: Vec<Family> = Vec::new();
        let mut order: Vec<Option<FamilyIx>> = vec![None; families.len()];
        let root_at = families.iter().position(|f| f.name == ROOT);
        if root_at.is_none() {
            self.fault(None, format!("no interface `{ROOT}`"), "declare `interface Entity @kind(iri: \"…\")` with name, aliases, description and url; every kind implements it");
        }
        let enum_names: Vec<String> = enums.iter().map(|e| e.name.clone()).collect();
        for at in 0..families.len() {
            self.family(
                at,
                &families,
                &family_names,
                &enum_names,
                &prefixes,
                &mut properties,
                &mut built,
                &mut order,
                &mut Vec::new(),
            );
        }
        let family_at = |name: &str| family_names.iter().position(|n| *n == name).and_then(|i| order[i]);
        let root = root_at.and_then(|i| order[i]).unwrap_or(FamilyIx(0));
        if root_at.is_some() && !built.is_empty() {
            self.root_properties(
                &built[root.0 as usize].properties.clone(),
                &properties,
                &enums,
                families[root_at.unwrap_or(0)].name,
            );
        }

        // Kinds.
        let mut built_kinds: Vec<Kind> = Vec::new();
        let mut prefix_seen: HashMap<String, String> = HashMap::new();
        let mut plural_seen: HashMap<String, String> = HashMap::new();
        for t in &kinds {
            let Some(directive) = t.directives.get("kind") else { continue };
            self.pascal(t.name);
            let mut parents = self.parents(t, &family_names, &family_at, &built);
            if !parents.contains(&root) {
                if t.implements.is_empty() {
                    self.fault(
                        t.name.location(),
                        format!("kind `{}` implements no interface", t.name),
                        &format!("write `type {} implements {ROOT}` or a narrower interface", t.name),
                    );
                }
                parents.insert(0, root);
            }
            let mut own: Vec<PropertyIx> = Vec::new();
            for parent in &parents {
                if let Some(family) = built.get(parent.0 as usize) {
                    own.extend(
                        family.properties.iter().filter(|p| !own.contains(p)).copied().collect::<Vec<_>>(),
                    );
                }
            }
            self.fields(t, &enum_names, &prefixes, &mut properties, &mut own);
            let prefix = optional_text(directive, "prefix")
                .unwrap_or_else(|| upper_snake(t.name).to_lowercase().replace('_', "-"));
            if !is_slug(&prefix) || RESERVED_PREFIXES.contains(&prefix.as_str()) {
                self.fault(
                    directive.location(),
                    format!("`{prefix}` cannot be the prefix of ids"),
                    "use a-z, 0-9 and -, and neither `link` nor `evidence`",
                );
            }
            if let Some(other) = prefix_seen.insert(prefix.clone(), t.name.to_string()) {
                self.fault(
                    directive.location(),
                    format!("kinds `{other}` and `{}` share the prefix `{prefix}`", t.name),
                    "give one a prefix of its own",
                );
            }
            let plural = optional_text(directive, "plural").unwrap_or_else(|| lower_first(t.name) + "s");
            if !is_camel(&plural) || plural == lower_first(t.name) {
                self.fault(
                    directive.location(),
                    format!("`{plural}` cannot be the plural of `{}`", t.name),
                    "use a camelCase word that differs from the singular",
                );
            }
            if let Some(other) = plural_seen.insert(plural.clone(), t.name.to_string()) {
                self.fault(
                    directive.location(),
                    format!("kinds `{other}` and `{}` share the plural `{plural}`", t.name),
                    "give one a plural of its own",
                );
            }
            let layer = integer(directive, "layer");
            if layer.is_some_and(|l| !(0..=99).contains(&l)) {
                self.fault(
                    directive.location(),
                    format!("layer {} is out of range", layer.unwrap_or(0)),
                    "use 0 to 99",
                );
            }
            let description =
                self.description(t.description, t.name.location(), &format!("kind `{}`", t.name));
            built_kinds.push(Kind {
                name: t.name.to_string(),
                description,
                iri: self.iri(directive, &prefixes),
                plural,
                prefix,
                layer: layer.map(|l| l as u8),
                hub: boolean(directive, "hub", false),
                is_source: word(directive, "role") == Some("SOURCE"),
                families: parents,
                properties: own,
            });
        }
        let sources: Vec<&Kind> = built_kinds.iter().filter(|k| k.is_source).collect();
        match sources.len() {
            1 => {}
            0 => self.fault(
                None,
                "no kind has role SOURCE".to_owned(),
                "mark the kind that evidence quotes: @kind(…, role: SOURCE)",
            ),
            _ => {
                let names = sources.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(", ");
                self.fault(
                    None,
                    format!("several kinds have role SOURCE: {names}"),
                    "keep it on the one that evidence quotes",
                );
            }
        }
        for (ix, kind) in built_kinds.iter().enumerate() {
            for family in &kind.families {
                if let Some(family) = built.get_mut(family.0 as usize) {
                    family.kinds.push(KindIx(ix as u16));
                }
            }
        }
        for family in &built {
            if family.kinds.is_empty() {
                let at =
                    families.iter().find(|f| f.name == family.name.as_str()).and_then(|f| f.name.location());
                self.fault(
                    at,
                    format!("no kind implements interface `{}`", family.name),
                    "remove it, or let a kind implement it",
                );
            }
        }

        // Relations.
        let mut relations: Vec<Relation> = Vec::new();
        let mut relation_by_name: HashMap<String, (RelationIx, Direction)> = HashMap::new();
        for d in schema_directives.iter().filter(|d| d.name == "relation") {
            let relation =
                self.relation(d, &built_kinds, &built, &properties, &link_types, &enum_names, &prefixes);
            let ix = RelationIx(relations.len() as u16);
            for direction in relation.directions() {
                let name = relation.name_in(*direction);
                if let Some((other, _)) = relation_by_name.insert(name.to_owned(), (ix, *direction)) {
                    let other =
                        relations.get(other.0 as usize).map_or(name, |r: &Relation| &r.name).to_owned();
                    self.fault(
                        d.location(),
                        format!("the name `{name}` is already taken by relation `{other}`"),
                        "rename one; each direction of each relation has a name of its own",
                    );
                }
            }
            relations.push(relation);
        }
        if relations.is_empty() {
            self.fault(None, "no relations".to_owned(), "add rows such as `extend schema @relation(name: \"…\", inverse: \"…\", from: […], to: […], sentence: \"{from} … {to}\", describe: \"…\")`");
        }

        let gaps = self.gaps(&schema_directives, &built_kinds, &built, &relations, &relation_by_name);
        let abbreviations = self.abbreviations(&schema_directives);
        let stop_words = self.stop_words(&schema_directives);

        if !self.faults.is_empty() {
            self.faults.sort();
            self.faults.dedup();
            return Err(Faults(self.faults));
        }
        let property_of_kind: Vec<HashMap<String, PropertyIx>> = built_kinds
            .iter()
            .map(|kind| {
                kind.properties.iter().map(|ix| (properties[ix.0 as usize].name.clone(), *ix)).collect()
            })
            .collect();
        let root_property = |name: &str| {
            property_of_kind.first().and_then(|of| of.get(name)).copied().unwrap_or(PropertyIx(0))
        };
        Ok(Ontology {
            title,
            iri,
            version,
            namespaces,
            name: root_property("name"),
            aliases: root_property("aliases"),
            kind_by_name: built_kinds
                .iter()
                .enumerate()
                .map(|(i, k)| (k.name.clone(), KindIx(i as u16)))
                .collect(),
            kinds: built_kinds,
            families: built,
            properties,
            relations,
            enums,
            gaps,
            abbreviations,
            stop_words,
            root,
            hash,
            relation_by_name,
            property_of_kind,
        })
    }

    pub(super) fn fault(&mut self, at: Option<SourceSpan>, what: String, help: &str) {
        self.faults.push(Fault { place: self.place(at), what, help: help.to_owned() });
    }

    fn place(&self, at: Option<SourceSpan>) -> Location {
        let whole = || Location {
            file: self.files.first().map(|(path, _)| path.clone()).unwrap_or_default(),
            line: 0,
            column: 0,
        };
        let Some(span) = at else { return whole() };
        for sources in &self.sources {
            if let (Some(file), Some(at)) = (sources.get(&span.file_id()), span.line_column(sources)) {
                return Location {
                    file: file.path().display().to_string(),
                    line: at.line,
                    column: at.column,
                };
            }
        }
        whole()
    }

    fn declare(&mut self, seen: &mut HashMap<&'a str, Location>, name: &'a Name) {
        if RESERVED_TYPES.contains(&name.as_str())
            || name.starts_with("__")
            || Datatype::BUILT_IN.iter().any(|(_, n)| *n == name.as_str())
        {
            self.fault(
                name.location(),
                format!("the name `{name}` belongs to the API"),
                "choose another name",
            );
        }
        for suffix in ["Connection", "Edge", "Filter", "Order", "OrderField"] {
            if name.ends_with(suffix) {
                self.fault(
                    name.location(),
                    format!("names that end in {suffix}, such as `{name}`, belong to the API"),
                    "choose another name",
                );
            }
        }
        let place = self.place(name.location());
        if let Some(first) = seen.insert(name.as_str(), place) {
            self.fault(
                name.location(),
                format!("`{name}` is declared twice; first at {first}"),
                "rename or remove one",
            );
        }
    }

    pub(super) fn description(
        &mut self,
        description: Option<&Node<str>>,
        at: Option<SourceSpan>,
        what: &str,
    ) -> String {
        match description.map(|d| d.trim()) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.fault(
                    at,
                    format!("{what} has no description"),
                    "write a sentence in quotes before it: readers of the API see it",
                );
                String::new()
            }
        }
    }

    fn pascal(&mut self, name: &Name) {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || name.contains('_') {
            self.fault(
                name.location(),
                format!("`{name}` is not in PascalCase"),
                "begin with a capital and leave out underscores",
            );
        }
    }

    fn namespaces(&mut self, directives: &[&'a Node<ast::Directive>]) -> Vec<(String, String)> {
        let mut namespaces: Vec<(String, String)> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "namespace") {
            let (prefix, iri) = (text(d, "prefix"), text(d, "iri"));
            if namespaces.iter().any(|(p, _)| *p == prefix) {
                self.fault(d.location(), format!("prefix `{prefix}` is declared twice"), "remove one");
            }
            if let Err(reason) = url::Url::parse(&iri) {
                self.fault(
                    d.location(),
                    format!("`{iri}` is no IRI: {reason}"),
                    "write an absolute one, ending in # or /",
                );
            }
            namespaces.push((prefix, iri));
        }
        namespaces
    }

    pub(super) fn iri(&mut self, directive: &Node<ast::Directive>, prefixes: &[&str]) -> String {
        let iri = text(directive, "iri");
        match iri.split_once(':') {
            Some((prefix, local)) if prefixes.contains(&prefix) && !local.is_empty() => {}
            Some((prefix, _)) if !prefixes.contains(&prefix) => {
                self.fault(
                    directive.location(),
                    format!("prefix `{prefix}` of `{iri}` is not declared"),
                    &format!(
                        "add @namespace(prefix: \"{prefix}\", iri: \"…\"); {}",
                        suggest(prefix, prefixes.iter().copied())
                    ),
                );
            }
            _ if directive.arguments.iter().any(|a| a.name == "iri") => {
                self.fault(directive.location(), format!("`{iri}` is no prefixed term"), "write prefix:name");
            }
            _ => {}
        }
        iri
    }

    /// The families that `t` belongs to, the root first, each once.
    fn parents(
        &mut self,
        t: &Composite<'a>,
        names: &[&str],
        at: &impl Fn(&str) -> Option<FamilyIx>,
        built: &[Family],
    ) -> Vec<FamilyIx> {
        let mut parents: Vec<FamilyIx> = Vec::new();
        for name in t.implements {
            if name == "Node" {
                continue; // every entity is one; saying so is harmless
            }
            match at(name) {
                Some(ix) => {
                    let above = built.get(ix.0 as usize).map(|f| f.families.clone()).unwrap_or_default();
                    for family in above.into_iter().chain([ix]) {
                        if !parents.contains(&family) {
                            parents.push(family);
                        }
                    }
                }
                None if names.contains(&name.as_str()) => {}
                None => self.fault(
                    name.location(),
                    format!("`{}` implements `{name}`, which is no interface here", t.name),
                    &suggest(name, names.iter().copied()),
                ),
            }
        }
        parents
    }

    #[expect(clippy::too_many_arguments, reason = "the tables under construction, passed instead of shared")]
    fn family(
        &mut self,
        at: usize,
        families: &[Composite<'a>],
        names: &[&str],
        enums: &[String],
        prefixes: &[&str],
        properties: &mut Vec<Property>,
        built: &mut Vec<Family>,
        order: &mut Vec<Option<FamilyIx>>,
        path: &mut Vec<usize>,
    ) {
        if order[at].is_some() {
            return;
        }
        let t = &families[at];
        if path.contains(&at) {
            self.fault(
                t.name.location(),
                format!("interface `{}` implements itself through others", t.name),
                "break the circle",
            );
            return;
        }
        path.push(at);
        for parent in t.implements {
            if let Some(i) = names.iter().position(|n| *n == parent.as_str()) {
                self.family(i, families, names, enums, prefixes, properties, built, order, path);
            }
        }
        path.pop();
        if order[at].is_some() {
            return; // built meanwhile, in a circle that has been reported
        }
        self.pascal(t.name);
        let found = |name: &str| names.iter().position(|n| *n == name).and_then(|i| order[i]);
        let mut parents = self.parents(t, names, &found, built);
        if t.name != ROOT
            && let Some(root) = found(ROOT)
            && !parents.contains(&root)
        {
            parents.insert(0, root);
        }
        let mut own: Vec<PropertyIx> = Vec::new();
        for parent in &parents {
            own.extend(
                built[parent.0 as usize]
                    .properties
                    .iter()
                    .filter(|p| !own.contains(p))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        self.fields(t, enums, prefixes, properties, &mut own);
        let description =
            self.description(t.description, t.name.location(), &format!("interface `{}`", t.name));
        let iri = t.directives.get("kind").map(|d| self.iri(d, prefixes)).unwrap_or_default();
        order[at] = Some(FamilyIx(built.len() as u16));
        built.push(Family {
            name: t.name.to_string(),
            description,
            iri,
            families: parents,
            properties: own,
            kinds: Vec::new(),
        });
    }
}

fn definition_word(definition: &Definition) -> String {
    match definition.name() {
        Some(name) => format!("the definition of `{name}`"),
        None => "this definition".to_owned(),
    }
}

pub(super) fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
fn is_slug(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
