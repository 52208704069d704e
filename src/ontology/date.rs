//! Dates as sources give them: a year, a month, "about 2023", "since 2022". A subset of the
//! Extended Date/Time Format, level 1 (<https://www.loc.gov/standards/datetime/>).
//!
//! Comparisons come in two strengths: `before` means *certainly* before, whatever day of the
//! period was meant; `possibly_before` means that some reading of both would make it so.

use std::fmt;

pub use jiff::civil::Date;

/// How exactly a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// A whole year.
    Year,
    /// A month of a year.
    Month,
    /// A single day.
    Day,
    /// From one date to another, either of which may be open.
    Interval,
}

impl Precision {
    /// The names as GraphQL enum values.
    pub const ALL: [(Precision, &str); 4] = [
        (Precision::Year, "YEAR"),
        (Precision::Month, "MONTH"),
        (Precision::Day, "DAY"),
        (Precision::Interval, "INTERVAL"),
    ];

    /// The GraphQL enum value.
    pub fn name(self) -> &'static str {
        name_of(&Self::ALL, self)
    }
}

/// What a date is the date of. A closed list: a date without its kind is not evidence of much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateKind {
    /// Released or published.
    Published,
    /// Asked for, ordered.
    Ordered,
    /// Said, shared or announced.
    Announced,
    /// Took place.
    Occurred,
    /// The period that data describe.
    Data,
    /// Part of a name, with no event stated.
    Named,
    /// A copyright line.
    Copyright,
    /// Content last reviewed.
    Reviewed,
    /// In force.
    Effective,
    /// A lower bound taken from the context.
    Since,
    /// A deadline.
    Due,
    /// Fetched by us.
    Retrieved,
}

impl DateKind {
    /// The names as GraphQL enum values and in data files.
    pub const ALL: [(DateKind, &str); 12] = [
        (DateKind::Published, "PUBLISHED"),
        (DateKind::Ordered, "ORDERED"),
        (DateKind::Announced, "ANNOUNCED"),
        (DateKind::Occurred, "OCCURRED"),
        (DateKind::Data, "DATA"),
        (DateKind::Named, "NAMED"),
        (DateKind::Copyright, "COPYRIGHT"),
        (DateKind::Reviewed, "REVIEWED"),
        (DateKind::Effective, "EFFECTIVE"),
        (DateKind::Since, "SINCE"),
        (DateKind::Due, "DUE"),
        (DateKind::Retrieved, "RETRIEVED"),
    ];

    /// The GraphQL enum value.
    pub fn name(self) -> &'static str {
        name_of(&Self::ALL, self)
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<DateKind> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(kind, _)| *kind)
    }
}

fn name_of<T: PartialEq + Copy>(all: &[(T, &'static str)], item: T) -> &'static str {
    all.iter().find(|(i, _)| *i == item).map_or("", |(_, name)| name)
}

/// A date or an interval with the precision its source gave, and what it is the date of.
///
/// ```
/// use throughline::ontology::FuzzyDate;
/// let released = FuzzyDate::parse("2023-07", None)?;
/// let ordered = FuzzyDate::parse("2023-09~", None)?;
/// assert!(released.before(&ordered));
/// assert!(!FuzzyDate::parse("2023", None)?.before(&ordered));
/// assert!(FuzzyDate::parse("2023", None)?.possibly_before(&ordered));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuzzyDate {
    earliest: Option<Date>,
    latest: Option<Date>,
    precision: Precision,
    approximate: bool,
    kind: Option<DateKind>,
    text: Box<str>,
}

impl FuzzyDate {
    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, each with an optional `~` (approximate), `?`
    /// (uncertain) or `%` (both), or an interval `A/B` whose ends may be `..` (open).
    ///
    /// # Errors
    /// A sentence that names the part that is no date.
    pub fn parse(text: &str, kind: Option<DateKind>) -> Result<FuzzyDate, String> {
        let (earliest, latest, precision, approximate) = match text.split_once('/') {
            None => {
                let (first, last, precision, approximate) = point(text)?;
                (Some(first), Some(last), precision, approximate)
            }
            Some((from, to)) => {
                let from = end(from)?;
                let to = end(to)?;
                if from.is_none() && to.is_none() {
                    return Err(format!("`{text}` is open at both ends and says nothing"));
                }
                let approximate =
                    from.is_some_and(|(.., approx)| approx) || to.is_some_and(|(.., approx)| approx);
                let (earliest, latest) = (from.map(|p| p.0), to.map(|p| p.1));
                if let (Some(a), Some(b)) = (earliest, latest)
                    && a > b
                {
                    return Err(format!("the interval `{text}` ends before it begins"));
                }
                (earliest, latest, Precision::Interval, approximate)
            }
        };
        Ok(FuzzyDate { earliest, latest, precision, approximate, kind, text: text.into() })
    }

    /// The text in EDTF, as it was read.
    pub fn edtf(&self) -> &str {
        &self.text
    }
    /// The first day it may mean; none if open.
    pub fn earliest(&self) -> Option<Date> {
        self.earliest
    }
    /// The last day it may mean; none if open.
    pub fn latest(&self) -> Option<Date> {
        self.latest
    }
    /// How exactly it is known.
    pub fn precision(&self) -> Precision {
        self.precision
    }
    /// Whether its source or its reader was not sure.
    pub fn approximate(&self) -> bool {
        self.approximate
    }
    /// What it is the date of, if stated.
    pub fn kind(&self) -> Option<DateKind> {
        self.kind
    }

    /// Certainly before: its last day precedes the other's first.
    pub fn before(&self, other: &FuzzyDate) -> bool {
        matches!((self.latest, other.earliest), (Some(a), Some(b)) if a < b)
    }
    /// Certainly after.
    pub fn after(&self, other: &FuzzyDate) -> bool {
        other.before(self)
    }
    /// Some day of it precedes some day of the other.
    pub fn possibly_before(&self, other: &FuzzyDate) -> bool {
        match (self.earliest, other.latest) {
            (Some(a), Some(b)) => a < b,
            _ => true,
        }
    }
    /// Some day of it follows some day of the other.
    pub fn possibly_after(&self, other: &FuzzyDate) -> bool {
        other.possibly_before(self)
    }
    /// They certainly share a day: one lies within the other, or both hold one day for sure.
    pub fn overlaps(&self, other: &FuzzyDate) -> bool {
        self.within(other) || other.within(self)
    }
    /// They may share a day.
    pub fn possibly_overlaps(&self, other: &FuzzyDate) -> bool {
        !self.before(other) && !self.after(other)
    }
    /// Every day it may mean is a day the other covers.
    fn within(&self, other: &FuzzyDate) -> bool {
        let starts = match (other.earliest, self.earliest) {
            (None, _) => true,
            (Some(o), Some(s)) => o <= s,
            (Some(_), None) => false,
        };
        let ends = match (other.latest, self.latest) {
            (None, _) => true,
            (Some(o), Some(s)) => s <= o,
            (Some(_), None) => false,
        };
        starts && ends
    }
}

impl fmt::Display for FuzzyDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

type Point = (Date, Date, Precision, bool);

fn end(text: &str) -> Result<Option<Point>, String> {
    if text == ".." { Ok(None) } else { point(text).map(Some) }
}

fn point(text: &str) -> Result<Point, String> {
    let bare = text.strip_suffix(['~', '?', '%']).unwrap_or(text);
    let approximate = bare.len() < text.len();
    let refuse = || {
        format!(
            "`{text}` is no date; write YYYY, YYYY-MM or YYYY-MM-DD, with ~ if approximate, or an interval A/B with .. for an open end"
        )
    };
    if !bare.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Err(refuse());
    }
    let parts: Vec<&str> = bare.split('-').collect();
    let number =
        |s: &str, width: usize| -> Option<i16> { (s.len() == width).then(|| s.parse().ok()).flatten() };
    let parsed = match parts[..] {
        [y] => number(y, 4).map(|y| (y, 1, None, Precision::Year)),
        [y, m] => number(y, 4).zip(number(m, 2)).map(|(y, m)| (y, m, None, Precision::Month)),
        [y, m, d] => number(y, 4)
            .zip(number(m, 2))
            .zip(number(d, 2))
            .map(|((y, m), d)| (y, m, Some(d), Precision::Day)),
        _ => None,
    };
    let (year, month, day, precision) = parsed.ok_or_else(refuse)?;
    let new = |m: i16, d: i16| {
        Date::new(year, m as i8, d as i8).map_err(|_| format!("`{text}` names a day that does not exist"))
    };
    let first = new(month, day.unwrap_or(1))?;
    let last = match precision {
        Precision::Year => new(12, 31)?,
        Precision::Month => first.last_of_month(),
        _ => first,
    };
    Ok((first, last, precision, approximate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_the_days_they_may_mean() {
        for (text, earliest, latest, precision, approximate) in [
            ("2023", "2023-01-01", "2023-12-31", "YEAR", false),
            ("2024-02", "2024-02-01", "2024-02-29", "MONTH", false),
            ("2023-07-14", "2023-07-14", "2023-07-14", "DAY", false),
            ("2023-07~", "2023-07-01", "2023-07-31", "MONTH", true),
            ("2022/..", "2022-01-01", "", "INTERVAL", false),
            ("../2022-03?", "", "2022-03-31", "INTERVAL", true),
            ("2021/2022-06", "2021-01-01", "2022-06-30", "INTERVAL", false),
        ] {
            let date = FuzzyDate::parse(text, None).unwrap();
            let day = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
            assert_eq!(
                (day(date.earliest()).as_str(), day(date.latest()).as_str()),
                (earliest, latest),
                "{text}"
            );
            assert_eq!((date.precision().name(), date.approximate()), (precision, approximate), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_with_a_reason() {
        for (text, reason) in [
            ("July 2023", "is no date"),
            ("2023-13", "does not exist"),
            ("2023-02-30", "does not exist"),
            ("../..", "open at both ends"),
            ("2023/2021", "ends before it begins"),
            ("23", "is no date"),
            ("2023-7", "is no date"),
            ("", "is no date"),
            ("+2023", "is no date"),
        ] {
            let refusal = FuzzyDate::parse(text, None).unwrap_err();
            assert!(refusal.contains(reason), "{text}: {refusal}");
        }
    }

    #[test]
    fn certainly_and_possibly_differ() {
        let date = |text| FuzzyDate::parse(text, None).unwrap();
        assert!(date("2022").before(&date("2023-01")));
        assert!(!date("2023").before(&date("2023-06")) && date("2023").possibly_before(&date("2023-06")));
        assert!(date("2022/..").possibly_after(&date("2030")) && !date("2022/..").after(&date("2030")));
        assert!(date("2023-06").overlaps(&date("2023")) && !date("2023-06").overlaps(&date("2024")));
        assert!(date("2022/..").overlaps(&date("2023")));
        assert!(
            date("2021/2023").possibly_overlaps(&date("2023/2025"))
                && !date("2021/2023").overlaps(&date("2023/2025"))
        );
    }
}
