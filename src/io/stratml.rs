//! StratML (ISO 17469): plans with their goals, objectives, stakeholders and measures, as XML. Which of
//! our kinds and relations they are is said by two programs beside the ontology.

/// What makes lines of a plan: what faults call it, and its text.
pub const READ: (&str, &str) = ("schema/stratml/read.jq", include_str!("../../schema/stratml/read.jq"));

/// What makes a plan of a graph. `$args.part` is 1 or 2; `$args.of` names the plan.
pub const WRITE: (&str, &str) = ("schema/stratml/write.jq", include_str!("../../schema/stratml/write.jq"));
