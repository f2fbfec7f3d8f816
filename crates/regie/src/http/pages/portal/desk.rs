//! A customer at the portal's desk: the caller, sure to be a customer, or the page that tells how to get in.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use regie_domain::consent::ClaimedEvidence;
use regie_domain::ids::Handle;

use super::views::{Go, PlainPage};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::site::Site;

/// A customer who asks for a page.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) caller: Caller,
    pub(crate) customer: Handle,
}

impl FromRequestParts<Arc<Site>> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Desk, Response> {
        let Ok(caller) = Caller::from_request_parts(parts, site).await;
        match caller.customer() {
            Some(customer) => Ok(Desk { caller, customer }),
            None => Err(way_in(caller)),
        }
    }
}

/// A customer who sends a form.
#[derive(Debug)]
pub(crate) struct DeskForm {
    pub(crate) posted: Posted,
    pub(crate) customer: Handle,
}

impl FromRequest<Arc<Site>> for DeskForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<DeskForm, Response> {
        let posted = Posted::from_request(request, site).await?;
        match posted.caller.customer() {
            Some(customer) => Ok(DeskForm { posted, customer }),
            None => Err(way_in(posted.caller)),
        }
    }
}

/// Somebody whom we do not know is shown the way in; a form of theirs changes nothing.
fn way_in(caller: Caller) -> Response {
    caller.go("/mijn/binnen")
}

/// `/mijn/binnen`: how to get in.
pub(super) async fn enter(mut caller: Caller) -> Response {
    let t = caller.words;
    let f = caller.frame(t.get("enter-title"));
    let go = Some(Go { to: "/mijn/informatie".into(), label: t.get("enter-tell"), post: false });
    caller.page(&PlainPage { f, title: t.get("enter-title"), lead: t.get("enter-lead"), go })
}

impl Caller {
    /// What proves a choice made on this page: the wording in force, in the language that was read, by the customer.
    pub(crate) fn evidence(&self, method: &str) -> Option<ClaimedEvidence> {
        Some(ClaimedEvidence {
            policy_version: Some(self.site.engine.policy().version.clone()),
            language: Some(self.words.language.tag().to_owned()),
            method: Some(method.to_owned()),
            actor: Some("customer".to_owned()),
        })
    }
}
