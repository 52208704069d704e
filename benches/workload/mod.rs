//! The workload of every claim about speed: a made-up policy graph, the same for the same scale, in
//! our own JSON Lines and in the tables that other servers are fed with. At scale 1 it has 252,501
//! entities and about 510,000 links, each with one piece of evidence and a quote of its own.
//!
//! Agency -published-> Report -recommends-> Recommendation -informs-> Initiative -hasGoal-> Goal, and
//! one hub: each report concernsRegion place/0.

#![allow(dead_code, reason = "each of its users needs another part")]

use std::io::{self, Write};

/// A small generator of the xorshift family: what it gives depends on its seed alone.
pub(crate) struct Dice(u64);

impl Dice {
    /// `seed` is not 0.
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

const WORDS: [&str; 27] = [
    "equity",
    "access",
    "maternal",
    "rural",
    "housing",
    "climate",
    "transit",
    "school",
    "energy",
    "water",
    "labor",
    "justice",
    "broadband",
    "screening",
    "outreach",
    "staffing",
    "funding",
    "resilience",
    "prevention",
    "nutrition",
    "doula",
    "fellowship",
    "clinic",
    "corridor",
    "audit",
    "statewide",
    "care",
];

/// Kind, prefix of its ids, how many at scale 1.
const KINDS: [(&str, &str, usize); 6] = [
    ("SourceDocument", "source", 500),
    ("Agency", "agency", 2_000),
    ("Initiative", "initiative", 20_000),
    ("Report", "report", 50_000),
    ("Recommendation", "recommendation", 150_000),
    ("Goal", "goal", 30_000),
];

/// How many entities of the kind with that prefix there are at a scale.
pub(crate) fn size(prefix: &str, scale: f64) -> usize {
    let of = KINDS.iter().find(|(_, p, _)| *p == prefix).map_or(0, |(.., n)| *n);
    ((of as f64 * scale) as usize).max(1)
}

/// Where a line goes: JSON Lines, and tables beside them where they are wanted.
pub(crate) struct Out<'w> {
    /// Our format.
    pub(crate) lines: &'w mut dyn Write,
    /// `id kind title year` and `from relation to source quote`, with a line of heads.
    pub(crate) tables: Option<(&'w mut dyn Write, &'w mut dyn Write)>,
}

/// How much was written.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Entities.
    pub(crate) entities: usize,
    /// Links.
    pub(crate) links: usize,
}

/// Writes the graph of a scale.
pub(crate) fn write(out: &mut Out<'_>, scale: f64) -> io::Result<Counts> {
    let mut dice = Dice::new(42);
    let mut counts = Counts { entities: 1, links: 0 };
    if let Some((nodes, edges)) = &mut out.tables {
        writeln!(nodes, "id\tkind\ttitle\tyear\nplace:0\tPlace\tThe whole commonwealth\t")?;
        writeln!(edges, "from\trelation\tto\tsource\tquote")?;
    }
    writeln!(out.lines, r#"{{"entity":"place/0","kind":"Place","name":"The whole commonwealth"}}"#)?;
    let mut words = String::new();
    for (kind, prefix, _) in KINDS {
        let key = if prefix == "source" { "source" } else { "entity" };
        for i in 0..size(prefix, scale) {
            say(&mut words, &mut dice, 6);
            let year = 2000 + i % 25;
            let name = format_args!("The {prefix} number {i} concerning {words}");
            writeln!(
                out.lines,
                r#"{{"{key}":"{prefix}/{i}","kind":"{kind}","name":"{name}","date":"{year}"}}"#
            )?;
            if let Some((nodes, _)) = &mut out.tables {
                writeln!(nodes, "{prefix}:{i}\t{kind}\t{name}\t{year}")?;
            }
            counts.entities += 1;
        }
    }
    let mut link = |dice: &mut Dice, from: (&str, usize), relation: &str, to: (&str, usize)| {
        counts.links += 1;
        say(&mut words, dice, 8);
        let (a, b, n, source) = (from, to, counts.links, dice.below(size("source", scale)));
        let quote = format_args!("Sentence {n} says that {words} follow.");
        writeln!(
            out.lines,
            r#"{{"link":["{}/{}","{relation}","{}/{}"],"evidence":[{{"source":"source/{source}","quote":"{quote}","basis":"STATED"}}]}}"#,
            a.0, a.1, b.0, b.1
        )?;
        match &mut out.tables {
            Some((_, edges)) => {
                writeln!(edges, "{}:{}\t{relation}\t{}:{}\tsource:{source}\t{quote}", a.0, a.1, b.0, b.1)
            }
            None => Ok(()),
        }
    };
    let (agencies, reports, initiatives, goals) =
        (size("agency", scale), size("report", scale), size("initiative", scale), size("goal", scale));
    for i in 0..reports {
        let agency = dice.below(agencies);
        link(&mut dice, ("agency", agency), "published", ("report", i))?;
        link(&mut dice, ("report", i), "concernsRegion", ("place", 0))?;
    }
    for i in 0..size("recommendation", scale) {
        link(&mut dice, ("report", i % reports), "recommends", ("recommendation", i))?;
        // One time in three there is a second initiative, and it may be the first again.
        for _ in 0..1 + usize::from(dice.below(3) == 0) {
            let initiative = dice.below(initiatives);
            link(&mut dice, ("recommendation", i), "informs", ("initiative", initiative))?;
        }
    }
    for i in 0..initiatives {
        for _ in 0..3 {
            let goal = dice.below(goals);
            link(&mut dice, ("initiative", i), "hasGoal", ("goal", goal))?;
        }
    }
    Ok(counts)
}

fn say(words: &mut String, dice: &mut Dice, count: usize) {
    words.clear();
    for i in 0..count {
        if i > 0 {
            words.push(' ');
        }
        words.push_str(WORDS[dice.below(WORDS.len())]);
    }
}

/// Three hops from ten reports, every entity with three fields: what one request asks.
pub(crate) const CHAIN: &str = include_str!("../http/chain.graphql");

/// The same with the words behind every link.
pub(crate) const EVIDENCED: &str = include_str!("../http/evidenced.graphql");

/// One entity by its id.
pub(crate) const LOOKUP: &str = include_str!("../http/lookup.graphql");

/// Ids to start from, drawn by a seed.
pub(crate) fn starts(prefix: &str, scale: f64, seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    (0..count).map(|_| format!("{prefix}/{}", dice.below(size(prefix, scale)))).collect()
}

/// What a program of these was told, without what cargo adds.
pub(crate) fn arguments() -> Vec<String> {
    std::env::args().skip(1).filter(|a| a != "--bench").collect()
}
