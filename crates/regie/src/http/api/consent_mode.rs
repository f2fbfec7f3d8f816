//! `/v1/consent-mode`: what a page's tags are told, in the words of Google's Consent Mode.
//! `/.well-known/gpc.json`: that Global Privacy Control is heeded here.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::super::AppState;
use super::super::auth::Scope;
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::super::signals::Signals;
use super::asked::parameters;
use super::shapes;
use super::visits::visit_id;
use super::whom::opaque;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_consent_mode, _, _>(Access::Scope(Scope::Decisions), consent_mode).personal(),
        Route::of::<__path_gpc, _, _>(Access::Open, gpc),
    ]
}

/// The state of each signal, as `gtag("consent", …)` takes it: `granted` while all purposes hold that the policy maps it to, else
/// `denied`. A signal that the policy does not map is denied, and so is one that is permitted for once: what tags do is not counted here.
#[utoipa::path(get, path = "/v1/consent-mode", tag = "consents",
    params(
        ("customer" = Option<String>, Query, description = "`c_…`; somebody of whom nothing is known if absent"),
        ("visit_id" = Option<String>, Query, description = "The visit's id, for consents bound to it"),
    ),
    responses((status = 200, description = "Every signal", body = shapes::ConsentMode)))]
async fn consent_mode(State(state): State<AppState>, RawQuery(query): RawQuery, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    let [customer, visit] = parameters(query.as_deref(), ["customer", "visit_id"])?;
    let (customer, visit) = (customer.as_deref().map(opaque).transpose()?, visit.map(visit_id).transpose()?);
    if let Some(customer) = customer {
        Signals::of(&headers).heed(&state.engine, customer).await?;
    }
    let signals = state.engine.consent_mode(customer, visit.as_deref())?;
    let state = signals.into_iter().map(|(signal, granted)| (signal.name().to_owned(), json!(if granted { "granted" } else { "denied" })));
    Ok(Json(Value::Object(state.collect::<Map<_, _>>())))
}

/// That Global Privacy Control is heeded here, and since when the policy in force says so.
#[utoipa::path(get, path = "/.well-known/gpc.json", tag = "operations",
    responses((status = 200, description = "As the specification of Global Privacy Control asks", body = shapes::Gpc)))]
async fn gpc(State(state): State<AppState>) -> Json<Value> {
    let day = state.engine.policy_since().to_string();
    Json(json!({"gpc": true, "lastUpdate": day.get(..10).unwrap_or("1970-01-01")}))
}
