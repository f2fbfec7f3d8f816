//! What a page's tags are told of a customer's choices: the policy's mapping onto Google's Consent Mode.
//!
//! Invariant: a signal that the policy does not map is denied, and one is mapped only to purposes that serve its own recipient through
//! the page's channel: what was permitted to one never speaks for another. Left out: judging; a signal is granted only by decisions.
//! Source of the names: Google's documentation of Consent Mode, version 2.

use super::names;
use super::problems::Flaw;
use super::tables::{Report, Table};
use super::{ChannelIx, ConsentMode, Policy, PurposeIx, RecipientIx};

/// A signal of Google's Consent Mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsentSignal {
    /// Storing for advertising.
    AdStorage,
    /// Sending user data to Google for advertising.
    AdUserData,
    /// Personalised advertising.
    AdPersonalization,
    /// Storing for analytics.
    AnalyticsStorage,
    /// Storing that the page's own functions need.
    FunctionalityStorage,
    /// Storing for personalisation.
    PersonalizationStorage,
    /// Storing for security.
    SecurityStorage,
}

impl ConsentSignal {
    /// All of them.
    pub const ALL: [ConsentSignal; 7] = [
        ConsentSignal::AdStorage,
        ConsentSignal::AdUserData,
        ConsentSignal::AdPersonalization,
        ConsentSignal::AnalyticsStorage,
        ConsentSignal::FunctionalityStorage,
        ConsentSignal::PersonalizationStorage,
        ConsentSignal::SecurityStorage,
    ];

    /// As the page's tags write it.
    pub fn name(self) -> &'static str {
        match self {
            ConsentSignal::AdStorage => "ad_storage",
            ConsentSignal::AdUserData => "ad_user_data",
            ConsentSignal::AdPersonalization => "ad_personalization",
            ConsentSignal::AnalyticsStorage => "analytics_storage",
            ConsentSignal::FunctionalityStorage => "functionality_storage",
            ConsentSignal::PersonalizationStorage => "personalization_storage",
            ConsentSignal::SecurityStorage => "security_storage",
        }
    }
}

/// Reads `[consent_mode]`; without it every signal is denied.
pub(super) fn consent_mode(root: &mut Table<'_>, policy: &Policy, report: &mut Report<'_>) -> ConsentMode {
    let Some(mut table) = root.optional_table("consent_mode", report) else { return ConsentMode::default() };
    let recipients = names::ids(&policy.recipients, |recipient| &recipient.id);
    let recipient =
        table.optional_text("recipient", report).and_then(|(id, place)| names::find("recipient", id, &recipients, &place, report));
    let channels = names::ids(&policy.channels, |channel| &channel.id);
    let channel = table.optional_text("channel", report).and_then(|(id, place)| names::find("channel", id, &channels, &place, report));
    let mut owners = table.optional_table("recipients", report);
    let purposes = names::ids(&policy.purposes, |purpose| &purpose.id);
    let mut signals = Vec::new();
    for signal in ConsentSignal::ALL {
        let owner = owners.as_mut().and_then(|owners| owners.optional_text(signal.name(), report));
        let owner = owner.and_then(|(id, place)| names::find("recipient", id, &recipients, &place, report));
        let recipient = RecipientIx(owner.or(recipient).unwrap_or_default());
        if table.lists_nothing(signal.name()) {
            let declared = table.declares(signal.name());
            if declared {
                report.add(
                    &table.place_of(signal.name()),
                    &Flaw::NothingListed { why: "name the purposes that must hold, or leave the signal out: it is denied then" },
                );
            }
            let _ = table.texts(signal.name(), report);
            continue;
        }
        let found = names::find_all("purpose", table.texts(signal.name(), report), &purposes, report);
        let found: Vec<PurposeIx> = found.into_iter().map(PurposeIx).collect();
        for purpose in found.iter().map(|ix| policy.at(*ix)) {
            let flaw = |what, id: &str| Flaw::SignalNotServed { purpose: purpose.id.clone(), what, id: id.to_owned() };
            if let Some(recipient) = policy.recipients.get(usize::from(recipient.0)).filter(|_| !purpose.recipients.has(recipient)) {
                report.add(&table.place_of(signal.name()), &flaw("recipient", &recipient.id));
            }
            let unserved = channel.filter(|c| !purpose.channels.has(ChannelIx(*c)));
            if let Some(channel) = unserved.and_then(|c| policy.channels.get(usize::from(c))) {
                report.add(&table.place_of(signal.name()), &flaw("channel", &channel.id));
            }
        }
        signals.push((signal, recipient, found));
    }
    if let Some(owners) = owners {
        owners.finish(report);
    }
    table.finish(report);
    ConsentMode { channel: channel.map(ChannelIx), signals }
}
