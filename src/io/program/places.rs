//! Places in a program: a copy of it whose every step tells where it stands when it fails.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Parser, Term};
use jaq_core::load::{Arena, Lexer, span};
use jaq_core::path::{Part, Path};
use jaq_json::Val;

use super::text;

/// Keys of what a step throws once it knows where it arose.
const AT: &str = "\u{1}at";
const WHY: &str = "\u{1}why";

/// Filters whose arguments are paths.
const PATHS: [&str; 4] = ["path", "paths", "del", "pick"];

/// What was thrown, and where, if a step has said so.
pub(super) fn unwrap(thrown: Val) -> Option<(Val, Option<usize>)> {
    let Val::Obj(members) = &thrown else { return Some((thrown, None)) };
    let member = |key: &str| members.get(&text(key)).cloned();
    match (member(AT), member(WHY)) {
        (Some(at), Some(why)) => Some((why, at.to_string().parse().ok())),
        _ => Some((thrown, None)),
    }
}

/// Makes the copy.
pub(super) struct Placing<'s> {
    pub code: &'s str,
    pub arena: &'s Arena,
}

type T<'s> = Term<&'s str>;

impl<'s> Placing<'s> {
    fn parse(&self, code: String) -> Option<T<'s>> {
        let code: &'s str = self.arena.alloc(code);
        let tokens = Lexer::new(code).lex().ok()?;
        Parser::new(&tokens).parse(|p| p.term()).ok()
    }

    /// The term, catching what it throws and throwing it again with its place.
    fn wrap(&self, term: T<'s>, at: Option<usize>) -> T<'s> {
        let handler = at.and_then(|at| {
            self.parse(format!(
                "if isobject and has(\"{AT}\") then error(.) else error({{\"{AT}\": {at}, \"{WHY}\": .}}) end"
            ))
        });
        match handler {
            Some(handler) => Term::TryCatch(Box::new(term), Some(Box::new(handler))),
            None => term,
        }
    }

    fn at(&self, part: &str) -> Option<usize> {
        let within = self.code.as_bytes().as_ptr_range().contains(&part.as_ptr());
        within.then(|| span(self.code, part).start)
    }

    /// Where a term begins: its first word that stands in the code.
    fn start(&self, term: &T<'s>) -> Option<usize> {
        match term {
            Term::Id | Term::Recurse | Term::Arr(None) => None,
            Term::Num(word) | Term::Var(word) | Term::Break(word) => self.at(word),
            Term::Call(name, _) => self.at(name),
            Term::Label(_, inner) | Term::Neg(inner) | Term::Arr(Some(inner)) => self.start(inner),
            Term::Def(_, inner) | Term::TryCatch(inner, _) => self.start(inner),
            Term::Fold(word, ..) => self.at(word),
            Term::BinOp(left, _, right) => self.start(left).or_else(|| self.start(right)),
            Term::Str(format, parts) => format.and_then(|f| self.at(f)).or_else(|| {
                parts.iter().find_map(|part| match part {
                    StrPart::Str(words) => self.at(words),
                    StrPart::Term(term) => self.start(term),
                    StrPart::Char(_) => None,
                })
            }),
            Term::Obj(members) => members.iter().find_map(|(key, _)| self.start(key)),
            Term::IfThenElse(branches, _) => branches.iter().find_map(|(condition, _)| self.start(condition)),
            Term::Path(inner, Path(parts)) => self.start(inner).or_else(|| {
                parts.iter().find_map(|(part, _)| match part {
                    Part::Index(index) => self.start(index),
                    Part::Range(from, to) => {
                        from.as_ref().and_then(|t| self.start(t)).or_else(|| self.start(to.as_ref()?))
                    }
                })
            }),
        }
    }

    fn boxed(&self, term: T<'s>) -> Box<T<'s>> {
        Box::new(self.term(term))
    }

    pub(super) fn term(&self, term: T<'s>) -> T<'s> {
        let at = self.start(&term);
        let every = |terms: Vec<T<'s>>| terms.into_iter().map(|t| self.term(t)).collect::<Vec<_>>();
        match term {
            // What is changed or named is a path, and a path that catches is none.
            Term::Call(name, args) if PATHS.contains(&name) => self.wrap(Term::Call(name, args), at),
            Term::Call(name, args) => self.wrap(Term::Call(name, every(args)), at),
            Term::BinOp(
                left,
                op @ (BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateAlt | BinaryOp::UpdateMath(_)),
                right,
            ) => self.wrap(Term::BinOp(left, op, self.boxed(*right)), at),
            Term::Path(inner, Path(parts)) => {
                let part = |part: Part<T<'s>>| match part {
                    Part::Index(index) => Part::Index(self.term(index)),
                    Part::Range(from, to) => {
                        Part::Range(from.map(|t| self.term(t)), to.map(|t| self.term(t)))
                    }
                };
                let parts = parts.into_iter().map(|(p, optional)| (part(p), optional)).collect();
                self.wrap(Term::Path(self.boxed(*inner), Path(parts)), at)
            }
            Term::Neg(inner) => self.wrap(Term::Neg(self.boxed(*inner)), at),
            Term::BinOp(left, BinaryOp::Math(op), right) => {
                let both = Term::BinOp(self.boxed(*left), BinaryOp::Math(op), self.boxed(*right));
                self.wrap(both, at)
            }
            Term::BinOp(left, op, right) => Term::BinOp(self.boxed(*left), op, self.boxed(*right)),
            Term::Str(format, parts) => {
                let part = |part| match part {
                    StrPart::Term(term) => StrPart::Term(self.term(term)),
                    other => other,
                };
                Term::Str(format, parts.into_iter().map(part).collect())
            }
            Term::Arr(inner) => Term::Arr(inner.map(|t| self.boxed(*t))),
            Term::Obj(members) => {
                let member = |(key, value): (T<'s>, Option<T<'s>>)| match value {
                    Some(value) => (key, Some(self.term(value))),
                    None => (key, None),
                };
                Term::Obj(members.into_iter().map(member).collect())
            }
            Term::Label(name, inner) => Term::Label(name, self.boxed(*inner)),
            Term::Fold(name, over, pattern, rest) => {
                Term::Fold(name, self.boxed(*over), pattern, every(rest))
            }
            Term::TryCatch(tried, None) => Term::TryCatch(self.boxed(*tried), None),
            Term::TryCatch(tried, Some(caught)) => {
                // What the program catches is what was thrown, without our place.
                let bare = format!("if isobject and has(\"{AT}\") then .[\"{WHY}\"] else . end");
                let caught = self.boxed(*caught);
                let caught = match self.parse(bare) {
                    Some(bare) => Box::new(Term::BinOp(Box::new(bare), BinaryOp::Pipe(None), caught)),
                    None => caught,
                };
                Term::TryCatch(self.boxed(*tried), Some(caught))
            }
            Term::IfThenElse(branches, otherwise) => Term::IfThenElse(
                branches.into_iter().map(|(c, t)| (self.term(c), self.term(t))).collect(),
                otherwise.map(|t| self.boxed(*t)),
            ),
            Term::Def(defs, inner) => {
                let def = |def: Def<&'s str>| Def { body: self.term(def.body), ..def };
                Term::Def(defs.into_iter().map(def).collect(), self.boxed(*inner))
            }
            same @ (Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_)) => same,
        }
    }
}
