//! What differs between two versions of a policy, and which of it ends the consents that were given under the older one.
//!
//! Invariant: a change is material if a customer who said yes to the older version might not have said so to the newer one: another
//! basis, other vocabulary terms, another reason or act, a longer term, other data behind a category's name, a recipient that became
//! something else. What only narrows, or adds what an earlier yes does not cover anyway, is none;
//! what had gone and comes back is one ([`EverNamed`]). A text or name that says the same in
//! better words is none either, if the policy declares it under `corrections`. Left out: sentences for people; they are messages by [`Kind`].

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use super::signals::ConsentSignal;
use super::{Basis, Categories, Channels, Policy, Purpose, Recipient, RecipientIx, Recipients, Retention, Wording};
use crate::time::Time;

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A purpose that was not there.
    PurposeAdded,
    /// A purpose that is there no more.
    PurposeDropped,
    /// It rests on another basis.
    BasisChanged,
    /// Its terms in the Data Privacy Vocabulary.
    TermsChanged,
    /// What it is called.
    NameChanged,
    /// Why.
    WhyChanged,
    /// What is done.
    WhatChanged,
    /// Another text for customers.
    TextChanged,
    /// A category that it may use.
    CategoryAdded,
    /// A category that it may use no more.
    CategoryDropped,
    /// A category without which it cannot work.
    CategoryNeeded,
    /// A recipient without which it cannot work.
    RecipientNeeded,
    /// A channel without which it cannot work.
    ChannelNeeded,
    /// A category, recipient or channel without which it can work now.
    NoMoreNeeded,
    /// A recipient that it may serve.
    RecipientAdded,
    /// A recipient that it may serve no more.
    RecipientDropped,
    /// A channel that it may use.
    ChannelAdded,
    /// A channel that it may use no more.
    ChannelDropped,
    /// Something is kept for longer.
    KeptLonger,
    /// Something is kept for shorter.
    KeptShorter,
    /// It became direct marketing.
    BecameMarketing,
    /// It is direct marketing no more.
    NoMoreMarketing,
    /// Whether it is for minors.
    MinorsChanged,
    /// Whether it goes on despite a restriction.
    UnderRestrictionChanged,
    /// When a customer may be asked again.
    AskAgainChanged,
    /// What a category is called.
    CategoryRenamed,
    /// What is behind a category's name.
    CategoryChanged,
    /// What a recipient is called.
    RecipientRenamed,
    /// What a recipient is, or where.
    RecipientChanged,
    /// What a channel is called.
    ChannelRenamed,
    /// Who decides, or whom to write to.
    ContactChanged,
    /// Below which age a guardian consents.
    GuardianAgeChanged,
    /// How long an erased identifier stays refused.
    SuppressionChanged,
    /// Where days are counted.
    TimeZoneChanged,
    /// A system that sends data.
    SourceAdded,
    /// A system that sends data no more.
    SourceDropped,
    /// What a system that sends data is called.
    SourceRenamed,
    /// How far a system is believed, or what its words mean.
    SourceChanged,
    /// What a page's tags are told.
    ConsentModeChanged,
    /// Whether prices are made personal.
    PersonalPriceChanged,
    /// Whether, and how, decisions of significant effect are taken by automated means.
    AutomatedChanged,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 41] = [
        Kind::PurposeAdded,
        Kind::PurposeDropped,
        Kind::BasisChanged,
        Kind::TermsChanged,
        Kind::NameChanged,
        Kind::WhyChanged,
        Kind::WhatChanged,
        Kind::TextChanged,
        Kind::CategoryAdded,
        Kind::CategoryDropped,
        Kind::CategoryNeeded,
        Kind::RecipientNeeded,
        Kind::ChannelNeeded,
        Kind::NoMoreNeeded,
        Kind::RecipientAdded,
        Kind::RecipientDropped,
        Kind::ChannelAdded,
        Kind::ChannelDropped,
        Kind::KeptLonger,
        Kind::KeptShorter,
        Kind::BecameMarketing,
        Kind::NoMoreMarketing,
        Kind::MinorsChanged,
        Kind::UnderRestrictionChanged,
        Kind::AskAgainChanged,
        Kind::CategoryRenamed,
        Kind::CategoryChanged,
        Kind::RecipientRenamed,
        Kind::RecipientChanged,
        Kind::ChannelRenamed,
        Kind::ContactChanged,
        Kind::GuardianAgeChanged,
        Kind::SuppressionChanged,
        Kind::TimeZoneChanged,
        Kind::SourceAdded,
        Kind::SourceDropped,
        Kind::SourceRenamed,
        Kind::SourceChanged,
        Kind::ConsentModeChanged,
        Kind::PersonalPriceChanged,
        Kind::AutomatedChanged,
    ];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Kind::PurposeAdded => "purpose_added",
            Kind::PurposeDropped => "purpose_dropped",
            Kind::BasisChanged => "basis_changed",
            Kind::TermsChanged => "terms_changed",
            Kind::NameChanged => "name_changed",
            Kind::WhyChanged => "why_changed",
            Kind::WhatChanged => "what_changed",
            Kind::TextChanged => "text_changed",
            Kind::CategoryAdded => "category_added",
            Kind::CategoryDropped => "category_dropped",
            Kind::CategoryNeeded => "category_needed",
            Kind::RecipientNeeded => "recipient_needed",
            Kind::ChannelNeeded => "channel_needed",
            Kind::NoMoreNeeded => "no_more_needed",
            Kind::RecipientAdded => "recipient_added",
            Kind::RecipientDropped => "recipient_dropped",
            Kind::ChannelAdded => "channel_added",
            Kind::ChannelDropped => "channel_dropped",
            Kind::KeptLonger => "kept_longer",
            Kind::KeptShorter => "kept_shorter",
            Kind::BecameMarketing => "became_marketing",
            Kind::NoMoreMarketing => "no_more_marketing",
            Kind::MinorsChanged => "minors_changed",
            Kind::UnderRestrictionChanged => "under_restriction_changed",
            Kind::AskAgainChanged => "ask_again_changed",
            Kind::CategoryRenamed => "category_renamed",
            Kind::CategoryChanged => "category_changed",
            Kind::RecipientRenamed => "recipient_renamed",
            Kind::RecipientChanged => "recipient_changed",
            Kind::ChannelRenamed => "channel_renamed",
            Kind::ContactChanged => "contact_changed",
            Kind::GuardianAgeChanged => "guardian_age_changed",
            Kind::SuppressionChanged => "suppression_changed",
            Kind::TimeZoneChanged => "time_zone_changed",
            Kind::SourceAdded => "source_added",
            Kind::SourceDropped => "source_dropped",
            Kind::SourceRenamed => "source_renamed",
            Kind::SourceChanged => "source_changed",
            Kind::ConsentModeChanged => "consent_mode_changed",
            Kind::PersonalPriceChanged => "personal_price_changed",
            Kind::AutomatedChanged => "automated_changed",
        }
    }
}

/// Something with a name for customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Wording,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind.
    pub kind: Kind,
    /// The purpose it is about.
    pub purpose: Option<Thing>,
    /// The category, recipient, channel or source it is about.
    pub about: Option<Thing>,
    /// How it was, in the policy's own words; empty if it was not there.
    pub before: String,
    /// How it is.
    pub after: String,
    /// Does it end the consents that were given to the purpose?
    pub material: bool,
}

/// Everything that differs, in the order of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The older version.
    pub from: String,
    /// The newer one.
    pub to: String,
    /// What differs.
    pub changes: Vec<Change>,
}

impl Diff {
    /// Compares two versions. Linear in what they declare.
    pub fn of(old: &Policy, new: &Policy) -> Diff {
        let mut changes = Vec::new();
        of_the_whole(old, new, &mut changes);
        for before in &old.purposes {
            match new.purpose(&before.id) {
                Some(ix) => of_a_purpose(&Sides { old, new, before, after: new.at(ix) }, &mut changes),
                None => changes.push(Change {
                    material: before.basis == Basis::Consent,
                    ..change(Kind::PurposeDropped, Some(before), None, basis(before.basis), "")
                }),
            }
        }
        for added in new.purposes.iter().filter(|p| old.purpose(&p.id).is_none()) {
            changes.push(change(Kind::PurposeAdded, Some(added), None, "", basis(added.basis)));
        }
        Diff { from: old.version.clone(), to: new.version.clone(), changes }
    }

    /// The purposes whose consents end with it, each once.
    pub fn invalidated(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for purpose in self.changes.iter().filter(|c| c.material).filter_map(|c| c.purpose.as_ref()) {
            if !ids.contains(&purpose.id) {
                ids.push(purpose.id.clone());
            }
        }
        ids
    }
}

/// What consents to the purposes of some policies may cover, although a later policy has it no more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EverNamed(BTreeSet<(Kind, String, String)>);

impl EverNamed {
    /// Takes in the next policy. Linear in what it declares.
    pub fn note(&mut self, policy: &Policy) {
        for purpose in &policy.purposes {
            let named = parts(policy, purpose).into_iter().flat_map(|((_, added), things)| things.into_iter().map(move |t| (added, t.id)));
            self.0.extend(named.map(|(added, id)| (added, purpose.id.clone(), id)));
        }
    }

    /// What had gone and comes back is material: a yes of before would cover it again, of customers who read that it had gone.
    pub fn mark(&self, new: &Policy, diff: &mut Diff) {
        for change in &mut diff.changes {
            let (Some(purpose), Some(about)) = (&change.purpose, &change.about) else { continue };
            let on_consent = new.purpose(&purpose.id).is_some_and(|ix| new.at(ix).basis == Basis::Consent);
            change.material |= on_consent && self.0.contains(&(change.kind, purpose.id.clone(), about.id.clone()));
        }
    }
}

/// A purpose of `policy` that rests on a contract or a law, and on consent before: these ask nobody, so every earlier no would become a yes
/// (rule 7). On a legitimate interest it may come to rest: there every earlier no is an objection.
pub fn swapped(policy: &Policy, consented: impl Fn(&str) -> bool) -> Option<&str> {
    let swapped = |p: &&Purpose| matches!(p.basis, Basis::Contract | Basis::LegalObligation) && consented(&p.id);
    policy.purposes.iter().find(swapped).map(|p| p.id.as_str())
}

/// A recipient of `policy` that customers knew under another name, unless the policy says that it is the same in better words. The retailer
/// may call itself anything. Consents, disclosures and receipts name recipients by id: under one id they would all come to speak of somebody
/// else.
pub fn renamed(policy: &Policy, known_as: impl Fn(&str) -> Option<Wording>) -> Option<&str> {
    let is_other = |r: &&Recipient| !policy.corrections.contains(&r.id) && known_as(&r.id).is_some_and(|name| name != r.name);
    policy.recipients.iter().skip(1).find(is_other).map(|r| r.id.as_str())
}

/// Versions in the order that people mean: numbers by their size, everything else by its signs. `v9` comes before `v10`.
pub fn version_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (head_a, rest_a) = run(a);
        let (head_b, rest_b) = run(b);
        let by_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.trim_start_matches('0').to_owned());
        let order = match (by_number(head_a), by_number(head_b)) {
            (Some(x), Some(y)) => x.len().cmp(&y.len()).then_with(|| x.cmp(&y)),
            _ => head_a.cmp(head_b),
        };
        if order != Ordering::Equal || (rest_a.is_empty() && rest_b.is_empty()) {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The digits, or the other signs, that a text begins with, and the rest.
fn run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    text.split_at(text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len()))
}

struct Sides<'a> {
    old: &'a Policy,
    new: &'a Policy,
    before: &'a Purpose,
    after: &'a Purpose,
}

fn of_the_whole(old: &Policy, new: &Policy, out: &mut Vec<Change>) {
    let mut note = |kind, before: String, after: String| {
        if before != after {
            out.push(change(kind, None, None, &before, &after));
        }
    };
    note(Kind::TimeZoneChanged, zone(old), zone(new));
    note(Kind::GuardianAgeChanged, old.guardian_below_age.to_string(), new.guardian_below_age.to_string());
    note(Kind::SuppressionChanged, old.suppression_days.to_string(), new.suppression_days.to_string());
    let contacts = |p: &Policy| {
        [
            format!("{}, {}", p.controller.name, p.controller.contact),
            format!("{}, {}", p.privacy_officer.name, p.privacy_officer.contact),
            format!("{}, {}", p.supervisory_authority.name, p.supervisory_authority.contact),
        ]
    };
    for (before, after) in contacts(old).into_iter().zip(contacts(new)) {
        note(Kind::ContactChanged, before, after);
    }
    if consent_mode(old) != consent_mode(new) {
        note(Kind::ConsentModeChanged, consent_mode(old), consent_mode(new));
    }
    for before in &old.sources {
        let thing = || Some(Thing { id: before.id.clone(), name: before.name.clone() });
        match new.source(&before.id) {
            None => out.push(Change { about: thing(), ..change(Kind::SourceDropped, None, None, &before.id, "") }),
            Some(after) => {
                let say = |policy: &Policy, s: &super::Source| {
                    let map: Vec<_> = s.consent_map.iter().map(|(c, to)| format!("{c}: {}", ids(policy, to))).collect();
                    format!("{:?}, {}, {}", s.trust, s.id_space, map.join("; "))
                };
                let name = (Kind::SourceRenamed, both(&before.name), both(&after.name));
                let about = Thing { id: after.id.clone(), name: after.name.clone() };
                for (kind, before, after) in [name, (Kind::SourceChanged, say(old, before), say(new, after))] {
                    if before != after {
                        out.push(Change { about: Some(about.clone()), ..change(kind, None, None, &before, &after) });
                    }
                }
            }
        }
    }
    for added in new.sources.iter().filter(|s| old.source(&s.id).is_none()) {
        let about = Some(Thing { id: added.id.clone(), name: added.name.clone() });
        out.push(Change { about, ..change(Kind::SourceAdded, None, None, "", &added.id) });
    }
}

fn of_a_purpose(s: &Sides<'_>, out: &mut Vec<Change>) {
    let (before, after) = (s.before, s.after);
    let rested = before.basis == Basis::Consent;
    let corrected = s.new.corrections.contains(&after.id);
    let mut note = |kind, about: Option<Thing>, was: &str, is: &str, material: bool| {
        if was != is {
            out.push(Change { material: material && rested, about, ..change(kind, Some(after), None, was, is) });
        }
    };
    note(Kind::BasisChanged, None, basis(before.basis), basis(after.basis), true);
    note(Kind::TermsChanged, None, &before.dpv, &after.dpv, true);
    note(Kind::NameChanged, None, &both(&before.name), &both(&after.name), false);
    note(Kind::WhyChanged, None, &both(&before.why), &both(&after.why), !corrected);
    note(Kind::WhatChanged, None, &both(&before.what), &both(&after.what), !corrected);
    for (was, is) in [(&before.benefit, &after.benefit), (&before.how_long, &after.how_long), (&before.refusal, &after.refusal)] {
        note(Kind::TextChanged, None, &both(was), &both(is), false);
    }
    let weighing = |p: &Purpose| p.weighing.as_ref().map(both).unwrap_or_default();
    note(Kind::TextChanged, None, &weighing(before), &weighing(after), false);
    let marketing = |p: &Purpose| if p.direct_marketing { "direct marketing" } else { "" };
    let kind = if after.direct_marketing { Kind::BecameMarketing } else { Kind::NoMoreMarketing };
    note(kind, None, marketing(before), marketing(after), after.direct_marketing);
    note(Kind::MinorsChanged, None, yes(before.not_for_minors), yes(after.not_for_minors), false);
    let goes_on = |p: &Purpose| p.goes_on.map_or(String::new(), |g| format!("{g:?}"));
    note(Kind::UnderRestrictionChanged, None, &goes_on(before), &goes_on(after), false);
    note(Kind::PersonalPriceChanged, None, yes(before.personal_price), yes(after.personal_price), after.personal_price);
    let contest = |p: &Purpose| p.contest.as_ref().map(both).unwrap_or_default();
    note(Kind::AutomatedChanged, None, &contest(before), &contest(after), after.contest.is_some() && !corrected);
    note(Kind::AskAgainChanged, None, &term(Some(before.ask_again_after)), &term(Some(after.ask_again_after)), false);

    for (kinds, was, is) in parts(s.old, before).into_iter().zip(parts(s.new, after)).map(|((kinds, was), (_, is))| (kinds, was, is)) {
        let (dropped, added) = kinds;
        for gone in was.iter().filter(|w| is.iter().all(|i| i.id != w.id)) {
            note(dropped, Some(gone.clone()), &gone.id, "", false);
        }
        for new in is.iter().filter(|i| was.iter().all(|w| w.id != i.id)) {
            // An earlier yes names what it covers, so it does not reach the new one, needed or not.
            note(added, Some(new.clone()), "", &new.id, false);
        }
    }
    for ((kind, was), (_, is)) in needed(s.old, before).into_iter().zip(needed(s.new, after)) {
        // What is new to it was told above; without it an earlier yes is what it was.
        let has = |all: &[Thing], one: &Thing| all.iter().any(|thing| thing.id == one.id);
        let both_have = |one: &&Thing| {
            let in_both = |kinds: [((Kind, Kind), Vec<Thing>); 3]| kinds.iter().any(|(_, things)| has(things, one));
            in_both(parts(s.old, before)) && in_both(parts(s.new, after))
        };
        for one in is.iter().filter(|one| !has(&was, one)).filter(both_have) {
            note(kind, Some(one.clone()), "", &one.id, false);
        }
        for one in was.iter().filter(|one| !has(&is, one)).filter(both_have) {
            note(Kind::NoMoreNeeded, Some(one.clone()), &one.id, "", false);
        }
    }
    for (ix, category) in after.categories.iter().filter_map(|c| Some((c, s.new.categories.get(usize::from(c.0))?))) {
        let Some(was_ix) = s.old.category(&category.id).filter(|&c| before.categories.has(c)) else { continue };
        let Some(was) = s.old.categories.get(usize::from(was_ix.0)) else { continue };
        let about = || Some(Thing { id: category.id.clone(), name: category.name.clone() });
        let kept = |p: &Purpose, ix: super::CategoryIx| p.retention.get(usize::from(ix.0)).copied().flatten();
        let (long, longer) = (kept(before, was_ix), kept(after, ix));
        if long != longer {
            let is_longer = end(s.new, longer) > end(s.old, long);
            note(if is_longer { Kind::KeptLonger } else { Kind::KeptShorter }, about(), &term(long), &term(longer), is_longer);
        }
        // Other data behind the same name.
        let meaning = |c: &super::Category| format!("{}{}", c.dpv, if c.special { ", special" } else { "" });
        note(Kind::CategoryChanged, about(), &meaning(was), &meaning(category), true);
        let reworded = !corrected && !s.new.corrections.contains(&category.id);
        note(Kind::CategoryRenamed, about(), &both(&was.name), &both(&category.name), reworded);
        note(Kind::CategoryChanged, about(), &both(&was.explanation), &both(&category.explanation), reworded);
    }
    for recipient in after.recipients.iter().filter_map(|r| s.new.recipients.get(usize::from(r.0))) {
        let Some(was_ix) = s.old.recipient(&recipient.id).filter(|&r| before.recipients.has(r)) else { continue };
        let Some(was) = s.old.recipients.get(usize::from(was_ix.0)) else { continue };
        let about = Thing { id: recipient.id.clone(), name: recipient.name.clone() };
        let what = |r: &super::Recipient| format!("{:?}, {}, {}", r.role, r.country, r.transfer.as_deref().unwrap_or("-"));
        note(Kind::RecipientChanged, Some(about.clone()), &what(was), &what(recipient), true);
        note(Kind::RecipientRenamed, Some(about), &both(&was.name), &both(&recipient.name), !s.new.corrections.contains(&recipient.id));
    }
    for channel in after.channels.iter().filter_map(|c| s.new.channels.get(usize::from(c.0))) {
        let Some(was_ix) = s.old.channel(&channel.id).filter(|&c| before.channels.has(c)) else { continue };
        let Some(was) = s.old.channels.get(usize::from(was_ix.0)) else { continue };
        let about = Thing { id: channel.id.clone(), name: channel.name.clone() };
        note(Kind::ChannelRenamed, Some(about), &both(&was.name), &both(&channel.name), !s.new.corrections.contains(&channel.id));
    }
}

/// What a consent to the purpose may cover, with the kinds of its going and coming: categories, recipients, channels.
fn parts(policy: &Policy, purpose: &Purpose) -> [((Kind, Kind), Vec<Thing>); 3] {
    let [categories, recipients, channels] = things(policy, purpose.categories, purpose.recipients, purpose.channels);
    [
        ((Kind::CategoryDropped, Kind::CategoryAdded), categories),
        ((Kind::RecipientDropped, Kind::RecipientAdded), recipients),
        ((Kind::ChannelDropped, Kind::ChannelAdded), channels),
    ]
}

/// What the purpose cannot work without, with the kind of its becoming that.
fn needed(policy: &Policy, purpose: &Purpose) -> [(Kind, Vec<Thing>); 3] {
    let [categories, recipients, channels] =
        things(policy, purpose.necessary_categories, purpose.necessary_recipients, purpose.necessary_channels);
    [(Kind::CategoryNeeded, categories), (Kind::RecipientNeeded, recipients), (Kind::ChannelNeeded, channels)]
}

fn things(policy: &Policy, categories: Categories, recipients: Recipients, channels: Channels) -> [Vec<Thing>; 3] {
    let thing = |id: &String, name: &Wording| Thing { id: id.clone(), name: name.clone() };
    let categories = categories.iter().filter_map(|c| policy.categories.get(usize::from(c.0)));
    let recipients = recipients.iter().filter_map(|r| policy.recipients.get(usize::from(r.0)));
    let channels = channels.iter().filter_map(|c| policy.channels.get(usize::from(c.0)));
    [
        categories.map(|c| thing(&c.id, &c.name)).collect(),
        recipients.map(|r| thing(&r.id, &r.name)).collect(),
        channels.map(|c| thing(&c.id, &c.name)).collect(),
    ]
}

fn change(kind: Kind, purpose: Option<&Purpose>, about: Option<Thing>, before: &str, after: &str) -> Change {
    let purpose = purpose.map(|p| Thing { id: p.id.clone(), name: p.name.clone() });
    Change { kind, purpose, about, before: before.to_owned(), after: after.to_owned(), material: false }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "consent",
        Basis::Contract => "contract",
        Basis::LegalObligation => "legal-obligation",
        Basis::LegitimateInterest => "legitimate-interest",
    }
}

fn both(wording: &Wording) -> String {
    format!("{} / {}", wording.nl, wording.en)
}

fn yes(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

fn zone(policy: &Policy) -> String {
    policy.time_zone.iana_name().unwrap_or_default().to_owned()
}

fn ids(policy: &Policy, purposes: &[super::PurposeIx]) -> String {
    let ids: Vec<&str> = purposes.iter().filter_map(|p| policy.purposes.get(usize::from(p.0))).map(|p| p.id.as_str()).collect();
    ids.join(", ")
}

fn consent_mode(policy: &Policy) -> String {
    let mode = &policy.consent_mode;
    let recipient = |ix: RecipientIx| policy.recipients.get(usize::from(ix.0)).map_or("", |r| r.id.as_str());
    let signal = |(signal, to, purposes): &(ConsentSignal, RecipientIx, Vec<_>)| {
        format!("{} ({}): {}", signal.name(), recipient(*to), ids(policy, purposes))
    };
    let signals: Vec<_> = mode.signals.iter().map(signal).collect();
    let channel = mode.channel.and_then(|c| policy.channels.get(usize::from(c.0))).map_or("", |c| c.id.as_str());
    format!("{channel}; {}", signals.join("; "))
}

/// A term as the policy writes it.
fn term(retention: Option<Retention>) -> String {
    match retention {
        None => String::new(),
        Some(Retention::None) => "none".to_owned(),
        Some(Retention::For { months, days }) => match (months, days) {
            (months, 0) => format!("P{months}M"),
            (0, days) => format!("P{days}D"),
            (months, days) => format!("P{months}M{days}D"),
        },
        Some(Retention::YearsFromYearEnd(years)) => format!("P{years}Y from year end"),
    }
}

/// When something of a fixed day would be gone: terms are compared by it. 2023-01-01; the three years after it have no leap day less
/// than any others.
fn end(policy: &Policy, retention: Option<Retention>) -> Option<Time> {
    retention?.ends(Time::from_seconds(1_672_531_200), &policy.time_zone)
}
