//! What is known of words, read from `extend schema @abbreviation(…)` and `@stopwords(…)`: whoever
//! compares names asks these tables, and no list of words stands in Rust.

use apollo_compiler::Node;
use apollo_compiler::ast;

use super::Abbreviation;
use super::directives::{text, texts};
use super::read::Reader;

impl<'a> Reader<'a> {
    /// The abbreviations, in the order of the files; the forms of one long form are brought together.
    pub(super) fn abbreviations(&mut self, directives: &[&'a Node<ast::Directive>]) -> Vec<Abbreviation> {
        let mut all: Vec<Abbreviation> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "abbreviation") {
            let of = text(d, "of");
            if of.is_empty() || !of.split(' ').all(is_word) {
                self.fault(
                    d.location(),
                    format!("`{of}` cannot be what an abbreviation stands for"),
                    "write it out in lower case, one space between words",
                );
            }
            let forms = texts(d, "forms");
            if forms.is_empty() {
                self.fault(
                    d.location(),
                    format!("the abbreviation of `{of}` has no forms"),
                    "name one, or remove it",
                );
            }
            let at = all.iter().position(|a| a.of == of).unwrap_or_else(|| {
                all.push(Abbreviation { of: of.clone(), forms: Vec::new() });
                all.len() - 1
            });
            for form in forms {
                if !is_word(&form) {
                    self.fault(
                        d.location(),
                        format!("`{form}` cannot be an abbreviation of `{of}`"),
                        "write one word of letters and digits in lower case, without full stops",
                    );
                } else if form == of || all[at].forms.contains(&form) {
                    self.fault(
                        d.location(),
                        format!("`{form}` is declared twice as an abbreviation of `{of}`"),
                        "remove one",
                    );
                } else {
                    all[at].forms.push(form);
                }
            }
        }
        // A long form is not looked at again: a short form in it would never be found.
        for d in directives.iter().filter(|d| d.name == "abbreviation") {
            let of = text(d, "of");
            let mut words = of.split(' ');
            if let Some(short) = words.find(|w| all.iter().any(|a| a.forms.iter().any(|f| f == w))) {
                self.fault(
                    d.location(),
                    format!("`{of}` uses `{short}`, which is an abbreviation itself"),
                    "write it out",
                );
            }
        }
        all
    }

    /// The stop words, in the order of the files.
    pub(super) fn stop_words(&mut self, directives: &[&'a Node<ast::Directive>]) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "stopwords") {
            for word in texts(d, "words") {
                if !is_word(&word) {
                    self.fault(
                        d.location(),
                        format!("`{word}` cannot be a stop word"),
                        "write one word of letters and digits in lower case",
                    );
                } else if all.contains(&word) {
                    self.fault(d.location(), format!("stop word `{word}` is declared twice"), "remove one");
                } else {
                    all.push(word);
                }
            }
        }
        all
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_alphanumeric) && word.to_lowercase() == word
}
