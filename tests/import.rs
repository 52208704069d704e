//! Import as its users meet it: rows, a program, and what is written and said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use throughline::app::import::{Import, Imported, difference};
use throughline::app::{self, Origin, matches};
use throughline::io::import::Mapping;
use throughline::ontology::Faults;

/// Goals of agencies: a row is a goal.
const PROGRAM: &str = r#"
once({source: "source/goals", kind: "SourceDocument", name: "Goals"}),
(if .code == "" then refuse("the row has no code") else . end
 | "agency/x-\(.agency | slug)" as $agency
 | "goal/x-\(.code | slug)" as $goal
 | entity($agency; "Agency"; .agency),
   (entity($goal; "Goal"; .goal) + {description: .note} | compact),
   link($agency; "hasGoal"; $goal; quoted("source/goals"; .goal)))
"#;

const ROWS: &str = "code,agency,goal,note\nG1,Health,Healthy people,\nG2,Health,Clean water,twice\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, text)| std::fs::write(folder.path(name), text).expect("it is so"));
        folder
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
    fn import(&self, program: &str, file: &str, more: impl FnOnce(&mut Import)) -> Result<Imported, Faults> {
        let mut import = Import {
            files: vec![self.path(file)],
            mapping: Mapping { program: Some(("p.jq".into(), program.into())), ..Mapping::default() },
            output: Some(self.path("out.jsonl")),
            scratch: self.path("scratch"),
            ..Import::default()
        };
        more(&mut import);
        import.run(&mut std::io::sink())
    }
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("it is so");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("it is so").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn said(done: Result<Imported, Faults>, folder: &Path) -> String {
    let faults = done.expect_err("refused").0;
    let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
    all.join("\n").replace(&format!("{}/", folder.display()), "")
}

#[test]
fn rows_become_lines_that_a_server_loads() {
    let folder = Folder::new(&[("goals.csv", ROWS)]);
    let report = folder.import(PROGRAM, "goals.csv", |_| {}).expect("it is so");
    let added: BTreeMap<&str, usize> = report.added.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(added, BTreeMap::from([("Agency", 1), ("Goal", 2), ("SourceDocument", 1), ("hasGoal", 2)]));
    assert_eq!((report.made.rows, report.made.lines, report.made.repeated), (2, 6, 1));
    let graph =
        app::load(&Origin { schema: vec![], data: vec![folder.path("out.jsonl")] }).expect("it is so");
    assert_eq!((graph.entity_count(), graph.link_count()), (4, 2));
    assert!(folder.read("out.jsonl").contains(r#""quote":"Clean water","fragment":"row=2""#));
    assert_eq!(folder.names(), ["goals.csv", "out.jsonl"], "nothing else is left");
}

#[test]
fn what_is_refused_is_told_and_nothing_is_written() {
    let dangling = r#"{entity: "goal/a", kind: "Goal", name: .goal}, link("goal/a"; "partOf"; "goal/none"; quoted("source/s"; .goal))"#;
    let made_up = r#"link("goal/a"; "partOf"; "goal/b"; quoted("source/s"; "Dirty water"))"#;
    let other = r#"entity("goal/same"; "Goal"; .goal)"#;
    for (program, rows, expected) in [
        (
            PROGRAM,
            "code,agency,goal,note\n,Health,X,\n",
            "goals.csv: row 1: the row has no code (in `refuse`, p.jq:3:22)\n  help: mend the program or the row; --keep-going leaves refused rows out",
        ),
        (
            made_up,
            ROWS,
            "goals.csv: row 1: the quote \"Dirty water\" does not stand in the row\n  help: mend the program or the row; --keep-going leaves refused rows out",
        ),
        (
            other,
            ROWS,
            "goals.csv: row 2: `goal/same` was made with other content by row 1 of goals.csv; give it the same in both, or another id, and what only one row says to its links\n  help: mend the program or the row; --keep-going leaves refused rows out",
        ),
        (
            dangling,
            "goal\nX\n",
            "goals.csv: row 1: link `goal/a partOf goal/none` names `goal/none`, which is not there",
        ),
        (
            "{entity: \"goal/a\", kind: \"Gaol\", name: .goal}",
            "goal\nX\n",
            "goals.csv: row 1: `goal/a` has the unknown kind `Gaol`",
        ),
        (
            "{goal}",
            "goal\nX\n",
            "goals.csv: row 1: output 1: the line is none of ours; it has one of the keys source, entity, link, about, merged, match, proposal\n  help: mend the program or the row; --keep-going leaves refused rows out",
        ),
        (".goal |", "goal\nX\n", "p.jq:1:8: expected term"),
    ] {
        let folder = Folder::new(&[("goals.csv", rows)]);
        let done = folder.import(program, "goals.csv", |_| {});
        let said = said(done, folder.0.path());
        assert!(said.contains(expected), "{program}\n  said {said}\n  not  {expected}");
        assert_eq!(folder.names(), ["goals.csv"], "{program}");
    }
}

#[test]
fn what_is_refused_is_left_out_with_all_that_rests_on_it() {
    let rows = "code,agency,goal,note\n,Health,X,\nG1,Health,Healthy people,\nG2,,Clean water,\n";
    let folder = Folder::new(&[("goals.csv", rows)]);
    let report = folder.import(PROGRAM, "goals.csv", |i| i.mapping.keep_going = true).expect("it is so");
    assert_eq!(report.made.by_reason, BTreeMap::from([("the row has no code (in `…`, p.jq:N:N)".into(), 1)]));
    // The agency without a name is refused, and with it its link; its goal stays.
    assert_eq!(report.refused.len(), 2, "{:?}", report.refused);
    assert_eq!(report.added.values().sum::<usize>(), 5);
    app::load(&Origin { schema: vec![], data: vec![folder.path("out.jsonl")] }).expect("it is so");
}

#[test]
fn a_second_import_tells_what_is_new_and_what_is_otherwise() {
    let folder = Folder::new(&[("goals.csv", ROWS), ("next.csv", &ROWS.replace("twice", "thrice"))]);
    let into = |i: &mut Import| {
        i.output = None;
        i.into = Some(folder.path("all.jsonl"));
    };
    let counts = |r: &Imported| (r.added.values().sum::<usize>(), r.changed, r.unchanged);
    assert_eq!(counts(&folder.import(PROGRAM, "goals.csv", into).expect("it is so")), (6, 0, 0));
    let first = folder.read("all.jsonl");
    assert_eq!(counts(&folder.import(PROGRAM, "goals.csv", into).expect("it is so")), (0, 0, 6));
    assert_eq!(folder.read("all.jsonl"), first, "the same import changes no byte");
    let dry = |i: &mut Import| {
        into(i);
        i.dry_run = true;
    };
    assert_eq!(counts(&folder.import(PROGRAM, "next.csv", dry).expect("it is so")), (0, 1, 5));
    assert_eq!(folder.read("all.jsonl"), first, "a dry run writes nothing");
    assert_eq!(counts(&folder.import(PROGRAM, "next.csv", into).expect("it is so")), (0, 1, 5));

    // Beside data that it names, an import writes what they do not say already, so that both load together.
    std::fs::write(folder.path("more.csv"), format!("{ROWS}G3,Health,Fresh air,\n")).expect("it is so");
    std::fs::write(folder.path("base.jsonl"), &first).expect("it is so");
    let beside = |i: &mut Import| i.base.data = vec![folder.path("base.jsonl")];
    assert_eq!(counts(&folder.import(PROGRAM, "more.csv", beside).expect("it is so")), (2, 0, 6));
    assert_eq!(folder.read("out.jsonl").lines().count(), 2);
    let both = vec![folder.path("base.jsonl"), folder.path("out.jsonl")];
    assert_eq!(app::load(&Origin { schema: vec![], data: both }).expect("it is so").link_count(), 3);

    let load = |text: &str| {
        std::fs::write(folder.path("one.jsonl"), text).expect("it is so");
        app::load(&Origin { schema: vec![], data: vec![folder.path("one.jsonl")] }).expect("it is so")
    };
    let found = difference(&load(&first), &load(&folder.read("all.jsonl")));
    assert_eq!((found.added.len(), found.gone.len(), found.changed.len()), (0, 0, 1));
    assert!(found.changed[0].1.contains("thrice"), "{:?}", found.changed);
}

#[test]
fn one_body_under_two_names_is_joined_by_what_people_decide() {
    let line = |id: &str, name: &str, code: &str| {
        format!(
            "{{\"entity\":\"agency/{id}\",\"kind\":\"Agency\",\"name\":\"{name}\",\"identifiers\":[{{\"scheme\":\"code\",\"value\":\"{code}\"}}]}}\n"
        )
    };
    let all = [
        line("a", "Department of Health", "1"),
        line("b", "HEALTH, DEPT. OF", "2"),
        line("c", "Ministry of Health", "1"),
    ];
    let folder = Folder::new(&[("all.jsonl", &all.concat())]);
    let inputs = |files: &[&str]| -> Vec<PathBuf> { files.iter().map(|f| folder.path(f)).collect() };
    let origin = |files: &[&str]| Origin { schema: vec![], data: inputs(files) };
    let suggest = |files: &[&str]| {
        let origin = origin(files);
        let found =
            matches::suggest(&origin.ontology().expect("it is so"), origin.inputs()).expect("it is so");
        found.lines.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let lines = suggest(&["all.jsonl"]);
    assert_eq!(
        lines,
        [
            r#"{"match":["agency/a","agency/c"],"decision":"SAME","score":1.0,"reasons":["both have the identifier code 1"]}"#,
            r#"{"match":["agency/a","agency/b"],"decision":"UNDECIDED","score":0.9,"reasons":["both are called “department health”"]}"#,
        ]
    );
    // What nobody has decided joins nothing; what is decided does, and is not asked again.
    let graph = |text: String| {
        std::fs::write(folder.path("matches.jsonl"), text).expect("it is so");
        app::load(&origin(&["all.jsonl", "matches.jsonl"]))
    };
    assert_eq!(graph(lines.join("\n")).expect("it is so").entity_count(), 2);
    let decided = graph(lines.join("\n").replace("UNDECIDED", "SAME")).expect("it is so");
    assert_eq!(decided.entity_count(), 1);
    assert_eq!(decided.find("agency/b"), decided.find("agency/a"), "old ids keep resolving");
    assert_eq!(suggest(&["all.jsonl", "matches.jsonl"]), Vec::<String>::new());
    // Told apart once, told apart for good.
    let apart = graph(lines.join("\n").replace("UNDECIDED", "DIFFERENT")).expect("it is so");
    assert_eq!(apart.entity_count(), 2);
    assert_eq!(suggest(&["all.jsonl", "matches.jsonl"]), Vec::<String>::new());
    let bad = graph(lines.join("\n").replace("UNDECIDED", "PERHAPS")).unwrap_err().to_string();
    assert!(
        bad.contains("the decision `PERHAPS` is none\n  help: write SAME, DIFFERENT, UNDECIDED"),
        "{bad}"
    );
}
