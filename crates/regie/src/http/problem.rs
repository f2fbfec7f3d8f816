//! One shape for everything that went wrong: RFC 9457 `application/problem+json`.
//!
//! Invariant: a problem never repeats what the caller sent, except names of fields and ids of the policy: its sentences end up
//! in other people's logs. Codes are stable; sentences are not.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use regie_domain::consent::{ChoiceError, UntilError};
use regie_domain::information::StateError;
use regie_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::EngineError;

/// What a caller is told to wait while the server starts or stops, in seconds.
pub const RETRY_AFTER_START_SECONDS: u32 = 2;
/// What a caller is told to wait when the disk could not do it, in seconds.
const RETRY_AFTER_DISK_SECONDS: u32 = 5;

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// What is wrong, in a plain sentence.
    pub detail: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Option<Cow<'static, str>>,
    /// The field it is about, dotted.
    pub field: Option<String>,
    /// When to come back.
    pub retry_after_seconds: Option<u32>,
    /// The reason of a decision that said no.
    pub reason: Option<&'static str>,
}

/// How a [`Problem`] is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:regie:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:regie:problem:customer_unknown")]
    kind: String,
    /// The code in words.
    title: String,
    /// The status, again.
    #[schema(example = 404)]
    status: u16,
    /// Stable, for programs.
    #[schema(example = "customer_unknown")]
    code: &'static str,
    /// What is wrong.
    detail: Cow<'static, str>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Cow<'static, str>>,
    /// The field it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The reason of a decision that said no, as `POST /v1/decisions` gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "withdrawn")]
    reason: Option<&'static str>,
}

impl Problem {
    /// A problem without remedy, field or time to wait.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { status, code, detail: detail.into(), remedy: None, field: None, retry_after_seconds: None, reason: None }
    }

    /// 400.
    pub fn bad(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Problem {
        self.remedy = Some(remedy.into());
        self
    }

    /// The field it is about. A name that does not look like one is left out: it might be data.
    #[must_use]
    pub fn field(mut self, field: &str) -> Problem {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-[]".contains(c);
        self.field = (!field.is_empty() && field.len() <= 64 && field.chars().all(is_name)).then(|| field.to_owned());
        self
    }

    /// When to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The reason of a decision that said no.
    #[must_use]
    pub fn reason(mut self, reason: &'static str) -> Problem {
        self.reason = Some(reason);
        self
    }

    /// The server is not there yet.
    pub fn starting() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting", "the server is reading its log and not ready yet")
            .remedy("try again; /readyz says when")
            .retry_after(RETRY_AFTER_START_SECONDS)
    }

    /// Something went wrong that is no fault of the caller's. What, the log says.
    pub fn internal() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server could not do this; its operator finds the cause in the log")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: format!("urn:regie:problem:{}", self.code),
            title: self.code.replace('_', " "),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            remedy: self.remedy,
            field: self.field,
            reason: self.reason,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Not Basic, although it is accepted: browsers would ask the customer for a password.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<EngineError> for Problem {
    fn from(e: EngineError) -> Problem {
        let code = e.code();
        match e {
            EngineError::UnknownCustomer => Problem::new(StatusCode::NOT_FOUND, code, "there is no such customer")
                .remedy("look the customer up again; an erased customer does not come back"),
            EngineError::UnknownId { what, .. } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, format!("the policy in force has no such {what}")).field(what)
            }
            EngineError::ItemsAlone => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, e.to_string()).field("items"),
            EngineError::Choice(e) | EngineError::Information(StateError::Choice(e)) => choice(&e),
            EngineError::Information(StateError::Until(e)) => EngineError::Until(e).into(),
            EngineError::Information(e) => told(&e),
            EngineError::Until(e) => until(e),
            EngineError::IdempotencyKeyRequired => {
                Problem::bad(code, "this permission is for once").remedy("send an Idempotency-Key, so that a retry is not a second use")
            }
            EngineError::AtInTheFuture | EngineError::AtBeforePolicy | EngineError::AtNotKept => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, e.to_string()).field("at")
            }
            EngineError::DisclosureRefused { reason, some_items_may, .. } => {
                let problem =
                    Problem::new(StatusCode::FORBIDDEN, code, "these data may not go there now: do not send them").reason(reason.code());
                match some_items_may {
                    true => problem.field("items").remedy(
                        "without `items` all that the customer tells would leave, and some of it may not: name the items to send, each of which must allow it",
                    ),
                    false => problem,
                }
            }
            EngineError::NotADisclosure => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, "the retailer's own use is no disclosure")
                .field("recipient")
                .remedy("name a recipient outside the retailer, or ask POST /v1/decisions with \"use\": true"),
            EngineError::NoAddress => Problem::new(StatusCode::CONFLICT, code, e.to_string())
                .remedy("send an identify with traits.email from a server source, or offer the receipt as a file"),
            EngineError::UnknownReceipt => Problem::new(StatusCode::NOT_FOUND, code, e.to_string()),
            EngineError::TooManyMails => Problem::new(StatusCode::TOO_MANY_REQUESTS, code, e.to_string()).retry_after(3600),
            EngineError::TooMany { what, .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, e.to_string()).field(what),
            EngineError::DeviceTaken => {
                Problem::new(StatusCode::CONFLICT, code, "the device belongs to somebody by now, or is gone: nothing was joined")
            }
            EngineError::SameCustomer => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, "a customer cannot be joined with itself"),
            EngineError::Overloaded { retry_after_seconds } => Problem::new(StatusCode::TOO_MANY_REQUESTS, code, "too much at once")
                .remedy("try again later")
                .retry_after(retry_after_seconds),
            EngineError::CatalogueFull { .. } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, e.to_string()).remedy("leave out items that are no longer sold")
            }
            EngineError::ItemClashes { .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, e.to_string()).field("item"),
            EngineError::Broken => Problem::internal(),
            EngineError::Stopping => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "the server is shutting down")
                .remedy("try again when it is back")
                .retry_after(RETRY_AFTER_START_SECONDS),
            EngineError::Store(e) => {
                tracing::error!(code, error = %e, "the store refused");
                store(&e)
            }
            EngineError::Journal(e) => {
                tracing::error!(code, error = %e, "the use journal refused");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "the record of uses could not be written, so nothing was used")
                    .retry_after(RETRY_AFTER_DISK_SECONDS)
            }
            EngineError::Ledger(e) => {
                tracing::error!(code, error = %e, "the ledger refused");
                Problem { code, ..Problem::internal() }
            }
            EngineError::TimeDoubted => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, e.to_string())
                .remedy("nothing was recorded; try again once an operator confirmed the time")
                .retry_after(60),
            EngineError::LedgerBehind => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "the proof is not published yet")
                .remedy("try again in a second; what was chosen is recorded")
                .retry_after(1),
            EngineError::Randomness(e) => {
                tracing::error!(code, error = %e, "no randomness");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "nothing can be sealed now").retry_after(RETRY_AFTER_DISK_SECONDS)
            }
            EngineError::FactUnreadable { .. }
            | EngineError::Policy(_)
            | EngineError::PolicyBackwards { .. }
            | EngineError::PolicyVersionReused { .. }
            | EngineError::PolicyBasisSwapped { .. }
            | EngineError::PolicyRecipientRenamed { .. }
            | EngineError::Settings(_) => {
                tracing::error!(code, error = %e, "what is on disk cannot be read");
                Problem { code, ..Problem::internal() }
            }
        }
    }
}

fn told(e: &StateError) -> Problem {
    let (status, remedy) = match e {
        StateError::NotTold => (StatusCode::NOT_FOUND, "tell it with PUT first, or choose another item"),
        StateError::Hidden => (StatusCode::CONFLICT, "show it again first"),
        StateError::NotExplicit => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "ask the customer for exactly this, and send evidence: {\"language\", \"method\", \"actor\"}",
        ),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "see the description of this path for what the item takes"),
    };
    let field = match e {
        StateError::Told(_) => Some("value"),
        StateError::NotExplicit => Some("evidence"),
        StateError::Once => Some("until"),
        _ => None,
    };
    let problem = Problem::new(status, e.code(), e.to_string()).remedy(remedy);
    if let Some(field) = field { problem.field(field) } else { problem }
}

fn choice(e: &ChoiceError) -> Problem {
    let status = match e {
        ChoiceError::Objected { .. }
        | ChoiceError::NotRestricted
        | ChoiceError::NotTold
        | ChoiceError::NothingToWeigh { .. }
        | ChoiceError::NotContestable { .. }
        | ChoiceError::GuardianNeeded
        | ChoiceError::NoGuardian
        | ChoiceError::NotForMinors { .. } => StatusCode::CONFLICT,
        ChoiceError::Unknown { .. }
        | ChoiceError::PurposeDropped { .. }
        | ChoiceError::OutsidePurpose { .. }
        | ChoiceError::NothingChosen { .. }
        | ChoiceError::PurposeNotConsentBased { .. }
        | ChoiceError::PurposeNotObjectable { .. }
        | ChoiceError::EvidenceMissing { .. }
        | ChoiceError::LanguageUnknown
        | ChoiceError::PolicyVersionUnknown => StatusCode::UNPROCESSABLE_ENTITY,
        ChoiceError::WordingOutdated { .. } | ChoiceError::ContestAnswered => StatusCode::CONFLICT,
        ChoiceError::NoSuchContest => StatusCode::NOT_FOUND,
    };
    match e {
        // Its own sentence repeats what was written.
        ChoiceError::Unknown { choices, .. } => {
            Problem::new(status, e.code(), "the policy in force has no such id").remedy(format!("choose from {}", choices.join(", ")))
        }
        ChoiceError::EvidenceMissing { field } => Problem::new(status, e.code(), e.to_string())
            .field(field)
            .remedy("send evidence: {\"language\", \"method\", \"actor\"} and, if it was not the current one, \"policy_version\""),
        ChoiceError::NotTold => Problem::new(status, e.code(), e.to_string())
            .remedy("tell the customer, record that with PUT …/restrictions/{purpose}/{category}/told, and lift it then"),
        _ => Problem::new(status, e.code(), e.to_string()),
    }
}

fn until(e: UntilError) -> Problem {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, e.code(), e.to_string());
    match e {
        UntilError::VisitMissing => problem.field("visit_id"),
        UntilError::NotUnderstood | UntilError::InThePast => problem.field("until"),
        UntilError::TooFar { furthest } => problem.field("until").remedy(format!("send {furthest} at the latest, or withdrawn")),
    }
}

fn store(e: &StoreError) -> Problem {
    let later = |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.code(), detail).retry_after(RETRY_AFTER_DISK_SECONDS);
    match e {
        StoreError::StorageFull { .. } => later("no room is left on the disk; nothing of this was recorded"),
        StoreError::LogHeld { .. } => later("another process keeps the log open, so that deleted bytes are still in it; it is tried again"),
        StoreError::Locked { .. }
        | StoreError::ReadOnly { .. }
        | StoreError::Conflict { .. }
        | StoreError::RecordUnknown { .. }
        | StoreError::CryptoFailed { .. }
        | StoreError::Io { .. } => later("the store could not do this now; nothing of it was recorded"),
        StoreError::FormatUnknown { .. }
        | StoreError::MasterKeyWrong { .. }
        | StoreError::MasterKeyUnreadable { .. }
        | StoreError::MasterKeyExists { .. }
        | StoreError::FactsCorrupt { .. }
        | StoreError::DatabasesMismatched { .. }
        | StoreError::KeyMissing { .. }
        | StoreError::TombstonesMissing { .. }
        | StoreError::TombstonesGone { .. }
        | StoreError::SealedRowUnreadable { .. }
        | StoreError::RowMissing { .. }
        | StoreError::ServiceKeyMissing { .. }
        | StoreError::JournalMissing { .. }
        | StoreError::RowsEmptied { .. } => Problem { code: e.code(), ..Problem::internal() },
    }
}
