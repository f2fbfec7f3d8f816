//! `/v1/disclosures` and `/v1/customers/{c}/disclosures`: asked and recorded before data leave, and shown.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::information::{CATEGORY, InformationItem};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, ByApiKey, Route};
use super::super::signals::Signals;
use super::asked::{cursor_wrong, limit, parameters};
use super::shapes_seen as shapes;
use super::visits::visit_id;
use super::whom::{InPath, Named};
use crate::engine::disclosures::{DISCLOSURES_MAX, Disclose, Disclosed, disclosure_json};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_disclose, _, _>(Access::Scope(Scope::Decisions), disclose).replayed().personal(),
        Route::of::<__path_list, _, _>(Access::Scope(Scope::Customers), list).personal(),
    ]
}

/// Disclosures in an answer that names no limit.
const DISCLOSURES: usize = 50;

/// Data that are about to leave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DisclosureWish {
    /// `c_…`, `user:ID` or `anonymous:ID`.
    #[schema(example = "user:1042")]
    customer: String,
    /// The recipient's id; not the retailer itself.
    #[schema(example = "carrier")]
    recipient: String,
    /// The purpose's id.
    #[schema(example = "delivery")]
    purpose: String,
    /// The ids of all categories that leave. Unless each of them may, nothing is recorded and nothing may be sent.
    #[schema(example = json!(["contact"]))]
    categories: Vec<String>,
    /// Of `my-information`: these items alone leave. Without them everything that the customer tells does, and each item must allow it.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["sizes"]))]
    items: Vec<InformationItem>,
    /// The channel's id.
    channel: Option<String>,
    /// The visit in which it happens.
    visit_id: Option<String>,
    /// Your own reference, such as the number of the parcel; 1 to 256 bytes, shown to the customer.
    reference: Option<String>,
}

/// May these data go to somebody outside? Ask before sending: a yes is recorded, durably, before it is answered. Send only after it.
#[utoipa::path(post, operation_id = "disclose", path = "/v1/disclosures", tag = "transparency", request_body = DisclosureWish,
    responses(
        (status = 201, description = "Recorded: they may be sent now; of `my-information` with the values, as `information`", body = shapes::Disclosed),
        (status = 403, description = "`disclosure_refused`: they may not go there; `reason` says why, as in a decision"),
    ))]
async fn disclose(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    headers: HeaderMap,
    request: Option<Extension<RequestKey>>,
    JsonBody(wish): JsonBody<DisclosureWish>,
) -> Result<Response, Problem> {
    let customer = Named::read(&wish.customer, &key)?.find(&state.engine)?;
    Signals::of(&headers).heed(&state.engine, customer).await?;
    // Before the answer: a choice that comes between makes the kept answer stale, and a retry is judged anew.
    let standing = state.engine.standing(customer);
    let DisclosureWish { customer: _, recipient, purpose, categories, items, channel, visit_id: visit, reference } = wish;
    let visit = visit.map(visit_id).transpose()?;
    let wish = Disclose { recipient, purpose, categories, items, channel, visit, reference };
    let Disclosed { disclosure, information } = state.engine.disclose(customer, wish, request.map(|r| r.0.0)).await?;
    let mut body = disclosure_json(&state.engine.policy(), &state.engine.former_names(), &disclosure);
    if disclosure.categories.iter().any(|category| category == CATEGORY) {
        body["information"] = json!(information);
    }
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    response.extensions_mut().insert(About { customer, standing });
    Ok(response)
}

/// What went to whom, newest first.
#[utoipa::path(get, operation_id = "disclosures", path = "/v1/customers/{c}/disclosures", tag = "transparency",
    params(
        ("c" = String, Path, description = "The customer"),
        ("before" = Option<String>, Query, description = "`next` of the page before: only what is older"),
        ("limit" = Option<u32>, Query, description = "How many, 1 to 200; 50 if absent", minimum = 1, maximum = 200),
    ),
    responses((status = 200, description = "Disclosures", body = shapes::Disclosures)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath, RawQuery(query): RawQuery) -> Result<Json<Value>, Problem> {
    let [before, wanted] = parameters(query.as_deref(), ["before", "limit"])?;
    let limit = limit(wanted.as_deref(), DISCLOSURES, DISCLOSURES_MAX)?;
    let before = before.map(|text| text.parse().map_err(|_| cursor_wrong("send next of the page before"))).transpose()?;
    let found = state.engine.reading(move |engine| engine.disclosures(customer, before, limit)).await?;
    let (policy, former) = (state.engine.policy(), state.engine.former_names());
    let all: Vec<Value> = found.disclosures.iter().map(|d| disclosure_json(&policy, &former, d)).collect();
    Ok(Json(json!({"customer": customer, "disclosures": all, "total": found.total, "next": found.next})))
}
