//! `/v1/recommendations`: items and their reasons. A recommendation is a use, and is recorded.

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use regie_domain::collection::limits::ID_BYTES_MAX;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, AboutNobody, RequestKey};
use super::super::route::{Access, ByApiKey, Route};
use super::super::signals::Signals;
use super::shapes;
use super::visits::visit_id;
use super::whom::{Named, opaque};
use crate::engine::api::{Wish, Without};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const LIMIT_DEFAULT: u32 = 20;
const LIMIT_MAX: u32 = 100;
/// Items of a visit that one call may carry.
const VISIT_ITEMS_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let access = Access::Scope(Scope::Recommendations);
    vec![
        Route::of::<__path_get, _, _>(access, get).replayed().personal(),
        Route::of::<__path_post, _, _>(access, post).replayed().personal(),
    ]
}

/// A wish for recommendations.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecommendationWish {
    /// `c_…`, `user:ID` or `anonymous:ID`; nobody in particular if absent.
    customer: Option<String>,
    /// The items of the visit so far, oldest first, as the page knows them; never stored.
    #[serde(default)]
    visit: Vec<String>,
    /// The visit's id, for consents bound to it.
    visit_id: Option<String>,
    /// The channel's id.
    #[schema(example = "web")]
    channel: String,
    /// How many, 1 to 100; 20 if absent.
    limit: Option<u32>,
    /// The shop whose popular items fill up.
    store: Option<String>,
}

/// Recommends from what is kept of a customer, as far as permitted; else what is popular. Without an `Idempotency-Key` it does not
/// use a permission for once up. Pass on what the customer's browser says (`Sec-GPC`, `ADPC`): it is heeded first, as on our own pages.
#[utoipa::path(get, operation_id = "recommend", path = "/v1/recommendations", tag = "recommendations",
    params(
        ("customer" = Option<String>, Query, description = "`c_…`; nobody in particular if absent"),
        ("channel" = String, Query, description = "The channel's id"),
        ("limit" = Option<u32>, Query, description = "How many, 1 to 100; 20 if absent", minimum = 1, maximum = 100),
        ("visit_id" = Option<String>, Query, description = "The visit's id, for consents bound to it"),
        ("store" = Option<String>, Query, description = "The shop whose popular items fill up"),
    ),
    responses((status = 200, description = "Items, best first, each with its reasons", body = shapes::Recommendations)))]
async fn get(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Option<Extension<RequestKey>>,
) -> Result<Response, Problem> {
    let (mut wish, mut customer, mut channel) = (RecommendationWish::default(), None, None);
    let repeated = |name: &str| Err(Problem::bad("field_repeated", "a parameter stands there twice").field(name));
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let value = value.into_owned();
        let was_there = match &*name {
            "customer" => customer.replace(opaque(&value)?).is_some(),
            "channel" => channel.replace(value).is_some(),
            "store" => wish.store.replace(value).is_some(),
            "visit_id" => wish.visit_id.replace(value).is_some(),
            "limit" => wish.limit.replace(value.parse().map_err(|_| limit_wrong())?).is_some(),
            _ => {
                return Err(Problem::bad("field_unknown", "the query has a parameter that is not known here")
                    .field(&name)
                    .remedy("expected customer, channel, limit, visit_id or store"));
            }
        };
        if was_there {
            return repeated(&name);
        }
    }
    wish.channel = channel.ok_or_else(|| Problem::bad("field_missing", "a parameter is missing").field("channel"))?;
    let wish = Wish { customer, ..checked(wish)? };
    recommend(&state, wish, &headers, request).await
}

/// The same with the visit that the page knows, and with customers named as the caller knows them.
/// Signals of the browser are passed on the same way.
#[utoipa::path(post, operation_id = "recommend_in_visit", path = "/v1/recommendations", tag = "recommendations", request_body = RecommendationWish,
    responses((status = 200, description = "Items, best first, each with its reasons", body = shapes::Recommendations)))]
async fn post(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    headers: HeaderMap,
    request: Option<Extension<RequestKey>>,
    JsonBody(wish): JsonBody<RecommendationWish>,
) -> Result<Response, Problem> {
    let customer = wish.customer.as_deref().map(|c| Named::read(c, &key)?.find(&state.engine)).transpose()?;
    let wish = Wish { customer, ..checked(wish)? };
    recommend(&state, wish, &headers, request).await
}

fn limit_wrong() -> Problem {
    Problem::bad("limit_out_of_range", format!("limit is a whole number from 1 to {LIMIT_MAX}")).field("limit")
}

fn checked(wish: RecommendationWish) -> Result<Wish, Problem> {
    let limit = wish.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(limit_wrong());
    }
    if wish.visit.len() > VISIT_ITEMS_MAX || wish.visit.iter().any(|item| item.len() > ID_BYTES_MAX) {
        return Err(Problem::bad("visit_too_long", format!("a visit has at most {VISIT_ITEMS_MAX} items of at most {ID_BYTES_MAX} bytes"))
            .field("visit"));
    }
    let visit_id = wish.visit_id.map(visit_id).transpose()?;
    Ok(Wish {
        customer: None,
        visit: wish.visit,
        visit_id,
        channel: wish.channel,
        limit: limit as usize,
        request: None,
        store: wish.store,
        without: Without::default(),
    })
}

async fn recommend(
    state: &AppState,
    mut wish: Wish,
    headers: &HeaderMap,
    request: Option<Extension<RequestKey>>,
) -> Result<Response, Problem> {
    wish.request = request.map(|r| r.0.0);
    if let Some(customer) = wish.customer {
        Signals::of(headers).heed(&state.engine, customer).await?;
    }
    // Before the answer: a choice that comes between makes the kept answer stale. Only an answer to a named request is kept.
    let about =
        wish.customer.filter(|_| wish.request.is_some()).map(|customer| About { customer, standing: state.engine.standing(customer) });
    let answer = state.engine.recommend(wish).await?;
    let mut response = ([(header::CONTENT_TYPE, JSON)], answer.to_json()).into_response();
    match about {
        Some(about) => _ = response.extensions_mut().insert(about),
        None => _ = response.extensions_mut().insert(AboutNobody),
    }
    Ok(response)
}
