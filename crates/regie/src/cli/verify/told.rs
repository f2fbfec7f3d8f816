//! What was checked, part by part, as text or as JSON.

use regie_domain::ids::Handle;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::{Step, Trust, verify_receipt};
use regie_store::ledger::verify_signature;
use serde_json::{Value, json};

/// What is said to whoever took the key from what it should vouch for.
const UNPINNED: &str =
    "whose key it is was not checked: get it from the retailer's /ledger-key, or an earlier receipt, and give it with --key";

enum Line {
    Holds { what: String, found: String },
    Fails { what: String, code: String, why: String },
    Note(String),
}

/// Everything that was checked.
#[derive(Default)]
pub(super) struct Told {
    parts: Vec<(String, Vec<Line>)>,
}

/// One file, or one comparison.
pub(super) struct Part<'a>(&'a mut Vec<Line>);

impl Part<'_> {
    pub(super) fn holds(&mut self, what: &str, found: &str) {
        self.0.push(Line::Holds { what: what.to_owned(), found: found.to_owned() });
    }

    pub(super) fn fails(&mut self, what: &str, code: &str, why: &str) {
        self.0.push(Line::Fails { what: what.to_owned(), code: code.to_owned(), why: why.to_owned() });
    }

    pub(super) fn notes(&mut self, note: &str) {
        self.0.push(Line::Note(note.to_owned()));
    }

    pub(super) fn key(&mut self, key: &VerifierKey, pinned: bool, from: &str) {
        if pinned {
            self.holds("key", &format!("the key is the one that you gave: {}", key.short()));
        } else {
            self.notes(&format!("the key was taken from {from}: {}", key.short()));
            self.notes(UNPINNED);
        }
    }
}

impl Told {
    /// The lines of one file, begun or gone on with.
    pub(super) fn part(&mut self, name: &str) -> Part<'_> {
        let at = self.parts.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.parts.push((name.to_owned(), Vec::new()));
            self.parts.len() - 1
        });
        Part(&mut self.parts[at].1)
    }

    /// Checks a receipt. What it proves, if it holds: its head, its key, its leaf.
    pub(super) fn receipt(
        &mut self,
        name: &str,
        text: &[u8],
        pinned: Option<&VerifierKey>,
        customers: &[Handle],
    ) -> Option<(Checkpoint, VerifierKey, ([u8; 32], u64))> {
        let report = verify_receipt(text, &Trust { key: pinned, verify: &verify_signature });
        let mut part = self.part(name);
        for check in &report.held {
            // A key that only the receipt itself names was read, not checked.
            if check.step == Step::Key && !report.pinned {
                part.notes(&check.found);
            } else {
                part.holds(check.step.code(), &check.found);
            }
        }
        if let Some((step, why)) = report.refused {
            part.fails(step.code(), why.code(), &why.to_string());
            return None;
        }
        let core = report.core.unwrap_or_default();
        if !customers.is_empty() {
            let about = core["customer"].as_str().unwrap_or_default();
            if customers.iter().any(|customer| about == customer.to_string()) {
                part.holds("customer", &format!("it is about {about}"));
            } else {
                let why =
                    format!("it is about {about}; if that is an earlier number of the same customer, name it with one more --customer");
                part.fails("customer", "receipt_of_another_customer", &why);
                return None;
            }
        }
        part.notes(&format!("proved: {}", sentence(&core)));
        if !report.pinned {
            part.notes(UNPINNED);
        }
        Some((report.checkpoint?, report.key?, report.leaf?))
    }

    /// Checks a checkpoint.
    pub(super) fn checkpoint(&mut self, name: &str, text: &str, key: Option<&VerifierKey>, pinned: bool) -> Option<Checkpoint> {
        let mut part = self.part(name);
        let Some(key) = key else {
            part.fails("key", "key_missing", "a checkpoint does not carry its key: give it with --key");
            return None;
        };
        match Checkpoint::open(text, key, &verify_signature) {
            Ok(checkpoint) => {
                part.key(key, pinned, "what else was handed in");
                part.holds("checkpoint", &format!("a head of {} leaves, signed with this key", checkpoint.size));
                Some(checkpoint)
            }
            Err(e) => {
                part.fails("checkpoint", e.code(), &e.to_string());
                None
            }
        }
    }

    pub(super) fn failures(&self) -> usize {
        self.parts.iter().flat_map(|(_, lines)| lines).filter(|line| matches!(line, Line::Fails { .. })).count()
    }

    pub(super) fn say(&self, as_json: bool) {
        let text = if as_json { self.json().to_string() } else { self.parts.iter().map(text).collect::<Vec<_>>().join("\n") };
        super::super::say(&text);
    }

    fn json(&self) -> Value {
        let part = |(name, lines): &(String, Vec<Line>)| {
            let lines: Vec<Value> = lines
                .iter()
                .map(|line| match line {
                    Line::Holds { what, found } => json!({"check": what, "holds": true, "detail": found}),
                    Line::Fails { what, code, why } => json!({"check": what, "holds": false, "code": code, "detail": why}),
                    Line::Note(note) => json!({"note": note}),
                })
                .collect();
            json!({"name": name, "checks": lines})
        };
        json!({"holds": self.failures() == 0, "checked": self.parts.iter().map(part).collect::<Vec<_>>()})
    }
}

/// What was checked of one file.
fn text((name, lines): &(String, Vec<Line>)) -> String {
    lines.iter().fold(name.clone(), |text, line| {
        text + &match line {
            Line::Holds { what, found } => format!("\n  ✓ {what}: {found}"),
            Line::Fails { what, code, why } => format!("\n  ✗ {what}: {why} ({code})"),
            Line::Note(note) => format!("\n  · {note}"),
        }
    })
}

/// What a receipt proves, in a sentence.
fn sentence(core: &Value) -> String {
    let text = |key: &str| core[key].as_str();
    let disclosed = text("disclosure").is_some();
    let part = |before: &str, key: &str| text(key).map(|value| format!("{before}{value}")).unwrap_or_default();
    format!(
        "{} on {}: `{}`{}{}{}{}{}",
        text("customer").unwrap_or("?"),
        text("at").unwrap_or("?"),
        if disclosed { "disclosed" } else { text("choice").unwrap_or("?") },
        part(" to ", "recipient"),
        part(" of ", "information"),
        part(" for ", "purpose"),
        part(", until ", "until"),
        if disclosed { "." } else { ". Whether it still stands, the newest receipt about this says." },
    )
}
