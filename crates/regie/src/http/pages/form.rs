//! What a customer sent with a form: read, and refused unless it comes from a page of this session.
//!
//! Two things see to that, each enough alone: [`own_pages`] believes what a browser says of where a form stood, and every form carries a
//! token of its session.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::extract::{Form, FromRef, FromRequest, FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::caller::Caller;
use super::problem::{Problem, problem};
use super::site::Site;

/// The layer before all pages: what changes something is refused where the browser says that another site's page sent it. Browsers say so
/// with `Sec-Fetch-Site`, older ones with `Origin` alone; who says neither is no browser that could be misled.
pub async fn own_pages(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(request.headers(), site.origin()) {
        return next.run(request).await;
    }
    let (mut parts, _) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, &site).await;
    problem(caller, StatusCode::FORBIDDEN, Problem::FormExpired)
}

fn is_own(headers: &HeaderMap, origin: Option<&str>) -> bool {
    if let Some(from) = headers.get("sec-fetch-site") {
        return from == "same-origin" || from == "none";
    }
    let Some(from) = headers.get(header::ORIGIN) else { return true };
    let Ok(from) = from.to_str() else { return false };
    let at = from.split_once("://").map(|(_, at)| at);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // Behind a proxy the host may be another one than customers know.
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(from)) || at.zip(host).is_some_and(|(at, host)| at.eq_ignore_ascii_case(host))
}

/// Fields that decide something, of which a form has one.
const SINGLE: [&str; 12] =
    ["csrf", "answer", "until", "date", "device", "of-age", "objects", "part", "ground", "confirm", "purpose", "shown"];

/// Names what a page shows, for a form to send along: what is done is done to that, and to nothing that it became meanwhile. No secret: it says
/// no more than the page that it stands on.
pub fn shown(what: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A form that was sent, and who sent it.
#[derive(Debug)]
pub struct Posted {
    /// Who.
    pub caller: Caller,
    fields: Vec<(String, String)>,
    takes_away: Option<TakesAway>,
    /// Its page is from before the first choice of this browser's customer: it says less than stands now.
    pub is_older: bool,
}

/// Marks a route whose forms only end something, those of which this is true: never held up (Article 7(3)). Doing it again changes nothing,
/// so it fills no disk. And heard from a page that this browser opened before its customer chose anything: whoever had planted that session's
/// name could end something with it at most, and permit or see nothing.
#[derive(Debug, Clone, Copy)]
pub struct TakesAway(pub fn(&Posted) -> bool);

impl<S: Send + Sync> FromRequest<S> for Posted
where
    Arc<Site>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, site: &S) -> Result<Posted, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(caller) = Caller::from_request_parts(&mut parts, site).await;
        let takes_away = parts.extensions.get::<TakesAway>().copied();
        let read = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), site).await;
        let Ok(Form(fields)) = read else {
            return Err(problem(caller, StatusCode::BAD_REQUEST, Problem::Refused));
        };
        let mut posted = Posted { caller, fields, takes_away, is_older: false };
        let token = posted.get("csrf").unwrap_or_default();
        if !posted.caller.is_csrf(token) {
            posted.is_older = posted.only_takes_away() && posted.caller.is_older_csrf(token);
            if !posted.is_older {
                return Err(problem(posted.caller, StatusCode::FORBIDDEN, Problem::FormExpired));
            }
        }
        if posted.is_doubled() {
            return Err(problem(posted.caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused));
        }
        let site = Arc::clone(&posted.caller.site);
        let hurried = || posted.caller.customer().is_some_and(|customer| !site.pace.acts(customer, site.engine.now()));
        if !posted.only_takes_away() && hurried() {
            let mut answer = problem(posted.caller, StatusCode::TOO_MANY_REQUESTS, Problem::Busy);
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            return Err(answer);
        }
        Ok(posted)
    }
}

impl Posted {
    /// Was a question answered twice? No form of ours does that, and nobody can say which answer counts.
    fn is_doubled(&self) -> bool {
        SINGLE.iter().any(|name| self.fields.iter().filter(|(n, _)| n == name).count() > 1)
    }

    /// Does it only end something?
    fn only_takes_away(&self) -> bool {
        self.takes_away.is_some_and(|TakesAway(is_so)| is_so(self))
    }

    /// The answer to a question with two answers; `None` where there is none, or another.
    pub fn yes_or_no(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        }
    }

    /// Says that nothing changed, because the form was not whole.
    pub fn refused(self) -> Response {
        problem(self.caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused)
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Does it speak of what its page would show now? `None` where it does not say of what.
    pub fn speaks_of(&self, shown: &str) -> Option<bool> {
        self.get("shown").map(|sent| sent == shown)
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// Where to go back to: a path of the shop, or the fallback. Never another host.
    pub fn back(&self, fallback: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.?=&%+".contains(c);
        match self.get("back") {
            Some("shop") => "/winkel".to_owned(),
            Some(path) if path.starts_with("/winkel") && path.chars().all(plain) => path.to_owned(),
            _ => fallback.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_form_comes_from_our_own_pages() {
        let own = "https://mijn.winkel.example";
        for (lines, origin, expected) in [
            (&[][..], None, true),
            (&[("sec-fetch-site", "same-origin")], None, true),
            (&[("sec-fetch-site", "none")], None, true),
            (&[("sec-fetch-site", "cross-site")], None, false),
            (&[("sec-fetch-site", "same-site")], None, false),
            (&[("sec-fetch-site", "cross-site"), ("origin", own), ("host", "mijn.winkel.example")], Some(own), false),
            (&[("origin", "http://localhost:7070"), ("host", "localhost:7070")], None, true),
            (&[("origin", "http://localhost:7071"), ("host", "localhost:7070")], None, false),
            (&[("origin", "null"), ("host", "localhost:7070")], None, false),
            (&[("origin", "https://evil.example"), ("host", "mijn.winkel.example")], Some(own), false),
            (&[("origin", own), ("host", "127.0.0.1:7070")], Some(own), true),
            (&[("origin", "http://mijn.winkel.example"), ("host", "127.0.0.1:7070")], Some(own), false),
            (&[("origin", own)], None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_own(&headers, origin), expected, "{lines:?} {origin:?}");
        }
    }
}
