//! `/v1/decisions`: "may this happen now?" Asking changes nothing; using is recorded.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, ByApiKey, Route};
use super::shapes;
use super::visits::visit_id;
use super::whom::Named;
use crate::engine::api::Question;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_decide, _, _>(Access::Scope(Scope::Decisions), decide).replayed().personal()]
}

/// A question, or a use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionWish {
    /// `c_…`, `user:ID` or `anonymous:ID`.
    customer: String,
    /// The category's id.
    #[schema(example = "purchases")]
    category: String,
    /// The purpose's id.
    #[schema(example = "recommendations")]
    purpose: String,
    /// The recipient's id; the retailer if absent.
    recipient: Option<String>,
    /// The channel's id.
    channel: Option<String>,
    /// The visit in which it happens.
    visit_id: Option<String>,
    /// `true`: it happens now, and is recorded. Needs an `Idempotency-Key` where a permission for once would be used up.
    #[serde(default, rename = "use")]
    used: bool,
}

/// May this happen now? With `"use": true` it happens, and is recorded.
#[utoipa::path(post, path = "/v1/decisions", tag = "decisions", request_body = DecisionWish,
    responses((status = 200, description = "The answer", body = shapes::Decision)))]
async fn decide(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    request: Option<Extension<RequestKey>>,
    JsonBody(wish): JsonBody<DecisionWish>,
) -> Result<Response, Problem> {
    let customer = Named::read(&wish.customer, &key)?.find(&state.engine)?;
    let visit = wish.visit_id.map(visit_id).transpose()?;
    let question = Question { purpose: wish.purpose, category: wish.category, recipient: wish.recipient, channel: wish.channel, visit };
    // Before the answer: a choice that comes between makes the kept answer stale. Only an answer to a named request is kept.
    let about = request.is_some().then(|| About { customer, standing: state.engine.standing(customer) });
    let answer = if wish.used {
        state.engine.use_now(Some(customer), &question, request.map(|r| r.0.0)).await?
    } else {
        state.engine.decide(Some(customer), &question)?
    };
    let mut response = Json(answer).into_response();
    if let Some(about) = about {
        response.extensions_mut().insert(about);
    }
    Ok(response)
}
