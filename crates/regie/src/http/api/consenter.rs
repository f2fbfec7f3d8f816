//! `/v1/customers/{c}/consenter`: who consents for a customer, the answer to "16 or older?" (Article 8).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::fact::Consenter;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, Route};
use super::whom::InPath;
use super::{Evidence, shapes};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_put, _, _>(Access::Scope(Scope::Customers), put).replayed().personal()]
}

/// Who consents from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsenterWish {
    /// `customer`: of age for it and under nobody's guardianship. `guardian`: a parent or guardian, whose consents then name the actor
    /// `guardian`.
    #[schema(example = "guardian")]
    consenter: String,
    /// What proves it. Required.
    evidence: Option<Evidence>,
}

/// Says who consents for a customer. What the other gave carries nothing any more, from the very next answer on.
#[utoipa::path(put, operation_id = "state_consenter", path = "/v1/customers/{c}/consenter", tag = "consents", request_body = ConsenterWish,
    params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "Who consents now", body = shapes::Consenter)))]
async fn put(
    State(state): State<AppState>,
    InPath(customer): InPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<ConsenterWish>,
) -> Result<Response, Problem> {
    let consenter = match body.consenter.as_str() {
        "customer" => Consenter::Customer,
        "guardian" => Consenter::Guardian,
        _ => {
            return Err(Problem::bad("consenter_unknown", "nobody else can consent")
                .field("consenter")
                .remedy("send customer or guardian"));
        }
    };
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    engine.state_consenter(customer, consenter, Evidence::claimed(body.evidence)).await?;
    let mut response = Json(json!({"customer": customer, "consenter": engine.consenter(customer)?})).into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}
