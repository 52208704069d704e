//! Mapping programs: jq, compiled once and run for each row.
//!
//! jaq's errors at run time do not say where in the program they arose. A row that fails is therefore
//! run again through a second copy of the program, in which each step catches what its parts throw and
//! adds its own place, unless a step within has done so already.

use std::cell::OnceCell;

use data_encoding::HEXLOWER;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Parser, Term};
use jaq_core::load::{Arena, File, Lexer, Loader, lex, parse, span};
use jaq_core::native::{bome, run, v};
use jaq_core::path::{Part, Path};
use jaq_core::{Compiler, Ctx, Vars, compile, data, unwrap_valr};
use jaq_json::Val;
use sha2::{Digest, Sha256};

use super::{object, text, words};
use crate::io::words::fold;
use crate::ontology::{Fault, Location};

/// What mapping programs may use besides jq's own filters.
const PRELUDE: &str = include_str!("prelude.jq");

/// The name under which the program is called; nothing of jq begins so.
const MAIN: &str = "throughline_mapping_program";

/// What a program is given besides the row.
const VARIABLES: [&str; 4] = ["$file", "$row", "$first", "$args"];

/// Filters that would make the outcome depend on more than the row: the clock, the zone, the machine.
const LEFT_OUT: [&str; 5] = ["now", "env", "localtime", "strflocaltime", "input_filename"];

/// Values one row may give; a program that gives more does not end.
const OUTPUTS: usize = 1_000_000;

/// Bytes an id's slug is cut to, of the 120 that an id may have.
const SLUG_BYTES: usize = 90;

type Kind = data::JustLut<Val>;
type Filter = jaq_core::Filter<Kind>;

/// A compiled mapping program.
pub(super) struct Compiled {
    quick: Filter,
    /// The copy that tells places, made when the first row fails.
    placed: OnceCell<Option<Filter>>,
    file: String,
    code: String,
}

/// What a program is run with.
pub(super) struct Given<'a> {
    /// The base name of the file.
    pub file: &'a Val,
    /// The row's number in it, from 1.
    pub row: usize,
    /// Whether no row of the file has given anything yet.
    pub first: bool,
    /// The values given by name.
    pub args: &'a Val,
}

impl Compiled {
    /// Compiles a program. `file` is what faults call it.
    ///
    /// # Errors
    /// Every fault that can be told at once, with line and column.
    pub(super) fn compile(file: &str, code: &str) -> Result<Compiled, Vec<Fault>> {
        let quick = compile(file, code, false)?;
        Ok(Compiled { quick, placed: OnceCell::new(), file: file.to_owned(), code: code.to_owned() })
    }

    /// Runs it for one row and gives what came out.
    ///
    /// # Errors
    /// The first error, with the place in the program where it arose.
    pub(super) fn run(&self, given: &Given<'_>, row: Val) -> Result<Vec<Val>, String> {
        self.run_in(&self.quick, given, row.clone()).map_err(|why| {
            let placed = self.placed.get_or_init(|| compile(&self.file, &self.code, true).ok());
            let placed = placed.as_ref().and_then(|placed| self.run_in(placed, given, row).err());
            let (why, place) = placed.and_then(unwrap).unwrap_or((why, None));
            let mut said = words(&why);
            if let Some(at) = place {
                let (line, column) = line_and_column(&self.code, at);
                let word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | ':');
                let step: String = self.code[at..].chars().take_while(word).take(40).collect();
                said += &format!(" (in `{step}`, {}:{line}:{column})", self.file);
            }
            said
        })
    }

    fn run_in(&self, filter: &Filter, given: &Given<'_>, row: Val) -> Result<Vec<Val>, Val> {
        let variables =
            [given.file.clone(), Val::from(given.row), Val::Bool(given.first), given.args.clone()];
        let context = Ctx::<Kind>::new(&filter.lut, Vars::new(variables));
        let mut out = Vec::new();
        for value in filter.id.run((context, row)) {
            out.push(unwrap_valr(value).map_err(jaq_core::Error::into_val)?);
            if out.len() > OUTPUTS {
                return Err(text(format!("more than {OUTPUTS} values of one row")));
            }
        }
        Ok(out)
    }
}

// -- compiling --------------------------------------------------------------------------------

fn compile(file: &str, code: &str, placed: bool) -> Result<Filter, Vec<Fault>> {
    let fault = |at: usize, what: String| {
        let (line, column) = line_and_column(code, at);
        let place = Location { file: file.to_owned(), line, column };
        Fault { place, what, help: String::new() }
    };
    let of_lexer = |(expected, found): lex::Error<&str>| {
        fault(span(code, found).start, format!("expected {}", expected.as_str()))
    };
    let tokens = Lexer::new(code).lex().map_err(|all| all.into_iter().map(of_lexer).collect::<Vec<_>>())?;
    let of_parser = |(expected, found): parse::TError<'_, &str>| {
        let found = found.map_or(&code[code.len()..], |token| token.0);
        fault(span(code, found).start, format!("expected {}", expected.as_str()))
    };
    let term = Parser::new(&tokens).parse(|p| p.term());
    let term = term.map_err(|all| all.into_iter().map(of_parser).collect::<Vec<_>>())?;
    let arena = Arena::default();
    let body = if placed { Placing { code, arena: &arena }.term(term) } else { term };
    let main = Def { name: MAIN, args: Vec::new(), body };
    let own = parse(PRELUDE, |p| p.defs()).unwrap_or_default();
    let mut defs: Vec<Def<&str>> = Vec::new();
    defs.extend(jaq_core::defs().map(shorter));
    defs.extend(jaq_std::defs().map(shorter));
    defs.extend(jaq_json::defs().map(shorter));
    defs.extend(own);
    defs.push(main);
    let modules = Loader::new(defs).load(&arena, File { path: (), code: MAIN });
    let modules = modules.map_err(|_| vec![fault(0, "the program cannot be loaded".to_owned())])?;
    let own = [
        run(("fold", v(0), |cv| bome(of_text(&cv.1, "fold", fold)))),
        run(("slug", v(0), |cv| bome(of_text(&cv.1, "slug", slug)))),
        run(("compact", v(0), |cv| bome(compact(cv.1)))),
        run(("quoted_at", v(3), |mut cv| {
            let [row, quote, source] = [cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var()];
            bome(quoted(source, &quote, &row))
        })),
        run(("entity", v(3), |mut cv| {
            let [name, kind, id] = [cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var()];
            bome(
                of_text(&name, "entity", fold)
                    .map(|name| object([("entity", id), ("kind", kind), ("name", name)])),
            )
        })),
        run(("link", v(4), |mut cv| {
            let [evidence, to] = [cv.0.pop_var(), cv.0.pop_var()];
            let [relation, from] = [cv.0.pop_var(), cv.0.pop_var()];
            let all =
                if matches!(evidence, Val::Arr(_)) { evidence } else { [evidence].into_iter().collect() };
            let ends: Val = [from, relation, to].into_iter().collect();
            bome(Ok(object([("link", ends), ("evidence", all)])))
        })),
    ];
    let functions = jaq_core::funs::<Kind>().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(own);
    let functions = functions.filter(|(name, ..)| !LEFT_OUT.contains(name));
    let of_compiler = |(found, undefined): compile::Error<&str>| {
        let within = code.as_bytes().as_ptr_range().contains(&found.as_ptr());
        let at = if within { span(code, found).start } else { 0 };
        fault(at, format!("`{found}` is an undefined {}", undefined.as_str()))
    };
    Compiler::default()
        .with_funs(functions)
        .with_global_vars(VARIABLES)
        .compile(modules)
        .map_err(|all| all.into_iter().flat_map(|(_, errors)| errors).map(of_compiler).collect())
}

/// A definition that outlives all as one that outlives the code.
fn shorter<'s>(def: Def<&'static str>) -> Def<&'s str> {
    def
}

fn line_and_column(code: &str, at: usize) -> (usize, usize) {
    let before = &code[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

// -- our own filters --------------------------------------------------------------------------

/// An error that a program throws.
fn refused(what: String) -> jaq_json::Error {
    jaq_core::Error::new(text(what))
}

fn of_text(value: &Val, name: &str, f: fn(&str) -> String) -> jaq_json::ValR {
    match value {
        Val::TStr(bytes) => Ok(text(f(&String::from_utf8_lossy(bytes)))),
        other => Err(refused(format!("`{name}` takes text, not {other}"))),
    }
}

/// An object without members that say nothing.
fn compact(value: Val) -> jaq_json::ValR {
    let Val::Obj(all) = &value else {
        return Err(refused(format!("`compact` takes an object, not {value}")));
    };
    let says = |value: &Val| match value {
        Val::Null => false,
        Val::TStr(text) => !text.is_empty(),
        Val::Arr(members) => !members.is_empty(),
        _ => true,
    };
    let kept = all.iter().filter(|(_, value)| says(value));
    Ok(Val::obj(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

/// Evidence that quotes a row.
fn quoted(source: Val, quote: &Val, row: &Val) -> jaq_json::ValR {
    let Val::TStr(words) = quote else { return Err(refused(format!("the quote is {quote}, not text"))) };
    let words = fold(&String::from_utf8_lossy(words));
    if words.is_empty() {
        return Err(refused("the quote is empty".to_owned()));
    }
    Ok(object([
        ("source", source),
        ("quote", text(words)),
        ("fragment", text(format!("row={row}"))),
        ("basis", text("STATED")),
    ]))
}

/// The part of an id behind its slash: lower-case ASCII letters and digits, one hyphen for all else,
/// apostrophes left out, letters of other alphabets written in Latin.
fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let latin = deunicode::deunicode(text);
    for c in latin.chars().filter(|c| !matches!(c, '\'' | '`')) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    if out.len() > SLUG_BYTES {
        // What was cut still tells two long names apart.
        let mark = HEXLOWER.encode(&Sha256::digest(out.as_bytes())[..4]);
        out.truncate(SLUG_BYTES - mark.len() - 1);
        out.truncate(out.trim_end_matches('-').len());
        out = format!("{out}-{mark}");
    }
    out
}

// -- places -----------------------------------------------------------------------------------

/// Keys of what a step throws once it knows where it arose.
const AT: &str = "\u{1}at";
const WHY: &str = "\u{1}why";

fn unwrap(thrown: Val) -> Option<(Val, Option<usize>)> {
    let Val::Obj(members) = &thrown else { return Some((thrown, None)) };
    let member = |key: &str| members.get(&text(key)).cloned();
    match (member(AT), member(WHY)) {
        (Some(at), Some(why)) => Some((why, at.to_string().parse().ok())),
        _ => Some((thrown, None)),
    }
}

struct Placing<'s> {
    code: &'s str,
    arena: &'s Arena,
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

    fn term(&self, term: T<'s>) -> T<'s> {
        let at = self.start(&term);
        let every = |terms: Vec<T<'s>>| terms.into_iter().map(|t| self.term(t)).collect::<Vec<_>>();
        match term {
            Term::Call(name, args) => {
                let at = self.at(name);
                self.wrap(Term::Call(name, every(args)), at)
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Val {
        serde_json::from_str(json).unwrap()
    }

    fn run(code: &str, row: &str) -> Result<Vec<String>, String> {
        let program = Compiled::compile("p.jq", code)
            .map_err(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let (file, args) = (value("\"f.csv\""), value("{\"k\":\"v\"}"));
        let given = Given { file: &file, row: 7, first: false, args: &args };
        program.run(&given, value(row)).map(|all| all.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn programs_give_values() {
        for (code, row, expected) in [
            (".a, $row, $file, $args.k", r#"{"a":1}"#, vec!["1", "7", "\"f.csv\"", "\"v\""]),
            ("def f: .a | fold; f | slug", r#"{"a":" Ann’s  Café\n"}"#, vec!["\"anns-cafe\""]),
            (
                r#"quoted("source/s"; .a)"#,
                r#"{"a":" x  y "}"#,
                vec![r#"{"source":"source/s","quote":"x y","fragment":"row=7","basis":"STATED"}"#],
            ),
            ("{a: null, b: \"\", c: [], d: 0} | compact", "1", vec![r#"{"d":0}"#]),
            ("once(1), empty", "null", vec![]),
            (r#"try error("x") catch ., (.a? // "none")"#, "1", vec!["\"x\"", "\"none\""]),
            (r#""2024-01-02" | test("^[0-9]{4}")"#, "1", vec!["true"]),
        ] {
            assert_eq!(run(code, row), Ok(expected.into_iter().map(str::to_owned).collect()), "{code}");
        }
    }

    #[test]
    fn errors_tell_the_step() {
        for (code, row, expected) in [
            ("1 |\n  (.a | tonumber)", r#"{"a":"x"}"#, "cannot index 1 with \"a\" (in `a`, p.jq:2:5)"),
            (
                "def n: tonumber;\n.a | n",
                r#"{"a":"x"}"#,
                "cannot parse \"x\" as JSON: byte offset 0: value expected (in `tonumber`, p.jq:1:8)",
            ),
            ("# why\n.a, refuse(\"no code\")", r#"{"a":"x"}"#, "no code (in `refuse`, p.jq:2:5)"),
            ("try error({a: 1}) catch error(.a)", "null", "1 (in `error`, p.jq:1:25)"),
            ("quoted(\"s\"; .a)", r#"{"a":" "}"#, "the quote is empty (in `quoted`, p.jq:1:1)"),
            (".a | slug", r#"{"a":3}"#, "`slug` takes text, not 3 (in `slug`, p.jq:1:6)"),
            (".a |\n", "1", "p.jq:2:1: expected term"),
            (
                "foo, $bar, now",
                "1",
                "p.jq:1:1: `foo` is an undefined filter\np.jq:1:6: `$bar` is an undefined variable\np.jq:1:12: `now` is an undefined filter",
            ),
            (r#"("a"#, "1", "p.jq:1:4: expected closing quote\np.jq:1:4: expected closing parenthesis"),
        ] {
            let said = run(code, row).unwrap_err();
            assert!(said.starts_with(expected), "{code}\n  said {said}\n  not  {expected}");
        }
    }
}
