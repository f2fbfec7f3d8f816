//! `/v1/portal-links`: a link by which a customer comes into the portal, short-lived and for one use.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use regie_domain::policy::Trust;
use regie_domain::time::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::auth::{ApiKey, Scope};
use super::super::body::JsonBody;
use super::super::pages::link::LINK_SECONDS;
use super::super::pages::words::Language;
use super::super::problem::Problem;
use super::super::replay::About;
use super::super::route::{Access, ByApiKey, Route};
use super::super::{AppState, peer};
use super::whom::Named;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_make, _, _>(Access::Scope(Scope::PortalLinks), make).replayed().personal()]
}

/// Whom a link is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkWish {
    /// `c_…`, `user:ID` or `anonymous:ID`. Only for the customer who is logged in at the shop now.
    customer: String,
    /// `nl` or `en`.
    #[schema(example = "nl")]
    language: String,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    /// Give it to nobody but this customer.
    url: String,
    /// It opens once, before this moment.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

/// A link into the portal. A customer who was not known until now gets a record: they are about to choose.
#[utoipa::path(post, operation_id = "portal_link", path = "/v1/portal-links", tag = "portal-links", request_body = LinkWish,
    responses((status = 200, description = "The link", body = Link)))]
async fn make(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<LinkWish>,
) -> Result<Response, Problem> {
    let language = Language::of_tag(&wish.language)
        .ok_or_else(|| Problem::bad("language_unknown", "the portal speaks nl and en").field("language"))?;
    let customer = match Named::read(&wish.customer, &key)? {
        Named::Identifier(identifier) => state.engine.open_record(identifier, &source_of(&state, &key)).await?,
        named @ Named::Handle(_) => named.find(&state.engine)?,
    };
    let base = match &state.base_url {
        Some(url) => url.clone(),
        None => format!(
            "http://{}",
            peer::host(&headers).ok_or_else(
                || Problem::bad("host_missing", "the request names no host").remedy("send a Host header, or configure base_url")
            )?
        ),
    };
    let link = state.site.portal_link(customer, language, LINK_SECONDS)?;
    let mut response = Json(Link { url: format!("{base}{}", link.path), expires_at: link.expires_at }).into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}

/// On whose word a record is opened: a trusted source that shares the key's numbering.
fn source_of(state: &AppState, key: &ApiKey) -> String {
    let policy = state.engine.policy();
    let source = policy.sources.iter().find(|s| s.id_space == key.id_space && s.trust == Trust::Server);
    source.map_or_else(|| key.name.clone(), |s| s.id.clone())
}
