//! `/v1/customers/{c}/restrictions`: Article 18. Stored, and used for nothing but what the article leaves.
//!
//! A restriction is named `{purpose}/{category}`, where `all` is every one: `all/all` is the whole record, `all/purchases` a category
//! whatever for, `recommendations/all` a purpose.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use regie_domain::fact::RestrictionGround;
use regie_domain::ids::Handle;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::{JsonBody, OptionalJsonBody};
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, Route};
use super::whom::{InPath, PartInPath};
use super::{Evidence, shapes};
use crate::engine::{Engine, EngineError};

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_list, _, _>(ACCESS, list).personal(),
        Route::of::<__path_put, _, _>(ACCESS, put).replayed().personal(),
        Route::of::<__path_told, _, _>(ACCESS, told).replayed().personal(),
        Route::of::<__path_lift, _, _>(ACCESS, lift).replayed().personal(),
    ]
}

/// Why uses are restricted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RestrictionWish {
    /// The ground of Article 18(1): `accuracy` (a), `unlawful` (b), `claims` (c) or `objection` (d). May be left out.
    #[schema(example = "accuracy")]
    ground: Option<String>,
    /// How and by whom it was asked. May be left out.
    evidence: Option<Evidence>,
}

/// Who lifts a restriction, or told the customer of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lifting {
    /// How and by whom. Required. Anybody but the customer lifts a restriction only after the customer was told.
    evidence: Option<Evidence>,
}

/// What is restricted for a customer, and how it came about.
#[utoipa::path(get, operation_id = "list_restrictions", path = "/v1/customers/{c}/restrictions", tag = "consents",
    params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "What stands, and the history", body = shapes::Restrictions)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath) -> Result<Response, Problem> {
    listed(&state, customer).await
}

/// Restricts uses: of everything, of a purpose, of a category, or of a category for a purpose. From the very next answer on. Restricted again
/// after the customer was told that it is going to be lifted, it stands anew, and they are to be told anew.
#[utoipa::path(put, operation_id = "restrict", path = "/v1/customers/{c}/restrictions/{purpose}/{category}", tag = "consents",
    request_body = Option<RestrictionWish>,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id, or `all`"),
        ("category" = String, Path, description = "The category's id, or `all`")),
    responses((status = 200, description = "What is restricted now", body = shapes::Restrictions)))]
async fn put(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PartInPath(part): PartInPath,
    request: Option<Extension<RequestKey>>,
    OptionalJsonBody(body): OptionalJsonBody<RestrictionWish>,
) -> Result<Response, Problem> {
    let (ground, evidence) = body.map_or((None, None), |body| (body.ground, body.evidence));
    let ground = ground.map(|word| read_ground(&word)).transpose()?;
    let change = |engine: Engine| async move { engine.restrict(customer, part, ground, Evidence::claimed(evidence)).await };
    changed(&state, customer, request, change).await
}

/// Records that the customer was told that a restriction is going to be lifted (Article 18(3)).
#[utoipa::path(put, operation_id = "tell_of_lifting", path = "/v1/customers/{c}/restrictions/{purpose}/{category}/told", tag = "consents",
    request_body = Lifting,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id, or `all`"),
        ("category" = String, Path, description = "The category's id, or `all`")),
    responses((status = 200, description = "What is restricted now", body = shapes::Restrictions)))]
async fn told(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PartInPath(part): PartInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<Lifting>,
) -> Result<Response, Problem> {
    let change = |engine: Engine| async move { engine.tell_of_lifting(customer, part, Evidence::claimed(body.evidence)).await };
    changed(&state, customer, request, change).await
}

/// Lifts a restriction. The customer may at any time; anybody else only after the customer was told.
#[utoipa::path(delete, operation_id = "lift_restriction", path = "/v1/customers/{c}/restrictions/{purpose}/{category}", tag = "consents",
    request_body = Lifting,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id, or `all`"),
        ("category" = String, Path, description = "The category's id, or `all`")),
    responses((status = 200, description = "What is restricted now", body = shapes::Restrictions)))]
async fn lift(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PartInPath(part): PartInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(body): JsonBody<Lifting>,
) -> Result<Response, Problem> {
    let change = |engine: Engine| async move { engine.lift(customer, part, Evidence::claimed(body.evidence)).await };
    changed(&state, customer, request, change).await
}

/// Does it for this request, so that a retry is known, and answers what is restricted then.
async fn changed<F: Future<Output = Result<(), EngineError>> + Send>(
    state: &AppState,
    customer: Handle,
    request: Option<Extension<RequestKey>>,
    change: impl FnOnce(Engine) -> F + Send,
) -> Result<Response, Problem> {
    change(state.engine.for_request(request.map(|r| r.0.0))).await?;
    listed(state, customer).await
}

async fn listed(state: &AppState, customer: Handle) -> Result<Response, Problem> {
    let list = state.engine.reading(move |engine| engine.restrictions(customer)).await?;
    let body = axum::Json(json!({"customer": customer, "restrictions": list.restrictions, "history": list.history}));
    let mut response = body.into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}

fn read_ground(word: &str) -> Result<RestrictionGround, Problem> {
    Ok(match word {
        "accuracy" => RestrictionGround::Accuracy,
        "unlawful" => RestrictionGround::Unlawful,
        "claims" => RestrictionGround::Claims,
        "objection" => RestrictionGround::Objection,
        _ => {
            return Err(Problem::bad("ground_unknown", "this is no ground for a restriction")
                .field("ground")
                .remedy("send accuracy, unlawful, claims or objection, or leave it out"));
        }
    })
}
