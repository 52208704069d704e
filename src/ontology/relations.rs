//! The table of relations and the gaps, read from `extend schema @relation(…)` and `@gap(…)`.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::Node;
use apollo_compiler::ast::{self};

use super::directives::{boolean, integer, optional_text, text, texts, word};
use super::read::{Composite, Reader, is_camel};
use super::*;

impl<'a> Reader<'a> {
    /// Resolves names of kinds and interfaces into kinds, in the order of the ontology.
    pub(super) fn kinds_named(
        &mut self,
        at: &Node<ast::Directive>,
        argument: &str,
        names: &[String],
        kinds: &[Kind],
        families: &[Family],
    ) -> Vec<KindIx> {
        let mut found: BTreeSet<KindIx> = BTreeSet::new();
        for name in names {
            if let Some(i) = kinds.iter().position(|k| k.name == *name) {
                found.insert(KindIx(i as u16));
            } else if let Some(family) = families.iter().find(|f| f.name == *name) {
                found.extend(&family.kinds);
            } else {
                let known: Vec<&str> = kinds
                    .iter()
                    .map(|k| k.name.as_str())
                    .chain(families.iter().map(|f| f.name.as_str()))
                    .collect();
                self.fault(
                    at.location(),
                    format!("`{name}` in `{argument}` is no kind or interface"),
                    &suggest(name, known),
                );
            }
        }
        if names.is_empty() {
            self.fault(
                at.location(),
                format!("`{argument}` is empty"),
                "name at least one kind or interface",
            );
        }
        found.into_iter().collect()
    }

    #[expect(clippy::too_many_arguments, reason = "the tables under construction, passed instead of shared")]
    pub(super) fn relation(
        &mut self,
        d: &Node<ast::Directive>,
        kinds: &[Kind],
        families: &[Family],
        properties: &[Property],
        link_types: &[Composite<'a>],
        enums: &[String],
        prefixes: &[&str],
    ) -> Relation {
        let (name, inverse) = (text(d, "name"), text(d, "inverse"));
        let symmetric = boolean(d, "symmetric", false);
        for n in [&name, &inverse] {
            if !is_camel(n) {
                self.fault(
                    d.location(),
                    format!("relation name `{n}` is not in camelCase"),
                    "begin with a small letter and leave out underscores",
                );
            }
            if RESERVED_FIELDS.contains(&n.as_str()) {
                self.fault(
                    d.location(),
                    format!("the relation name `{n}` belongs to the API"),
                    &format!("choose another; taken are {}", RESERVED_FIELDS.join(", ")),
                );
            }
        }
        if symmetric != (name == inverse) {
            self.fault(
                d.location(),
                format!("relation `{name}` has the inverse `{inverse}` and symmetric: {symmetric}"),
                "a symmetric relation is its own inverse, and no other is",
            );
        }
        let from = self.kinds_named(d, "from", &texts(d, "from"), kinds, families);
        let to = self.kinds_named(d, "to", &texts(d, "to"), kinds, families);
        if symmetric && from != to {
            self.fault(
                d.location(),
                format!("the symmetric relation `{name}` has different kinds at its ends"),
                "give `from` and `to` the same kinds",
            );
        }
        for (field, holders) in [(&name, &from), (&inverse, &to)] {
            for kind in holders {
                let kind = &kinds[kind.0 as usize];
                if kind.properties.iter().any(|p| properties[p.0 as usize].name == *field) {
                    self.fault(
                        d.location(),
                        format!("relation `{field}` has the name of a property of `{}`", kind.name),
                        "rename one: both would be the same field",
                    );
                }
            }
        }
        let sentence = text(d, "sentence");
        let inverse_sentence = optional_text(d, "inverseSentence").unwrap_or_else(|| sentence.clone());
        for (argument, sentence) in [("sentence", &sentence), ("inverseSentence", &inverse_sentence)] {
            if !sentence.contains("{from}") || !sentence.contains("{to}") {
                self.fault(
                    d.location(),
                    format!("the {argument} of relation `{name}` lacks {{from}} or {{to}}"),
                    "write it with both, such as \"{from} informed {to}\"",
                );
            }
        }
        let max = integer(d, "max");
        if max.is_some_and(|m| m < 1) {
            self.fault(
                d.location(),
                format!("relation `{name}` allows at most {} objects", max.unwrap_or(0)),
                "leave `max` out, or use 1 or more",
            );
        }
        let acyclic = boolean(d, "acyclic", false);
        if acyclic && symmetric {
            self.fault(
                d.location(),
                format!("relation `{name}` is symmetric and acyclic"),
                "a symmetric link is a circle of two; keep one",
            );
        }
        let flow =
            Flow::ALL.iter().find(|(_, n)| Some(*n) == word(d, "flow")).map_or(Flow::None, |(f, _)| *f);
        let description = text(d, "describe");
        if description.trim().is_empty() {
            self.fault(
                d.location(),
                format!("relation `{name}` describes nothing"),
                "say in `describe` what such a link tells",
            );
        }
        let mut own = Vec::new();
        if let Some(wanted) = optional_text(d, "properties") {
            match link_types.iter().find(|t| t.name == wanted.as_str()) {
                Some(t) => {
                    own = t.fields.iter().filter_map(|f| self.property(t.name, f, enums, prefixes)).collect();
                }
                None => self.fault(
                    d.location(),
                    format!("`{wanted}` is no @linkProperties type"),
                    &suggest(&wanted, link_types.iter().map(|t| t.name.as_str()).collect::<Vec<_>>()),
                ),
            }
        }
        let iri = optional_text(d, "iri").map(|_| self.iri(d, prefixes));
        let inverse_description = optional_text(d, "describeInverse")
            .unwrap_or_else(|| format!("Read from the other end of `{name}`: {description}"));
        Relation {
            from,
            to,
            iri,
            flow,
            acyclic,
            max: max.map(|m| m as u32),
            symmetric,
            through_hub: boolean(d, "throughHub", true),
            sentence,
            inverse_sentence,
            description,
            inverse_description,
            properties: own,
            name,
            inverse,
        }
    }

    pub(super) fn gaps(
        &mut self,
        directives: &[&'a Node<ast::Directive>],
        kinds: &[Kind],
        families: &[Family],
        relations: &[Relation],
        by_name: &HashMap<String, (RelationIx, Direction)>,
    ) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "gap") {
            let name = text(d, "name");
            if name.is_empty()
                || name.chars().any(|c| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            {
                self.fault(
                    d.location(),
                    format!("gap name `{name}` is not in UPPER_CASE"),
                    "use capitals, digits and underscores",
                );
            }
            if gaps.iter().any(|g| g.name == name) {
                self.fault(d.location(), format!("gap `{name}` is declared twice"), "rename one");
            }
            let of = self.kinds_named(d, "of", &[text(d, "of")], kinds, families);
            let mut fields = |argument: &str| -> Vec<(RelationIx, Direction)> {
                let mut found = Vec::new();
                for relation in texts(d, argument) {
                    match by_name.get(&relation) {
                        Some((ix, direction)) => {
                            let holders = relations[ix.0 as usize].holders(*direction);
                            if !of.is_empty() && !of.iter().any(|k| holders.contains(k)) {
                                self.fault(
                                    d.location(),
                                    format!(
                                        "gap `{name}` asks for `{relation}`, which `{}` never has",
                                        text(d, "of")
                                    ),
                                    "name a relation that the kind has, from either end",
                                );
                            }
                            found.push((*ix, *direction));
                        }
                        None => self.fault(
                            d.location(),
                            format!("`{relation}` in gap `{name}` is no relation"),
                            &suggest(&relation, by_name.keys().map(String::as_str).collect::<Vec<_>>()),
                        ),
                    }
                }
                found
            };
            let (missing, having) = (fields("missing"), fields("having"));
            gaps.push(Gap { name, of, missing, having, description: text(d, "describe") });
        }
        gaps
    }
}
