//! Plans in StratML: into lines and out again.

use std::path::{Path, PathBuf};

use throughline::app::import::{Import, difference};
use throughline::app::{self, Origin};
use throughline::graph::Graph;
use throughline::io::export::{Format, Options, Selection};
use throughline::io::import::Mapping;
use throughline::ontology::{Fault, Faults};

const REPORT: &str = include_str!("fixtures/stratml/report.xml");

/// The lines of a plan.
fn lines(folder: &Path, xml: &str, args: &[(&str, &str)]) -> Result<PathBuf, Faults> {
    let (plan, lines) = (folder.join("plan.xml"), folder.join("plan.jsonl"));
    std::fs::write(&plan, xml).expect("writable");
    let program = Mapping::program(Path::new("stratml")).expect("it comes with us");
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let import = Import {
        files: vec![plan],
        mapping: Mapping { program: Some(program), args, ..Mapping::default() },
        output: Some(lines.clone()),
        scratch: folder.join("scratch"),
        ..Import::default()
    };
    import.run(&mut std::io::sink()).map(|_| lines)
}

fn graph(data: PathBuf) -> Graph {
    app::load(&Origin { data: vec![data], ..Origin::default() }).expect("it loads")
}

fn written(graph: &Graph, format: &str, of: Option<&str>) -> Result<String, Vec<Fault>> {
    let args: Vec<_> = of.iter().map(|id| ("of".to_owned(), (*id).to_owned())).collect();
    let mut out = Vec::new();
    let options = Options { args, ..Options::default() };
    let format = Format::named(format).expect("it is in the list");
    let done = format.write(graph, &Selection::whole(graph), &options, &mut out);
    done.map_err(|e| e.downcast::<Faults>().expect("a refusal").0)?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn a_report_goes_round_without_loss() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = graph(lines(folder.path(), REPORT, &[]).expect("it is read"));
    let xml = written(&before, "stratml-2", None).expect("it is written");
    let after = graph(lines(folder.path(), &xml, &[]).expect("it is read again"));
    let difference = difference(&before, &after);
    assert!(difference.added.is_empty() && difference.gone.is_empty(), "{difference:#?}");
    assert!(difference.changed.is_empty(), "{difference:#?}");
    assert_eq!(written(&after, "stratml-2", None), Ok(xml));
}

#[test]
fn what_is_written_is_the_golden() {
    let folder = tempfile::tempdir().expect("a folder");
    let graph = graph(lines(folder.path(), REPORT, &[("organization", "Agency")]).expect("it is read"));
    for format in ["stratml-1", "stratml-2"] {
        let path = format!("tests/fixtures/stratml/{format}.xml");
        let xml = written(&graph, format, None).expect("it is written");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &xml).expect("writable");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(xml == golden, "{path} differs; UPDATE=1 writes it anew:\n{xml}");
    }
}

#[test]
fn plans_from_elsewhere_are_written_too() {
    let seed = app::load(&Origin::default()).expect("the seed loads");
    for (format, root) in [("stratml-1", "<StrategicPlan "), ("stratml-2", "<PerformancePlanOrReport ")] {
        let xml = written(&seed, format, Some("plan/hhs-eap-2023")).expect("it is written");
        for part in [
            root,
            "<Acronym>HHS</Acronym>",
            "<Name>Promote accessible and welcoming health care for all</Name>",
        ] {
            assert!(xml.contains(part), "{part} is not in\n{xml}");
        }
        // Its year is known, and a year is no day.
        assert!(!xml.contains("PublicationDate"), "{xml}");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = |inner: &str| {
        format!("<StrategicPlan><Name>P</Name><StrategicPlanCore>{inner}</StrategicPlanCore></StrategicPlan>")
    };
    let number = "<Objective><Name>O</Name><PerformanceIndicator><MeasurementInstance><TargetResult>\
                  <NumberOfUnits>many</NumberOfUnits></TargetResult></MeasurementInstance></PerformanceIndicator></Objective>";
    for (xml, expected) in [
        ("<StrategicPlan>\n  <Name>A & B</Name></StrategicPlan>".to_owned(), "plan.xml:2:11: a bare `&`"),
        ("<plan/>".to_owned(), "the root element is `plan`; StratML begins with"),
        ("<StrategicPlan><Name>P</Name></StrategicPlan>".to_owned(), "there is no StrategicPlanCore"),
        (core("<Goal/>"), "a Goal has neither Name nor Description"),
        (core(&format!("<Goal><Name>G</Name>{number}</Goal>")), "NumberOfUnits is `many`, no number"),
    ] {
        let faults = lines(folder.path(), &xml, &[]).expect_err("refused").0;
        assert!(faults[0].to_string().contains(expected), "{xml}\n  said {}", faults[0]);
    }
    let seed = app::load(&Origin::default()).expect("the seed loads");
    for (of, expected) in [
        (Some("plan/none"), "there is no `plan/none`"),
        (Some("plan/hhs-eap-2022"), "`plan/hhs-eap-2022` has no goals, and StratML asks for one"),
    ] {
        let faults = written(&seed, "stratml-2", of).expect_err("refused");
        assert!(faults[0].to_string().contains(expected), "said {}", faults[0]);
    }
}
