//! `/v1/customers/{c}/receipts`: what the customer chose, each signed and with the proof that the ledger holds it.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::shapes;
use super::whom::InPath;

/// Receipts of one answer, unless fewer are asked for.
const RECEIPTS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_receipts, _, _>(Access::Scope(Scope::Customers), receipts).personal()]
}

/// Which receipts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// At most so many, 1 to 100.
    limit: Option<usize>,
    /// Only those before this leaf: `before` of the page before.
    before: Option<u64>,
}

/// The customer's receipts, newest first: each an ISO/IEC TS 27560 consent receipt in JSON-LD that `regie verify` checks offline.
#[utoipa::path(get, path = "/v1/customers/{c}/receipts", tag = "consents",
    params(("c" = String, Path, description = "The customer"), Which),
    responses((status = 200, description = "Receipts, each as it can be handed out", body = shapes::Receipts)))]
async fn receipts(
    State(state): State<AppState>,
    InPath(customer): InPath,
    which: Result<Query<Which>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(which) = which.map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "query_not_understood", "the query names something else than limit and before, or no number")
    })?;
    let most = which.limit.unwrap_or(RECEIPTS);
    if !(1..=RECEIPTS).contains(&most) {
        return Err(Problem::bad("limit_out_of_range", "limit is 1 to 100").field("limit"));
    }
    let portal = state.base_url.as_ref().map(|url| format!("{url}/mijn"));
    let found = state.engine.reading(move |engine| engine.receipts(customer, which.before, most, portal.as_deref())).await?;
    Ok(Json(json!({ "customer": customer, "receipts": found.receipts, "before": found.before })))
}
