//! Which kinds of data a fact keeps about a customer, and from where: what registers, pictures, summaries and receipts count by.
//!
//! Invariant: exhaustive over the kinds of facts, so that a new kind is counted everywhere or nowhere, and on purpose.

use crate::fact::{Fact, IdentifierKind};
use crate::information;

use super::{attribute_kind, plan};

/// The category of what a customer chose, and of the account that is given of it: uses and disclosures.
pub const CHOICES: &str = "choices";
const PURCHASES: &str = "purchases";
const COARSE_LOCATION: &str = "coarse-location";

/// A category's id and a source's.
type Kept<'f> = (&'f str, &'f str);

/// The category's id and the source's, empty where the customer or Regie itself made it: one for each event, value, identifier or choice
/// that the fact keeps. Nothing of what stands on the retailer's record. O(attributes).
pub fn categories_of(fact: &Fact) -> impl Iterator<Item = (&str, &str)> {
    let (first, second): (Option<Kept<'_>>, Option<Kept<'_>>) = match fact {
        Fact::RecordOpened(f) => (Some((of_identifier(f.identifier.kind), &f.source)), None),
        Fact::IdentifierLinked(f) => (Some((of_identifier(f.identifier.kind), &f.source)), None),
        Fact::EventKept(f) => {
            (Some((plan::essential_category(f.name), &f.source)), f.store.as_ref().map(|_| (COARSE_LOCATION, f.source.as_str())))
        }
        // Each of its values, below.
        Fact::AttributesProvided(_) => (None, None),
        // Telling is a choice too; the value is another kind, and goes before the proof does.
        Fact::InformationStated(f) => (Some((CHOICES, "")), f.value.as_ref().map(|_| (information::CATEGORY, ""))),
        Fact::RecordJoined(_)
        | Fact::Chosen(_)
        | Fact::ConsenterStated(_)
        | Fact::ObjectionWeighed(_)
        | Fact::ConsentsProven(_)
        | Fact::ProofOpened(_)
        | Fact::Restricted(_)
        | Fact::LiftTold(_)
        | Fact::RestrictionLifted(_)
        | Fact::DecisionContested(_)
        | Fact::ContestAnswered(_)
        | Fact::InformationRemoved(_)
        | Fact::InformationHidden(_)
        | Fact::PreviewMade(_)
        | Fact::UsesSummed(_)
        | Fact::Disclosed(_)
        | Fact::MailAsked(_)
        | Fact::MailClosed(_) => (Some((CHOICES, "")), None),
        Fact::OrderKeptByLaw(_) => (Some((PURCHASES, "")), None),
        Fact::HistoryChanged
        | Fact::PolicyAdopted(_)
        | Fact::SensitiveItemsChanged(_)
        | Fact::RecordErased(_)
        | Fact::IdentifierSuppressed(_)
        | Fact::SuppressionLifted(_)
        | Fact::MessagesSeen(_)
        | Fact::RequestCompleted(_) => (None, None),
    };
    let provided = if let Fact::AttributesProvided(f) = fact { Some(f) } else { None };
    let values = provided
        .into_iter()
        .flat_map(|f| f.values.iter().filter_map(|(name, _)| Some((attribute_kind(name)?.category, f.source.as_str()))));
    first.into_iter().chain(second).chain(values)
}

fn of_identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::User => "account",
        IdentifierKind::Anonymous => "device",
    }
}
