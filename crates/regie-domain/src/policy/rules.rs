//! What a policy may not decide for itself: where it and the law disagree, the law wins and the policy is refused.
//!
//! Invariant: each rule looks at what a purpose *does* (channels, recipients, vocabulary terms) besides what it is called, so that
//! another name is no way around it. Left out: rules that hold for a single use; those are `consent::decide`'s.

use super::problems::Flaw;
use super::tables::{Place, Report, Table};
use super::{Basis, DEVICE_STORAGE, LEGAL_CLAIMS, OWN_CUSTOMER_EMAIL, Policy, Purpose, Retention, Role};

/// Article 8: in the Netherlands a guardian consents below 16.
pub(super) fn guardian(policy: &Policy, place: &Place, report: &mut Report<'_>) {
    let dutch = policy.recipients.first().is_some_and(|retailer| retailer.country == "NL");
    if dutch && policy.guardian_below_age < 16 {
        report.add(place, &Flaw::GuardianAgeTooLow);
    }
}

/// Every rule for one purpose.
pub(super) fn purpose(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    legal_ground(purpose, table, report);
    marketing(purpose, policy, table, report);
    special_categories(purpose, policy, table, report);
    third_parties(purpose, policy, table, report);
    visit_service(purpose, policy, table, report);
    significant(purpose, policy, table, report);
    legal_claims(purpose, policy, table, report);
}

/// Channels through which a customer is reached who is not there: no visit, and nobody who waits for an answer.
const AWAY: [&str; 4] = ["email", "sms", "telephone", "post"];

impl Policy {
    /// Does it happen in visits? A permission for one visit, or for once, means something only then: not where the customer is reached
    /// elsewhere alone, nor where the purpose is to know a device again after the visit.
    pub fn happens_in_visits(&self, purpose: &Purpose) -> bool {
        let is_away = |ix: super::ChannelIx| self.channels.get(usize::from(ix.0)).is_some_and(|c| AWAY.contains(&c.id.as_str()));
        let outlasts = purpose.id == DEVICE_STORAGE || does(purpose, ":DeviceStorage");
        !outlasts && (purpose.channels.is_empty() || !purpose.channels.iter().all(is_away))
    }
}

/// Does one of the purpose's vocabulary terms end like this? (`dpv:DirectMarketing` ends in `DirectMarketing`.)
fn does(purpose: &Purpose, ending: &str) -> bool {
    purpose.dpv.split(' ').any(|term| term.ends_with(ending))
}

fn channel_used(purpose: &Purpose, policy: &Policy, id: &str) -> bool {
    policy.channel(id).is_some_and(|ix| ix.0 < 16 && purpose.channels.has(ix))
}

fn legal_ground(purpose: &Purpose, table: &Table<'_>, report: &mut Report<'_>) {
    let basis = table.place_of("basis");
    if purpose.basis == Basis::LegitimateInterest && purpose.weighing.is_none() {
        report.add(&table.place_of("weighing"), &Flaw::NoWeighing);
    }
    if purpose.id == super::TAX_RECORDS && purpose.basis != Basis::LegalObligation {
        report.add(&basis, &Flaw::TaxIsObligation);
    }
    if (purpose.id == DEVICE_STORAGE || does(purpose, ":DeviceStorage")) && purpose.basis != Basis::Consent {
        report.add(&basis, &Flaw::DeviceNeedsConsent);
    }
}

/// Rules 8, 9 and 22: marked as such, by consent on each channel but two exceptions, and no profile of a minor for it.
fn marketing(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    if (does(purpose, "Marketing") || does(purpose, "Advertising")) && !purpose.direct_marketing {
        report.add(&table.place_of("direct_marketing"), &Flaw::MarketingNotMarked);
    }
    let marketing = purpose.direct_marketing || does(purpose, "Marketing") || does(purpose, "Advertising");
    if !marketing {
        return;
    }
    if purpose.basis != Basis::Consent {
        let basis = table.place_of("basis");
        if channel_used(purpose, policy, "telephone") {
            report.add(&basis, &Flaw::TelephoneNeedsConsent);
        }
        // Tw 11.7(3): mail to an existing customer about one's own similar products.
        let own_customers = purpose.id == OWN_CUSTOMER_EMAIL && purpose.basis == Basis::LegitimateInterest;
        for channel in ["email", "sms"] {
            if channel_used(purpose, policy, channel) && !(own_customers && channel == "email") {
                report.add(&basis, &Flaw::MarketingNeedsConsent { channel: channel.to_owned() });
            }
        }
    }
    let of_behaviour = purpose.categories.iter().filter_map(|ix| policy.categories.get(usize::from(ix.0))).any(|category| {
        matches!(
            category.id.as_str(),
            "purchases" | "browsing" | "derived-profile" | "my-information" | "coarse-location" | "precise-location"
        ) || category.special
            || category
                .dpv
                .split(' ')
                .any(|term| matches!(term.rsplit(':').next(), Some("Profile" | "BrowsingBehaviour" | "Purchase" | "InferredPersonalData")))
    });
    if of_behaviour && !purpose.not_for_minors {
        report.add(&table.place_of("not_for_minors"), &Flaw::MinorsNotLeftOut);
    }
}

/// Article 9: never necessary, and never on the retailer's own interest.
fn special_categories(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    let special = |ix: super::CategoryIx| policy.categories.get(usize::from(ix.0)).filter(|category| category.special);
    for category in purpose.necessary_categories.iter().filter_map(special) {
        report.add(&table.place_of("necessary_categories"), &Flaw::SpecialNecessary { category: category.id.clone() });
    }
    if purpose.basis == Basis::LegitimateInterest {
        for category in purpose.categories.iter().filter_map(special) {
            report.add(&table.place_of("categories"), &Flaw::SpecialNeedsConsent { category: category.id.clone() });
        }
    }
}

/// Sale, sharing and advertising elsewhere need consent whatever else is said; and so does any third party that a purpose serves
/// on the retailer's own interest. A contract (the carrier) or the law (the tax office) may need one.
fn third_parties(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    let named = purpose.id == "sharing-with-partners" || purpose.id == "personalised-advertising";
    let shares = named
        || ["SellDataToThirdParties", "DataSharing", ":SharingWithPartners", "Advertising"].iter().any(|ending| does(purpose, ending));
    let third =
        |ix: super::RecipientIx| policy.recipients.get(usize::from(ix.0)).is_some_and(|recipient| recipient.role == Role::ThirdParty);
    for ix in purpose.necessary_recipients.iter().filter(|ix| third(*ix)) {
        let recipient = policy.recipients.get(usize::from(ix.0)).map(|recipient| recipient.id.clone()).unwrap_or_default();
        report.add(&table.place_of("necessary_recipients"), &Flaw::ThirdPartyNecessary { recipient });
    }
    let own_interest = purpose.basis == Basis::LegitimateInterest && purpose.recipients.iter().any(third);
    if purpose.basis != Basis::Consent && (shares || own_interest) {
        report.add(&table.place_of("basis"), &Flaw::SharingNeedsConsent);
    }
}

/// The service from the visit alone lives in memory: nothing of it is stored.
fn visit_service(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    if purpose.id != "visit-service" {
        return;
    }
    for (category, term) in policy.categories.iter().zip(&purpose.retention) {
        if term.is_some_and(|term| term != Retention::None) {
            report.add(&table.place_of("retention"), &Flaw::VisitStored { category: category.id.clone() });
        }
    }
}

/// Article 22(2) and (4): a contract, the law or a consent may carry decisions of significant effect, an interest never does; and what
/// reveals a special category is decided upon by consent alone.
fn significant(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    if purpose.contest.is_none() || purpose.basis == Basis::Consent {
        return;
    }
    let special = |ix: super::CategoryIx| policy.categories.get(usize::from(ix.0)).is_some_and(|category| category.special);
    if purpose.basis == Basis::LegitimateInterest || purpose.categories.iter().any(special) {
        report.add(&table.place_of("contest"), &Flaw::SignificantNeedsGround);
    }
}

/// What proves past consents after an erasure says nothing but what was chosen, and serves nobody else.
fn legal_claims(purpose: &Purpose, policy: &Policy, table: &Table<'_>, report: &mut Report<'_>) {
    if purpose.id != LEGAL_CLAIMS {
        return;
    }
    if purpose.basis != Basis::LegalObligation {
        report.add(&table.place_of("basis"), &Flaw::ClaimsAreObligation);
    }
    let other =
        |ix: super::CategoryIx| policy.categories.get(usize::from(ix.0)).is_some_and(|category| category.id != crate::collection::CHOICES);
    if purpose.categories.iter().any(other) {
        report.add(&table.place_of("categories"), &Flaw::ClaimsKeepChoices);
    }
}
