//! Friendly pages for what cannot be done. They say that nothing changed, and what to do; never a code, never personal data.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::caller::Caller;
use super::portal::views::{Go, PlainPage};
use crate::engine::EngineError;

/// What went wrong, as a customer reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No such page.
    NotFound,
    /// A log-in link a second time.
    LinkUsed,
    /// A log-in link too late.
    LinkExpired,
    /// Not a log-in link of ours.
    LinkBroken,
    /// A form without this session's token.
    FormExpired,
    /// The customer was erased.
    Gone,
    /// Too much at once.
    Busy,
    /// What was asked for cannot be.
    Refused,
    /// Our fault.
    Wrong,
}

impl Problem {
    fn stem(self) -> &'static str {
        match self {
            Problem::NotFound => "problem-not-found",
            Problem::LinkUsed => "problem-link-used",
            Problem::LinkExpired => "problem-link-expired",
            Problem::LinkBroken => "problem-link-broken",
            Problem::FormExpired => "problem-form-expired",
            Problem::Gone => "problem-gone",
            Problem::Busy => "problem-busy",
            Problem::Refused => "problem-refused",
            Problem::Wrong => "problem-wrong",
        }
    }
}

/// The page that says so.
pub fn problem(mut caller: Caller, status: StatusCode, what: Problem) -> Response {
    let title = caller.words.get(&format!("{}-title", what.stem()));
    let lead = caller.words.get(&format!("{}-text", what.stem()));
    let to_portal = Go { to: "/mijn".into(), label: caller.words.get("portal-name"), post: false };
    let to_shop = caller.site.shop.map(|to| Go { to: to.into(), label: caller.words.get("to-the-shop"), post: false });
    let go = if caller.customer().is_some() || to_shop.is_none() { Some(to_portal) } else { to_shop };
    let f = caller.frame(title.clone());
    caller.page_with(status, &PlainPage { f, title, lead, go })
}

/// The engine's refusal as a page. What the operator sees is logged here, once.
pub fn refused(caller: Caller, error: &EngineError) -> Response {
    let (status, what) = match error {
        EngineError::UnknownCustomer => (StatusCode::GONE, Problem::Gone),
        EngineError::UnknownId { .. } => (StatusCode::NOT_FOUND, Problem::NotFound),
        EngineError::Choice(_)
        | EngineError::Until(_)
        | EngineError::Information(_)
        | EngineError::SameCustomer
        | EngineError::DeviceTaken
        | EngineError::IdempotencyKeyRequired => (StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused),
        EngineError::Overloaded { .. } | EngineError::Stopping | EngineError::TimeDoubted => {
            (StatusCode::SERVICE_UNAVAILABLE, Problem::Busy)
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, Problem::Wrong),
    };
    if status.is_server_error() {
        tracing::error!(code = error.code(), path = %page_of(&caller.path), "a page could not do what was asked");
    }
    let mut answer = problem(caller, status, what);
    if let EngineError::Overloaded { retry_after_seconds } = error {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
    }
    answer
}

/// The page without what its path names: an item looked at says something about somebody.
fn page_of(path: &str) -> String {
    path.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// `404` for every path that is no page.
pub async fn not_found(caller: Caller) -> Response {
    problem(caller, StatusCode::NOT_FOUND, Problem::NotFound)
}

/// On to *Mijn gegevens*, from an address that has no page of its own.
pub async fn to_portal(caller: Caller) -> Response {
    caller.go("/mijn")
}
