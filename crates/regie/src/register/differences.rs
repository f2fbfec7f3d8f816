//! Where the policy declares one thing and the log shows another.

use regie_domain::policy::{Basis, Policy, RecipientIx, Role};

use super::seen::Seen;
use crate::http::pages::words::Words;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Stable, for programs.
    pub code: &'static str,
    /// `category`, `purpose` or `recipient`.
    pub what: &'static str,
    /// Its id.
    pub id: String,
}

impl Difference {
    /// The difference as a sentence.
    pub fn text(&self, t: Words, policy: &Policy) -> String {
        t.with(self.key(), &[("name", self.name(t, policy).into())])
    }

    fn key(&self) -> &'static str {
        match self.code {
            "collected_never_used" => "reg-diff-never-used",
            "declared_never_collected" => "reg-diff-never-collected",
            "declared_without_purpose" => "reg-diff-without-purpose",
            "purpose_never_used" => "reg-diff-purpose-unused",
            "recipient_never_served" => "reg-diff-recipient-unserved",
            _ => "reg-diff-undeclared",
        }
    }

    /// As the policy names it; what it does not know stands for itself.
    fn name(&self, t: Words, policy: &Policy) -> String {
        let name = match self.what {
            "category" => policy.category(&self.id).and_then(|c| policy.categories.get(usize::from(c.0))).map(|c| &c.name),
            "purpose" => policy.purpose(&self.id).map(|p| &policy.at(p).name),
            _ => policy.recipient(&self.id).and_then(|r| policy.recipients.get(usize::from(r.0))).map(|r| &r.name),
        };
        name.map_or(self.id.as_str(), |n| n.get(t.language.tag())).to_owned()
    }
}

/// One sentence for all differences of a kind, for people.
pub(super) fn sentences(all: &[Difference], t: Words, policy: &Policy) -> Vec<String> {
    let mut kinds: Vec<(&'static str, Vec<String>)> = Vec::new();
    for difference in all {
        let name = difference.name(t, policy);
        match kinds.iter_mut().find(|(key, _)| *key == difference.key()) {
            Some((_, names)) => names.push(name),
            None => kinds.push((difference.key(), vec![name])),
        }
    }
    kinds.into_iter().map(|(key, names)| t.with(key, &[("name", names.join("; ").into())])).collect()
}

/// All of them: what was seen and is not declared first.
pub fn differences(policy: &Policy, seen: &Seen) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut add = |code, what, id: &str| {
        let difference = Difference { code, what, id: id.to_owned() };
        if !all.contains(&difference) {
            all.push(difference);
        }
    };
    for (purpose, category, recipient) in seen.used.keys() {
        if policy.purpose(purpose).is_none() {
            add("seen_not_declared", "purpose", purpose);
        }
        if policy.category(category).is_none() {
            add("seen_not_declared", "category", category);
        }
        if policy.recipient(recipient).is_none() {
            add("seen_not_declared", "recipient", recipient);
        }
    }
    for category in seen.kept.keys().filter(|c| policy.category(c).is_none()) {
        add("seen_not_declared", "category", category);
    }
    for (ix, category) in (0u8..).zip(&policy.categories) {
        let ix = regie_domain::policy::CategoryIx(ix);
        let has_purpose = policy.purposes.iter().any(|p| p.categories.has(ix));
        let kept = seen.kept.contains_key(&category.id);
        let used = seen.used(|_, c, _| c == category.id).allowed > 0;
        // What only a law demands is kept to be there, not to be used; and what a purpose does not keep was not collected for it.
        let for_use = policy.purposes.iter().any(|p| p.keeps(ix) && p.basis != Basis::LegalObligation);
        match (has_purpose, kept, used) {
            (false, ..) => add("declared_without_purpose", "category", &category.id),
            (true, true, false) if for_use => add("collected_never_used", "category", &category.id),
            (true, false, false) => add("declared_never_collected", "category", &category.id),
            _ => {}
        }
    }
    for purpose in policy.purposes.iter().filter(|p| p.basis != Basis::LegalObligation) {
        if seen.used(|p, _, _| p == purpose.id).allowed == 0 {
            add("purpose_never_used", "purpose", &purpose.id);
        }
    }
    // Whoever holds all that is kept got it without a use, so the log cannot show that it got nothing.
    let holders = policy.holders();
    for (ix, recipient) in (0u8..).zip(&policy.recipients).filter(|(_, r)| r.role != Role::Retailer) {
        if !holders.has(RecipientIx(ix)) && seen.used(|_, _, r| r == recipient.id).allowed == 0 {
            add("recipient_never_served", "recipient", &recipient.id);
        }
    }
    all
}
