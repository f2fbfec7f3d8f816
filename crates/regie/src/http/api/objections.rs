//! `/v1/customers/{c}/objections`: Article 21, and taking an objection back.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::RequestKey;
use super::super::route::{Access, Route};
use super::consents::stood;
use super::whom::{InPath, PurposeInPath};
use super::{Evidence, shapes};

pub(super) fn routes() -> Vec<Route> {
    const ACCESS: Access = Access::Scope(Scope::Customers);
    vec![
        Route::of::<__path_put, _, _>(ACCESS, put).replayed().personal(),
        Route::of::<__path_weigh, _, _>(ACCESS, weigh).replayed().personal(),
    ]
}

/// Does the customer object?
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Objection {
    /// `true` objects, `false` takes the objection back.
    objects: bool,
    /// What proves it. Required to take an objection back.
    evidence: Option<Evidence>,
}

/// Objects to a purpose that rests on a legitimate interest or is direct marketing, or takes that back.
#[utoipa::path(put, operation_id = "object", path = "/v1/customers/{c}/objections/{purpose}", tag = "consents", request_body = Objection,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id")),
    responses((status = 200, description = "Where the purpose stands now", body = shapes::ConsentState)))]
async fn put(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PurposeInPath(purpose): PurposeInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<Objection>,
) -> Result<Response, Problem> {
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    let stands = engine.object(customer, &purpose, body.objects, Evidence::claimed(body.evidence)).await?;
    Ok(stood(&state, customer, &stands))
}

/// How an objection was weighed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Outcome {
    /// `true`: the objection stands. `false`: stronger grounds go before it, and the customer was told which.
    upheld: bool,
    /// In which language and how the customer was told of the outcome and the reasons. Required, with `"actor": "staff"`: a person weighs.
    evidence: Option<Evidence>,
}

/// Records how an objection was weighed (Article 21(1)). One to direct marketing is not weighed: it stands.
#[utoipa::path(put, operation_id = "weigh_objection", path = "/v1/customers/{c}/objections/{purpose}/outcome", tag = "consents",
    request_body = Outcome,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id")),
    responses((status = 200, description = "Where the purpose stands now", body = shapes::ConsentState)))]
async fn weigh(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PurposeInPath(purpose): PurposeInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<Outcome>,
) -> Result<Response, Problem> {
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    let stands = engine.weigh_objection(customer, &purpose, body.upheld, Evidence::claimed(body.evidence)).await?;
    Ok(stood(&state, customer, &stands))
}
