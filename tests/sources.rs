//! From a page to a quote that is found again: what is kept, what is quoted, and what is said when the
//! page has changed.

use std::path::PathBuf;
use std::process::{Command, Output};

const PAGE: &str =
    "<html><head><title>Equity &amp; health</title></head><body><nav><a href='/'>Home</a></nav>
<main><h1>Equity</h1><p>The Department of Health ordered a review of maternal care in 2022, and it was
published a year later.</p><p>Nothing else was said about the matter, though many had asked for it.</p></main>
<footer>© State</footer></body></html>";

fn throughline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(args)
        .env_remove("THROUGHLINE_SOURCES")
        .output()
        .expect("the binary runs")
}

fn said(out: &Output) -> (String, String) {
    (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_page_is_kept_quoted_checked_and_found_again_when_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| -> String { folder.path().join(name).display().to_string() };
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writable");
    let kept: PathBuf = folder.path().join("sources");
    let sources = kept.display().to_string();
    put("page.html", PAGE);
    let add = ["source", "add", &path("page.html"), "--sources", &sources, "--id", "equity"];
    let more = ["--url", "https://example.org/equity", "--retrieved", "2026-11-23"];
    let (line, stderr) = said(&throughline(&[&add[..], &more].concat()));
    assert!(
        line.contains(
            r#""name":"Equity & health","url":"https://example.org/equity","retrieved":"2026-11-23""#
        ),
        "{line}{stderr}"
    );
    let read = |name: &str| std::fs::read_to_string(kept.join(name)).expect("kept");
    assert!(!read("equity.txt").contains("Home"), "menus are no text: {}", read("equity.txt"));
    assert!(read("equity.around.txt").contains("Home"), "and are not lost");
    assert_eq!(read("equity.original"), PAGE);

    let text = kept.join("equity.txt").display().to_string();
    let (found, _) = said(&throughline(&["quote", &text, "department of health ORDERED ... maternal care"]));
    assert!(
        found.contains(
            r#""source":"source/equity","quote":"Department of Health ordered a review of maternal care""#
        ),
        "{found}"
    );
    assert_eq!(throughline(&["quote", &text, "no such words"]).status.code(), Some(1));

    let data = path("data.jsonl");
    let review = format!(
        "{line}{{\"entity\":\"agency/health\",\"kind\":\"Agency\",\"name\":\"Department of Health\"}}\n\
         {{\"entity\":\"review/care\",\"kind\":\"Review\",\"name\":\"Review of maternal care\"}}\n\
         {{\"link\":[\"agency/health\",\"ordered\",\"review/care\"],\"evidence\":[{}]}}\n",
        found.trim()
    );
    std::fs::write(&data, review).expect("writable");
    let check = ["check", "--data", &data, "--sources", &sources];
    let (told, stderr) = said(&throughline(&check));
    assert!(told.contains("VERIFIED                   1"), "{told}{stderr}");
    assert!(!told.contains("another than was recorded"), "{told}");

    // The same id does not take other words; the folder may be changed by hand, and then check tells.
    put("page.html", &PAGE.replace("ordered a review", "has ordered a thorough review"));
    let (_, stderr) = said(&throughline(&[&add[..], &more].concat()));
    assert!(stderr.contains("is there with another text"), "{stderr}");
    std::fs::write(
        kept.join("equity.txt"),
        read("equity.txt").replace("ordered a review", "has ordered a thorough review"),
    )
    .expect("writable");
    let out = throughline(&check);
    let (told, stderr) = said(&out);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        told.contains("the text of source/equity is another than was recorded; 1 links rest on it"),
        "{told}"
    );
    assert!(
        stderr.contains(
            "it may have become \"Department of Health has ordered a thorough review of maternal care\""
        ),
        "{stderr}"
    );
}
