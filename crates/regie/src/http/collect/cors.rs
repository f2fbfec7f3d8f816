//! Which pages may send from a browser: those whose origin the source lists, and the server's own.
//!
//! A preflight carries no key, so it is answered by whether any source lists the origin; the request itself is then held to the
//! origins of its own source. Only sources on devices are held to them: a server sends no `Origin`.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use regie_domain::policy::Trust;

use super::super::auth::SourceKeys;
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::super::{AppState, peer};
use super::origin;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, content-encoding, x-retry-count");
/// How long a browser may remember the answer, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// What a browser asks before it sends from another origin.
#[utoipa::path(options, operation_id = "preflight", path = "/v1/track", tag = "collect", responses((status = 204, description = "The headers say what is allowed")))]
async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The preflight of a path.
pub(super) fn preflight_for(path: &str) -> Route {
    Route::of::<__path_preflight, _, _>(Access::Open, preflight).at(path)
}

/// What a browser needs to read an answer, whatever the answer is.
pub(in super::super) struct Cors {
    /// The page's origin, if it is one that may send.
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

impl Cors {
    /// As the request asks for it.
    pub(in super::super) fn of(state: &AppState, request: &Request) -> Cors {
        let known = origin(request.headers()).filter(|o| state.auth.knows_origin(o));
        Cors { origin: known.and_then(|o| HeaderValue::from_str(o).ok()), is_preflight: request.method() == Method::OPTIONS }
    }

    /// Adds it to the answer.
    pub(in super::super) fn tell(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if self.is_preflight {
                headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            }
        }
    }
}

/// Holds a source on a device to its own origins.
pub(super) fn check_origin(state: &AppState, source: &SourceKeys, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = origin(headers) else { return Ok(()) };
    let is_browser = state.engine.policy().source(&source.source).is_some_and(|s| s.trust == Trust::Browser);
    let is_own = || {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        state.base_url.as_deref() == Some(origin) || (authority.is_some() && authority == peer::host(headers))
    };
    if !is_browser || source.allows(origin) || is_own() {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", "this source may not send from this page's origin")
        .remedy("add the origin to the source's `origins` in the configuration"))
}
