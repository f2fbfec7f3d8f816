//! `/v1/customers/{c}/contests`: contesting a decision of significant effect (Article 22(3)), and a person's answer.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::fact::ContestOutcome;
use regie_domain::ids::ContestId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, Route};
use super::whom::{InPath, path_param};
use super::{Evidence, shapes_seen as shapes};
use crate::engine::contest::ContestWish;

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_list, _, _>(ACCESS, list).personal(),
        Route::of::<__path_contest, _, _>(ACCESS, contest).replayed().personal(),
        Route::of::<__path_answer, _, _>(ACCESS, answer).replayed().personal(),
    ]
}

/// The contest `{contest}` of a path.
struct ContestInPath(ContestId);

impl<S: Send + Sync> FromRequestParts<S> for ContestInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unknown = |_| Problem::new(StatusCode::NOT_FOUND, "contest_unknown", "no contest of this customer has this id");
        path_param(parts, state, "contest").await?.parse().map(ContestInPath).map_err(unknown)
    }
}

/// A decision that the customer contests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContestedDecision {
    /// The purpose's id; the policy declares it with `contest`.
    #[schema(example = "order-handling")]
    purpose: String,
    /// Your own reference of the decision, such as the number of the order; 1 to 256 bytes.
    reference: Option<String>,
    /// Why, in the customer's words; 1 to 2000 bytes.
    reason: Option<String>,
    /// How and by whom it was asked. May be left out.
    evidence: Option<Evidence>,
}

/// Contests a decision of significant effect. One that waits for an answer, about the same, is not recorded twice.
#[utoipa::path(post, operation_id = "contest", path = "/v1/customers/{c}/contests", tag = "consents", request_body = ContestedDecision,
    params(("c" = String, Path, description = "The customer")),
    responses((status = 201, description = "Recorded: a person has to answer it", body = shapes::Contest)))]
async fn contest(
    State(state): State<AppState>,
    InPath(customer): InPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<ContestedDecision>,
) -> Result<Response, Problem> {
    let standing = state.engine.standing(customer);
    let ContestedDecision { purpose, reference, reason, evidence } = body;
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    let made = engine.contest(customer, ContestWish { purpose, reference, reason }, Evidence::claimed(evidence)).await?;
    let mut response = (StatusCode::CREATED, Json(json!(made))).into_response();
    response.extensions_mut().insert(About { customer, standing });
    Ok(response)
}

/// What a customer contested, newest first, each with its answer.
#[utoipa::path(get, operation_id = "contests", path = "/v1/customers/{c}/contests", tag = "consents",
    params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "Contests", body = shapes::Contests)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath) -> Result<Json<Value>, Problem> {
    let contests = state.engine.reading(move |engine| engine.contests(customer)).await?;
    Ok(Json(json!({"customer": customer, "contests": contests})))
}

/// A person's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContestAnswer {
    /// `upheld`: the decision stands. `changed`: it was changed.
    #[schema(value_type = String, example = "changed")]
    outcome: ContestOutcome,
    /// Why, as the customer reads it; 1 to 2000 bytes.
    reasons: String,
    /// In which language and how it was answered. Required, with `"actor": "staff"`: a person answers.
    evidence: Option<Evidence>,
}

/// Records a person's answer to a contest. The customer reads it in the timeline and on the page.
#[utoipa::path(put, operation_id = "answer_contest", path = "/v1/customers/{c}/contests/{contest}/outcome", tag = "consents",
    request_body = ContestAnswer,
    params(("c" = String, Path, description = "The customer"), ("contest" = String, Path, description = "The contest's id, `k_…`")),
    responses((status = 200, description = "The contest with its answer", body = shapes::Contest)))]
async fn answer(
    State(state): State<AppState>,
    InPath(customer): InPath,
    ContestInPath(contest): ContestInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<ContestAnswer>,
) -> Result<Response, Problem> {
    let standing = state.engine.standing(customer);
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    let found = engine.answer_contest(customer, contest, body.outcome, body.reasons, Evidence::claimed(body.evidence)).await?;
    let mut response = Json(json!(found)).into_response();
    response.extensions_mut().insert(About { customer, standing });
    Ok(response)
}
