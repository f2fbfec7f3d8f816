//! What every page has around it, and how a page becomes an answer with its safe headers.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::assets::{Assets, assets};
use super::words::Words;
use crate::http::signals::LINK;

/// Around every page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The page's words.
    pub t: Words,
    /// The page's name, for the browser's title.
    pub title: String,
    /// The token that every form sends back.
    pub csrf: String,
    /// What the last action did ("Gestopt. …"), told once.
    pub told: Option<String>,
    /// That was a no.
    pub denied: bool,
    /// A receipt of it can be sent by mail.
    pub receipt: bool,
    /// The retailer's name.
    pub brand: String,
    /// Where the styles and drawings are.
    pub assets: &'static Assets,
    /// Is a customer logged in by number?
    pub signed_in: bool,
    /// Where the shop is, if it is ours.
    pub shop: Option<&'static str>,
    /// Whom to write to, and who watches over us.
    pub complain: Option<Complain>,
    /// The rooms of *Mijn gegevens*; empty elsewhere and for who is not in.
    pub rooms: Vec<RoomLink>,
}

/// Whom to write to, and who watches over us; each with its link where the policy gives a page or a mail address.
#[derive(Debug, Clone)]
pub struct Complain {
    /// The privacy officer's name.
    pub officer: String,
    /// How they are reached.
    pub contact: String,
    /// The link of that.
    pub to: Option<String>,
    /// The supervisory authority's name.
    pub authority: String,
    /// Its page.
    pub at: Option<String>,
}

/// A room of *Mijn gegevens*.
#[derive(Debug, Clone)]
pub struct RoomLink {
    /// Its path.
    pub path: &'static str,
    /// Its name.
    pub name: String,
    /// It is the one that is looked at.
    pub current: bool,
}

impl Frame {
    /// A frame with nothing but words and a title.
    pub fn bare(t: Words, title: String, brand: String) -> Frame {
        Frame {
            t,
            title,
            csrf: String::new(),
            told: None,
            denied: false,
            receipt: false,
            brand,
            assets: assets(),
            signed_in: false,
            shop: None,
            complain: None,
            rooms: Vec::new(),
        }
    }

    /// A small drawing, as markup. `name` and `class` are ours, never a customer's.
    pub fn icon(&self, name: &str, class: &str) -> String {
        format!(r##"<svg class="{class}" aria-hidden="true" focusable="false"><use href="{}#ui-{name}"/></svg>"##, self.assets.glyphs)
    }
}

/// The policy of what a page may load and where its forms may go: nothing but ourselves, no inline script or style.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page as an answer. Pages of customers are never stored on the way.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            // A template writes into memory and cannot fail but by a fault of ours.
            tracing::error!(%error, "a page could not be written");
            crate::http::problem::Problem::internal().into_response()
        }
    }
}

/// Adds to every answer of the pages what keeps them to themselves. What an answer says itself (assets are cached) stays.
pub async fn guard(mut answer: Response) -> Response {
    let headers: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::LINK, LINK),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    ];
    for (name, value) in headers {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}
