//! Small programs between our data and other people's: jq, compiled once and run for each row that is
//! read, or once over a graph that is written.
//!
//! jaq's errors at run time do not say where in the program they arose. A program that fails is therefore
//! run again through a second copy, in which each step catches what its parts throw and adds its own
//! place, unless a step within has done so already.

mod filters;
mod places;
mod reach;

use std::sync::OnceLock;

use jaq_core::data::HasLut;
use jaq_core::load::parse::{Def, Parser};
use jaq_core::load::{Arena, File, Lexer, Loader, lex, parse, span};
use jaq_core::{Compiler, Ctx, DataT, Lut, Vars, compile, unwrap_valr};
use jaq_json::Val;

use crate::graph::Graph;
use crate::ontology::{Fault, Location};

/// The name under which the program is called; nothing of jq begins so.
const MAIN: &str = "throughline_mapping_program";

/// Filters that would make the outcome depend on more than what is given: the clock, the zone, the machine.
const LEFT_OUT: [&str; 5] = ["now", "env", "localtime", "strflocaltime", "input_filename"];

/// Values one run may give; a program that gives more does not end.
const OUTPUTS: usize = 1_000_000;

/// What a program is for, which decides what it may use besides jq's own filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Lines out of a row: `$file`, `$row`, `$first`, `$args`, and the filters of `rows.jq`.
    Rows,
    /// A document out of a graph: `$args`, and the filters of `graph.jq`.
    Graph,
}

impl Purpose {
    fn variables(self) -> &'static [&'static str] {
        match self {
            Purpose::Rows => &["$file", "$row", "$first", "$args"],
            Purpose::Graph => &["$args"],
        }
    }
    fn prelude(self) -> &'static str {
        match self {
            Purpose::Rows => include_str!("rows.jq"),
            Purpose::Graph => include_str!("graph.jq"),
        }
    }
}

/// What filters of our own can reach: the graph, where there is one.
#[derive(Clone)]
struct Reach<'a> {
    lut: &'a Lut<Kind>,
    graph: Option<&'a Graph>,
}

struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = Reach<'a>;
}

impl<'a> HasLut<'a, Kind> for Reach<'a> {
    fn lut(&self) -> &'a Lut<Kind> {
        self.lut
    }
}

type Filter = jaq_core::Filter<Kind>;
type Cv<'a> = jaq_core::Cv<'a, Kind>;

/// A compiled program.
pub(super) struct Compiled {
    purpose: Purpose,
    quick: Filter,
    /// The copy that tells places, made when the first run fails.
    placed: OnceLock<Option<Filter>>,
    file: String,
    code: String,
}

impl Compiled {
    /// Compiles a program. `file` is what faults call it.
    ///
    /// # Errors
    /// Every fault that can be told at once, with line and column.
    pub(super) fn compile(file: &str, code: &str, purpose: Purpose) -> Result<Compiled, Vec<Fault>> {
        let quick = compile(file, code, purpose, false)?;
        let (file, code) = (file.to_owned(), code.to_owned());
        Ok(Compiled { purpose, quick, placed: OnceLock::new(), file, code })
    }

    /// Runs it over a row, with the values of `$file`, `$row`, `$first` and `$args`, and gives what came out.
    ///
    /// # Errors
    /// The first error, with the place in the program where it arose.
    pub(super) fn over_row(&self, given: [Val; 4], row: Val) -> Result<Vec<Val>, String> {
        self.run(&given, None, row)
    }

    /// Runs it over a graph, with the value of `$args`, and gives what came out.
    ///
    /// # Errors
    /// The first error, with the place in the program where it arose.
    pub(super) fn over_graph(&self, args: Val, graph: &Graph) -> Result<Vec<Val>, String> {
        self.run(&[args], Some(graph), Val::Null)
    }

    fn run(&self, given: &[Val], graph: Option<&Graph>, input: Val) -> Result<Vec<Val>, String> {
        run_in(&self.quick, given, graph, input.clone()).map_err(|why| {
            let placed = self.placed.get_or_init(|| compile(&self.file, &self.code, self.purpose, true).ok());
            let placed = placed.as_ref().and_then(|placed| run_in(placed, given, graph, input).err());
            // A copy that fails otherwise, since a filter took what it was given as a path, tells no place.
            let placed = placed.and_then(places::unwrap).filter(|(also, _)| *also == why);
            let place = placed.and_then(|(_, place)| place);
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
}

fn run_in(filter: &Filter, given: &[Val], graph: Option<&Graph>, input: Val) -> Result<Vec<Val>, Val> {
    let reach = Reach { lut: &filter.lut, graph };
    let context = Ctx::<Kind>::new(reach, Vars::new(given.iter().cloned()));
    let mut out = Vec::new();
    for value in filter.id.run((context, input)) {
        out.push(unwrap_valr(value).map_err(jaq_core::Error::into_val)?);
        if out.len() > OUTPUTS {
            return Err(text(format!("more than {OUTPUTS} values of one row")));
        }
    }
    Ok(out)
}

/// Text as a value of jq's.
pub(super) fn text(text: impl Into<String>) -> Val {
    Val::utf8_str(text.into().into_bytes())
}

/// An object as a value of jq's.
pub(super) fn object<const N: usize>(members: [(&str, Val); N]) -> Val {
    Val::obj(members.into_iter().map(|(key, value)| (text(key), value)).collect())
}

/// A value in words: text as it is, all else as JSON.
pub(super) fn words(value: &Val) -> String {
    match value {
        Val::TStr(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.to_string(),
    }
}

// -- compiling --------------------------------------------------------------------------------

fn compile(file: &str, code: &str, purpose: Purpose, placed: bool) -> Result<Filter, Vec<Fault>> {
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
    let body = if placed { places::Placing { code, arena: &arena }.term(term) } else { term };
    let main = Def { name: MAIN, args: Vec::new(), body };
    let own = parse(purpose.prelude(), |p| p.defs()).unwrap_or_default();
    let mut defs: Vec<Def<&str>> = Vec::new();
    defs.extend(jaq_core::defs().map(shorter));
    defs.extend(jaq_std::defs().map(shorter));
    defs.extend(jaq_json::defs().map(shorter));
    defs.extend(own);
    defs.push(main);
    let modules = Loader::new(defs).load(&arena, File { path: (), code: MAIN });
    let modules = modules.map_err(|_| vec![fault(0, "the program cannot be loaded".to_owned())])?;
    let own = filters::both().chain(match purpose {
        Purpose::Rows => filters::of_rows(),
        Purpose::Graph => reach::of_graph(),
    });
    let functions = jaq_core::funs::<Kind>().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(own);
    let functions = functions.filter(|(name, ..)| !LEFT_OUT.contains(name));
    let of_compiler = |(found, undefined): compile::Error<&str>| {
        let within = code.as_bytes().as_ptr_range().contains(&found.as_ptr());
        let at = if within { span(code, found).start } else { 0 };
        fault(at, format!("`{found}` is an undefined {}", undefined.as_str()))
    };
    Compiler::default()
        .with_funs(functions)
        .with_global_vars(purpose.variables().iter().copied())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Val {
        serde_json::from_str(json).unwrap()
    }

    fn run(code: &str, row: &str) -> Result<Vec<String>, String> {
        let program = Compiled::compile("p.jq", code, Purpose::Rows)
            .map_err(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let given = [value("\"f.csv\""), value("7"), value("false"), value("{\"k\":\"v\"}")];
        program.over_row(given, value(row)).map(|all| all.iter().map(ToString::to_string).collect())
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
            ("{a: {}} | .a.b = 1 | del(.a.b) | .a + 1", "1", "cannot calculate {} + 1 (in"),
            ("def f(p): path(p); {} | f(.a), error(\"x\")", "1", "x"),
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
