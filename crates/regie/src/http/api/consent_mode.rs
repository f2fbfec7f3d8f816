//! `/v1/consent-mode`: what a page's tags are told, in the words of Google's Consent Mode.
//! `/.well-known/gpc.json`: that Global Privacy Control is heeded here.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};

use super::super::AppState;
use super::super::auth::Scope;
use super::super::problem::Problem;
use super::super::route::{Access, Route};
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
/// `denied`. A signal that the policy does not map is denied.
#[utoipa::path(get, path = "/v1/consent-mode", tag = "consents",
    params(
        ("customer" = Option<String>, Query, description = "`c_…`; somebody of whom nothing is known if absent"),
        ("visit_id" = Option<String>, Query, description = "The visit's id, for consents bound to it"),
    ),
    responses((status = 200, description = "Every signal", body = shapes::ConsentMode)))]
async fn consent_mode(State(state): State<AppState>, RawQuery(query): RawQuery) -> Result<Json<Value>, Problem> {
    let (mut customer, mut visit) = (None, None);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let was_there = match &*name {
            "customer" => customer.replace(opaque(&value)?).is_some(),
            "visit_id" => visit.replace(visit_id(value.into_owned())?).is_some(),
            _ => {
                return Err(Problem::bad("field_unknown", "the query has a parameter that is not known here")
                    .field(&name)
                    .remedy("expected customer or visit_id"));
            }
        };
        if was_there {
            return Err(Problem::bad("field_repeated", "a parameter stands there twice").field(&name));
        }
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
