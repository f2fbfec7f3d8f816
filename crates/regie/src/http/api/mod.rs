//! The API: what the retailer's systems ask and tell. One module a subject, named as its path.
//!
//! In bodies a customer is named `c_…`, `user:ID` or `anonymous:ID`; in paths and queries only `c_…` (see [`whom`]).

mod asked;
mod catalogue;
mod claims;
mod consent_mode;
mod consenter;
mod consents;
mod contests;
mod customers;
mod decisions;
mod disclosures;
mod explained;
mod information;
mod mail;
mod objections;
mod operations;
mod portal_links;
mod receipts;
mod recommendations;
mod restrictions;
mod shapes;
mod shapes_seen;
mod timeline;
mod uses;
mod visits;
mod whom;

use serde::Deserialize;
use utoipa::ToSchema;

use regie_domain::consent::ClaimedEvidence;

use super::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut all = customers::routes();
    all.extend(consents::routes());
    all.extend(receipts::routes());
    all.extend(objections::routes());
    all.extend(contests::routes());
    all.extend(consenter::routes());
    all.extend(restrictions::routes());
    all.extend(mail::routes());
    all.extend(consent_mode::routes());
    all.extend(information::routes());
    all.extend(visits::routes());
    all.extend(decisions::routes());
    all.extend(disclosures::routes());
    all.extend(uses::routes());
    all.extend(timeline::routes());
    all.extend(recommendations::routes());
    all.extend(catalogue::routes());
    all.extend(portal_links::routes());
    all.extend(claims::routes());
    all.extend(operations::routes());
    all
}

/// What proves a choice: which wording the customer saw, how and by whom it was made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Evidence {
    /// The version of the policy whose wording the customer saw; the current one if absent.
    policy_version: Option<String>,
    /// The language of that wording, BCP 47. Required for giving and refusing.
    #[schema(example = "nl")]
    language: Option<String>,
    /// How: `portal`, `shop`, `checkout`, `paper`, `telephone` …
    #[schema(example = "shop")]
    method: Option<String>,
    /// `customer`, `guardian`, `staff` or `source`.
    #[schema(example = "customer")]
    actor: Option<String>,
}

impl Evidence {
    /// As a choice takes it. Whether it is enough, or needed at all, the choice says.
    fn claimed(evidence: Option<Evidence>) -> Option<ClaimedEvidence> {
        evidence.map(|Evidence { policy_version, language, method, actor }| ClaimedEvidence { policy_version, language, method, actor })
    }
}
