//! `/v1/customers/{c}/information`: what a customer tells about themselves, item by item, for one purpose and until an end.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::consent::UntilWish;
use regie_domain::ids::Handle;
use regie_domain::information::{InformationItem, StateError, ToldState};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::{JsonBody, OptionalJsonBody};
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, Route};
use super::visits::visit_id;
use super::whom::{InPath, path_param};
use super::{Evidence, shapes};
use crate::engine::api::Tell;
use crate::engine::{EngineError, Information};

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_list, _, _>(ACCESS, list).personal(),
        Route::of::<__path_get, _, _>(ACCESS, get).personal(),
        Route::of::<__path_put, _, _>(ACCESS, put).replayed().personal(),
        Route::of::<__path_delete, _, _>(ACCESS, delete).replayed().personal(),
    ]
}

/// The item `{item}` of a path.
struct ItemInPath(InformationItem);

impl<S: Send + Sync> FromRequestParts<S> for ItemInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = path_param(parts, state, "item").await?;
        InformationItem::of(&id).map(ItemInPath).ok_or_else(|| {
            let all: Vec<&str> = InformationItem::ALL.into_iter().map(InformationItem::id).collect();
            Problem::new(StatusCode::NOT_FOUND, "item_unknown", "there is no such item of information")
                .remedy(format!("choose from {}", all.join(", ")))
        })
    }
}

/// Something to tell.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Statement {
    /// By item. `diet`: one or more of vegetarian, vegan, pescatarian, halal, kosher, gluten-free, lactose-free, nut-free, low-sugar.
    /// `sizes`: `{"tops": "M", "trousers": "32/34", "dresses": "38", "shoes": "42"}`, one or more of them. `birthday`: `MM-DD`, never a
    /// year. `interests`: departments or brands of the catalogue. `household`: `{"people": "3-4", "children": ["0-3"]}`.
    #[schema(value_type = shapes::ToldValue, example = "vegetarian")]
    value: Value,
    /// The one purpose that it may be used for; the purpose must take `my-information`.
    #[schema(example = "recommendations")]
    purpose: String,
    /// Its end: `visit`, `P1D`, `P1W`, `P1M`, a date, an RFC 3339 time, or `withdrawn`.
    #[schema(example = "P1W")]
    until: String,
    /// Recipient ids; the retailer alone if absent.
    recipients: Option<Vec<String>>,
    /// The visit, for `until: visit`.
    visit_id: Option<String>,
    /// What proves it. Without it the calling system vouches for the customer's word; a diet of faith or health is then refused.
    evidence: Option<Evidence>,
}

/// Evidence of taking back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakingBack {
    /// May be left out: taking back is as easy as telling.
    evidence: Option<Evidence>,
}

/// What a customer tells now, hidden items among it.
#[utoipa::path(get, operation_id = "list_information", path = "/v1/customers/{c}/information", tag = "information",
    params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "Every item that is told", body = shapes::InformationList)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath) -> Result<Json<Value>, Problem> {
    let all: Vec<Value> = state.engine.information(customer)?.iter().map(readable).collect();
    Ok(Json(json!({"customer": customer, "information": all})))
}

/// One item that a customer tells now.
#[utoipa::path(get, operation_id = "get_information", path = "/v1/customers/{c}/information/{item}", tag = "information",
    params(("c" = String, Path, description = "The customer"), ("item" = String, Path, description = "sizes, diet, birthday, interests or household")),
    responses((status = 200, description = "What is told", body = shapes::Information)))]
async fn get(State(state): State<AppState>, InPath(customer): InPath, ItemInPath(item): ItemInPath) -> Result<Response, Problem> {
    Ok(Json(readable(&state.engine.information_item(customer, item)?)).into_response())
}

/// Tells an item, in place of what was told of it before. Telling is the permission: for this item, this purpose, until this end.
#[utoipa::path(put, operation_id = "put_information", path = "/v1/customers/{c}/information/{item}", tag = "information", request_body = Statement,
    params(("c" = String, Path, description = "The customer"), ("item" = String, Path, description = "sizes, diet, birthday, interests or household")),
    responses((status = 200, description = "What is told now. To a request that comes again after it was taken back: `state` is `removed`", body = shapes::Information)))]
async fn put(
    State(state): State<AppState>,
    InPath(customer): InPath,
    ItemInPath(item): ItemInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(statement): JsonBody<Statement>,
) -> Result<Response, Problem> {
    let until = UntilWish::parse(&statement.until).map_err(EngineError::from)?;
    let tell = Tell {
        item,
        value: statement.value,
        purpose: statement.purpose,
        until,
        recipients: statement.recipients,
        visit: statement.visit_id.map(visit_id).transpose()?,
        evidence: Evidence::claimed(statement.evidence),
    };
    match state.engine.for_request(request.map(|r| r.0.0)).tell(customer, tell).await {
        Ok(told) => Ok(about(customer, Json(readable(&told)))),
        // This very request was carried out before, and what it told was taken back since, or has ended.
        Err(EngineError::Information(StateError::NotTold)) => Ok(about(customer, Json(gone(customer, item)))),
        Err(e) => Err(e.into()),
    }
}

/// Takes an item back: its value is gone from every use when this answers. Taking back what was never told changes nothing.
#[utoipa::path(delete, operation_id = "delete_information", path = "/v1/customers/{c}/information/{item}", tag = "information",
    request_body = Option<TakingBack>,
    params(("c" = String, Path, description = "The customer"), ("item" = String, Path, description = "sizes, diet, birthday, interests or household")),
    responses((status = 200, description = "It is told no more", body = shapes::InformationGone)))]
async fn delete(
    State(state): State<AppState>,
    InPath(customer): InPath,
    ItemInPath(item): ItemInPath,
    request: Option<Extension<RequestKey>>,
    OptionalJsonBody(body): OptionalJsonBody<TakingBack>,
) -> Result<Response, Problem> {
    let evidence = Evidence::claimed(body.and_then(|b| b.evidence));
    state.engine.for_request(request.map(|r| r.0.0)).take_back(customer, item, evidence).await?;
    Ok(about(customer, Json(gone(customer, item))))
}

/// Of an item that is told no more.
fn gone(customer: Handle, item: InformationItem) -> Value {
    json!({"customer": customer, "item": item, "state": "removed"})
}

/// An item as a system of the retailer's may read it: what nobody may use now is the customer's alone, so its value is left out.
fn readable(told: &Information) -> Value {
    let mut item = json!(told);
    if told.state != ToldState::InUse
        && let Some(members) = item.as_object_mut()
    {
        members.remove("value");
    }
    item
}

fn about(customer: Handle, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    response
}
