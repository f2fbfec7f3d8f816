//! `regie policy diff OLD NEW`: what a newer policy changes, which consents it ends, and how customers read it. It fails where the
//! version does not go forward, after saying what differs.

use std::path::Path;

use anyhow::Context;
use regie_domain::policy::diff::{Change, Diff, renamed, swapped, version_order};
use regie_domain::policy::{Basis, Policy};
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::http::pages::changes::change_text;
use crate::http::pages::words::{Language, Words};

pub(super) fn run(old: &Path, new: &Path, as_json: bool) -> anyhow::Result<()> {
    let (before, after) = (read(old)?, read(new)?);
    let diff = Diff::of(&before, &after);
    let same = before.digest == after.digest;
    let forward = same || version_order(&before.version, &after.version).is_lt();
    if as_json {
        println!("{}", json(&diff, forward));
    } else {
        print(&diff, forward);
    }
    // As a start with it would be refused; that also remembers what rested on consent before the older one.
    if let Some(purpose) = swapped(&after, |id| before.purpose(id).is_some_and(|ix| before.at(ix).basis == Basis::Consent)) {
        return Err(EngineError::PolicyBasisSwapped { purpose: purpose.to_owned() }.into());
    }
    let known_as = |id: &str| before.recipients.iter().find(|r| r.id == id).map(|r| r.name.clone());
    if let Some(recipient) = renamed(&after, known_as) {
        return Err(EngineError::PolicyRecipientRenamed { recipient: recipient.to_owned() }.into());
    }
    match version_order(&before.version, &after.version) {
        _ if forward => Ok(()),
        std::cmp::Ordering::Equal => Err(EngineError::PolicyVersionReused { version: after.version }.into()),
        _ => Err(EngineError::PolicyBackwards { from: before.version, to: after.version }.into()),
    }
}

fn print(diff: &Diff, forward: bool) {
    println!("{} → {}", diff.from, diff.to);
    if !forward {
        println!("! this version does not come after the older one: a server refuses it until it has a later version");
    }
    if diff.changes.is_empty() {
        println!("nothing differs that customers or decisions would notice");
        return;
    }
    for change in &diff.changes {
        let ids = [&change.purpose, &change.about].into_iter().flatten().map(|thing| thing.id.as_str());
        let place = ids.collect::<Vec<_>>().join(" / ");
        println!("{} {:<26} {place}", if change.material { "!" } else { " " }, change.kind.code());
        if !(change.before.is_empty() && change.after.is_empty()) {
            println!("      - {}\n      + {}", change.before, change.after);
        }
        for language in [Language::Dutch, Language::English] {
            println!("      {}: {}", language.tag(), sentence(change, language));
        }
    }
    let ended = diff.invalidated();
    if ended.is_empty() {
        println!("no consent ends");
    } else {
        println!("! marks a material change: with it the consents end that were given to {}", ended.join(", "));
    }
}

fn read(file: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the policy {}", file.display()))?;
    Policy::parse(&text).with_context(|| format!("{} is not a policy that can be adopted", file.display()))
}

fn json(diff: &Diff, forward: bool) -> Value {
    let changes: Vec<Value> = diff
        .changes
        .iter()
        .map(|change| {
            json!({
                "change": change.kind.code(),
                "purpose": change.purpose.as_ref().map(|p| &p.id),
                "about": change.about.as_ref().map(|a| &a.id),
                "before": change.before,
                "after": change.after,
                "material": change.material,
                "customers": {"nl": sentence(change, Language::Dutch), "en": sentence(change, Language::English)},
            })
        })
        .collect();
    json!({"from": diff.from, "to": diff.to, "version_goes_forward": forward, "changes": changes, "ends_consents_to": diff.invalidated()})
}

/// How a customer reads a change.
fn sentence(change: &Change, language: Language) -> String {
    change_text(Words::new(language), change)
}

#[cfg(test)]
mod tests {
    use regie_domain::policy::diff::Kind;

    use super::*;

    /// The kinds of change between the retail policy and one with this in place of that, in `from` on.
    fn kinds(from: &str, was: &str, is: &str) -> Vec<(Kind, bool)> {
        let retail = include_str!("../../../../policy/retail.toml");
        let (head, tail) = retail.split_at(retail.find(from).unwrap());
        let newer = format!("{head}{}", tail.replacen(was, is, 1));
        let changes = Diff::of(&Policy::parse(retail).unwrap(), &Policy::parse(&newer).unwrap()).changes;
        assert!(changes.iter().all(|change| change.purpose.is_some()), "{changes:?}");
        let mut kinds: Vec<_> = changes.iter().map(|change| (change.kind, change.material)).collect();
        kinds.dedup();
        kinds
    }

    #[test]
    fn another_name_is_told_as_that_and_what_is_needed_is_told() {
        let corrected = |id: &str| format!("corrections = [\"{id}\"]");
        let renamed = |was: &str, is: &str, id: &str| {
            let retail = include_str!("../../../../policy/retail.toml");
            let newer = retail.replace(was, is).replacen("corrections = []", &corrected(id), 1);
            let changes = Diff::of(&Policy::parse(retail).unwrap(), &Policy::parse(&newer).unwrap()).changes;
            changes.iter().map(|change| (change.kind, change.material)).collect::<std::collections::BTreeSet<_>>()
        };
        let one = |kind| std::collections::BTreeSet::from([(kind, false)]);
        assert_eq!(renamed("name.nl = \"je aankopen\"", "name.nl = \"wat je koopt\"", "purchases"), one(Kind::CategoryRenamed));
        let mailer = "name.nl = \"het bedrijf dat onze berichten verstuurt\"";
        assert_eq!(renamed(mailer, "name.nl = \"onze postbode\"", "mailer"), one(Kind::RecipientRenamed));
        let desk = "name.nl = \"telefoon\"\nname.en = \"telephone\"";
        assert_eq!(renamed(desk, "name.nl = \"bellen\"\nname.en = \"calling\"", "telephone"), one(Kind::ChannelRenamed));
        let visits = "name.nl = \"bezoek\"\nname.en = \"visits\"";
        assert!(kinds("[[channel]]", desk, visits).contains(&(Kind::ChannelRenamed, true)), "it ends consents");
        assert!(sentence(&Change { kind: Kind::RecipientRenamed, ..any() }, Language::Dutch).contains("heet nu anders"));
        let purpose = "id = \"marketing-email\"";
        let mails = "necessary_recipients = [\"mailer\"]";
        let both = "necessary_recipients = [\"mailer\", \"hosting\"]";
        assert_eq!(kinds(purpose, mails, both), [(Kind::RecipientNeeded, false)]);
        assert_eq!(
            kinds(purpose, mails, "necessary_recipients = [\"hosting\"]"),
            [(Kind::RecipientNeeded, false), (Kind::NoMoreNeeded, false)]
        );
        let tips = "id = \"recommendations\"";
        assert_eq!(kinds(tips, "necessary_channels = [\"web\", \"app\"]", "necessary_channels = [\"web\"]"), [(Kind::NoMoreNeeded, false)]);
    }

    fn any() -> Change {
        Change { kind: Kind::TextChanged, purpose: None, about: None, before: String::new(), after: String::new(), material: false }
    }

    #[test]
    fn every_kind_of_change_has_a_sentence_in_both_languages() {
        for kind in Kind::ALL {
            let key = format!("diff-{}", kind.code().replace('_', "-"));
            for language in [Language::Dutch, Language::English] {
                let text = Words::new(language).with(&key, &[("purpose", "X".into()), ("about", "Y".into())]);
                assert!(text != key && text.ends_with('.') && !text.contains('{'), "{key}: {text}");
            }
        }
    }
}
