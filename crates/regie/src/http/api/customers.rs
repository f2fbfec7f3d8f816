//! `/v1/customers`: look up, join, take along, erase.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::fact::Actor;
use regie_domain::ids::Handle;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::pages::portal::automated_decisions;
use super::super::pages::words::{Language, Words};
use super::super::problem::Problem;
use super::super::replay::{About, AboutNobody};
use super::super::route::{Access, ByApiKey, Route};
use super::shapes;
use super::whom::{InPath, Named};
use crate::engine::api::Erased;

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_lookup, _, _>(ACCESS, lookup).personal(),
        Route::of::<__path_join, _, _>(ACCESS, join).replayed().personal(),
        Route::of::<__path_export, _, _>(ACCESS, export).personal(),
        Route::of::<__path_erase, _, _>(ACCESS, erase).replayed().personal(),
    ]
}

/// A customer, by any of their names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerNamed {
    /// `c_…`, `user:ID` or `anonymous:ID`.
    #[schema(example = "user:1042")]
    customer: String,
}

/// A customer, by the name that paths and queries take.
#[derive(Debug, Serialize, ToSchema)]
struct CustomerHandle {
    /// `c_` and 26 characters.
    #[schema(value_type = String, example = "c_01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    customer: Handle,
}

/// The opaque id of a customer.
#[utoipa::path(post, path = "/v1/customers/lookup", tag = "customers", request_body = CustomerNamed,
    responses((status = 200, description = "Known", body = CustomerHandle), (status = 404, description = "Not known")))]
async fn lookup(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    JsonBody(body): JsonBody<CustomerNamed>,
) -> Result<Json<CustomerHandle>, Problem> {
    let customer = Named::read(&body.customer, &key)?.find(&state.engine)?;
    Ok(Json(CustomerHandle { customer }))
}

/// Says that two records are one person. Any refusal, withdrawal or objection of either wins until the customer decides.
#[utoipa::path(post, path = "/v1/customers/{c}/join", tag = "customers", params(("c" = String, Path, description = "The customer")), request_body = CustomerNamed,
    responses((status = 200, description = "Joined; the older record's id names the customer", body = CustomerHandle)))]
async fn join(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    InPath(customer): InPath,
    JsonBody(body): JsonBody<CustomerNamed>,
) -> Result<Response, Problem> {
    let other = Named::read(&body.customer, &key)?.find(&state.engine)?;
    state.engine.join(customer, other, Actor::Source).await?;
    let customer = state.engine.canonical(customer).unwrap_or(customer);
    let mut response = Json(CustomerHandle { customer }).into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}

/// Everything about a customer.
#[utoipa::path(get, path = "/v1/customers/{c}/export", tag = "customers", params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "Everything, with category and origin of each field", body = Object)))]
async fn export(State(state): State<AppState>, InPath(customer): InPath) -> Result<impl IntoResponse, Problem> {
    let mut export = state.engine.reading(move |engine| engine.export(customer)).await?;
    if let Some(all) = export.as_object_mut() {
        all.insert("automated_decisions".into(), automated_decisions(Words::new(Language::English)));
    }
    Ok((AppendHeaders([("content-disposition", "attachment; filename=\"export.json\"")]), Json(export)))
}

/// Ends a customer's data everywhere. What a law keeps is listed, with its end.
#[utoipa::path(delete, path = "/v1/customers/{c}", tag = "customers", params(("c" = String, Path, description = "The customer")),
    responses((status = 200, description = "Erased", body = shapes::Erased)))]
async fn erase(State(state): State<AppState>, InPath(customer): InPath) -> Result<(Extension<AboutNobody>, Json<Erased>), Problem> {
    Ok((Extension(AboutNobody), Json(state.site.erase(customer).await?)))
}
