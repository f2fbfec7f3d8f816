//! What a customer sent with a form: read, and refused unless it comes from a page of this session.

use std::sync::Arc;

use axum::extract::{Form, FromRef, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::Response;

use super::caller::Caller;
use super::problem::{Problem, problem};
use super::site::Site;

/// A form that was sent, and who sent it.
#[derive(Debug)]
pub struct Posted {
    /// Who.
    pub caller: Caller,
    fields: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequest<S> for Posted
where
    Arc<Site>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, site: &S) -> Result<Posted, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(caller) = Caller::from_request_parts(&mut parts, site).await;
        // A browser that says so itself: another site's page sent this form.
        let foreign = parts.headers.get("sec-fetch-site").is_some_and(|v| v == "cross-site");
        let read = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), site).await;
        let Ok(Form(fields)) = read else {
            return Err(problem(caller, StatusCode::BAD_REQUEST, Problem::Refused));
        };
        let posted = Posted { caller, fields };
        if foreign || !posted.get("csrf").is_some_and(|token| posted.caller.is_csrf(token)) {
            return Err(problem(posted.caller, StatusCode::FORBIDDEN, Problem::FormExpired));
        }
        let site = Arc::clone(&posted.caller.site);
        if posted.caller.customer().is_some_and(|customer| !site.pace.acts(customer, site.engine.now())) {
            return Err(problem(posted.caller, StatusCode::TOO_MANY_REQUESTS, Problem::Busy));
        }
        Ok(posted)
    }
}

impl Posted {
    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
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
