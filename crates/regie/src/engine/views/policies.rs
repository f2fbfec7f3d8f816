//! The policies that were adopted, in their order, which consents each of them ended, and how what they dropped was called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regie_domain::fact::PolicyAdopted;
use regie_domain::policy::diff::{Change, Diff, EverNamed, renamed, swapped};
use regie_domain::policy::{Basis, Policy, Purpose, Recipient, Wording};
use regie_domain::time::Time;

/// One adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adopted {
    /// Where its fact lies.
    pub position: u64,
    /// From then on it was in force.
    pub at: Time,
    /// Its version.
    pub version: String,
    /// SHA-256 of its text, hex.
    pub digest: String,
    /// The purposes whose consents ended with it, because they changed materially.
    pub ended: Vec<String>,
    /// How they changed, the material changes and the others.
    pub changes: Vec<Change>,
}

/// How customers knew what the policy in force does not name any more: facts still carry its ids. The last of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormerNames {
    /// By purpose.
    pub purposes: BTreeMap<String, Wording>,
    /// By category.
    pub categories: BTreeMap<String, Wording>,
    /// By recipient, with its role and country.
    pub recipients: BTreeMap<String, Recipient>,
    /// By source.
    pub sources: BTreeMap<String, Wording>,
}

impl FormerNames {
    /// Notes every name of a policy that another one follows.
    fn note(&mut self, policy: &Policy) {
        let named = |id: &String, name: &Wording| (id.clone(), name.clone());
        self.purposes.extend(policy.purposes.iter().map(|p| named(&p.id, &p.name)));
        self.categories.extend(policy.categories.iter().map(|c| named(&c.id, &c.name)));
        self.recipients.extend(policy.recipients.iter().map(|r| (r.id.clone(), r.clone())));
        self.sources.extend(policy.sources.iter().map(|s| named(&s.id, &s.name)));
    }
}

/// See the module. Of the texts only the newest is held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    all: Vec<Adopted>,
    newest: Option<Policy>,
    former: Arc<FormerNames>,
    /// The purposes that ever rested on consent.
    consented: BTreeSet<String>,
    /// What their consents may cover.
    ever: EverNamed,
    unreadable: Option<u64>,
}

impl Policies {
    /// Takes in an adoption and returns the purposes whose consents end with it. A text that cannot be read as a policy would end none that it
    /// should have ended: a start refuses it ([`Policies::unreadable`]).
    pub(crate) fn adopt(&mut self, position: u64, adopted: &PolicyAdopted) -> Vec<String> {
        let policy = Policy::reread(&adopted.text);
        if policy.is_none() && self.unreadable.is_none() {
            self.unreadable = Some(position);
        }
        let mut diff = self.newest.as_ref().zip(policy.as_ref()).map(|(old, new)| Diff::of(old, new));
        if let Some(policy) = &policy {
            diff.iter_mut().for_each(|diff| self.ever.mark(policy, diff));
            self.ever.note(policy);
        }
        let ended = diff.as_ref().map(Diff::invalidated).unwrap_or_default();
        let of_ended = |change: &Change| change.purpose.as_ref().is_some_and(|purpose| ended.contains(&purpose.id));
        let changes = diff.into_iter().flat_map(|diff| diff.changes).filter(of_ended).collect();
        self.all.push(Adopted {
            position,
            at: adopted.at,
            version: adopted.version.clone(),
            digest: adopted.digest.clone(),
            ended: ended.clone(),
            changes,
        });
        let on_consent = |p: &&Purpose| p.basis == Basis::Consent;
        self.consented.extend(policy.iter().flat_map(|policy| &policy.purposes).filter(on_consent).map(|p| p.id.clone()));
        if let Some(old) = self.newest.as_ref().filter(|_| policy.is_some()) {
            Arc::make_mut(&mut self.former).note(old);
        }
        self.newest = policy.or(self.newest.take());
        ended
    }

    /// A purpose that rested on consent once and rests on a contract or a law in `policy`. (On a legitimate interest it may: there every
    /// earlier no is an objection.)
    pub(crate) fn swapped<'p>(&self, policy: &'p Policy) -> Option<&'p str> {
        swapped(policy, |id| self.consented.contains(id))
    }

    /// A recipient of `policy` that customers knew under another name.
    pub(crate) fn renamed<'p>(&self, policy: &'p Policy) -> Option<&'p str> {
        let newest = |id: &str| Some(self.newest.as_ref()?.recipients.iter().find(|r| r.id == id)?.name.clone());
        renamed(policy, |id| newest(id).or_else(|| Some(self.former.recipients.get(id)?.name.clone())))
    }

    /// The names of earlier policies.
    pub(crate) fn former(&self) -> Arc<FormerNames> {
        Arc::clone(&self.former)
    }

    /// Where the first text lies that cannot be read as a policy.
    pub(crate) fn unreadable(&self) -> Option<u64> {
        self.unreadable
    }

    /// All adoptions, oldest first.
    pub(crate) fn all(&self) -> &[Adopted] {
        &self.all
    }

    /// The policy that was in force at a moment.
    pub(crate) fn at(&self, at: Time) -> Option<&Adopted> {
        self.all.iter().rev().find(|adopted| adopted.at <= at)
    }

    /// By version and purpose: the wordings that no yes can rest on any more.
    pub(crate) fn outdated(&self) -> Vec<(String, String)> {
        let mut outdated = Vec::new();
        for (at, adopted) in self.all.iter().enumerate() {
            for purpose in &adopted.ended {
                let before = self.all.iter().take(at).filter(|earlier| earlier.version != adopted.version);
                outdated.extend(before.map(|earlier| (earlier.version.clone(), purpose.clone())));
            }
        }
        outdated
    }
}
