//! `/v1/customers/{c}/visits/end`: a visit ends, and consents bound to it with it.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use regie_domain::collection::{is_id, limits::ID_BYTES_MAX};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::AboutNobody;
use super::super::route::{Access, Route};
use super::whom::InPath;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_end, _, _>(Access::Scope(Scope::Customers), end).replayed().personal()]
}

/// The visit that ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndedVisit {
    /// The id that consents, decisions and events of the visit carried.
    visit_id: String,
}

/// Ends a visit.
#[utoipa::path(post, operation_id = "end_visit", path = "/v1/customers/{c}/visits/end", tag = "consents", request_body = EndedVisit, params(("c" = String, Path, description = "The customer")),
    responses((status = 204, description = "Ended")))]
async fn end(
    State(state): State<AppState>,
    InPath(customer): InPath,
    JsonBody(body): JsonBody<EndedVisit>,
) -> Result<(Extension<AboutNobody>, StatusCode), Problem> {
    state.engine.end_visit(customer, &visit_id(body.visit_id)?).await?;
    Ok((Extension(AboutNobody), StatusCode::NO_CONTENT))
}

/// A visit's id as a body carries it.
pub(super) fn visit_id(id: String) -> Result<String, Problem> {
    if !is_id(&id) {
        let detail = format!("a visit's id is 1 to {ID_BYTES_MAX} bytes without control characters");
        return Err(Problem::bad("visit_id_wrong", detail).field("visit_id"));
    }
    Ok(id)
}
