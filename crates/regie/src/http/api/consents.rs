//! `/v1/customers/{c}/consents`: give, refuse, withdraw, list.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::consent::{AskAgain, PurposeState, UntilWish};
use regie_domain::ids::Handle;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::{JsonBody, OptionalJsonBody};
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, Route};
use super::asked::parameters;
use super::visits::visit_id;
use super::whom::{InPath, PurposeInPath};
use super::{Evidence, shapes};
use crate::engine::api::Give;
use crate::engine::{EngineError, ask_again_at, state_json};

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_list, _, _>(ACCESS, list).personal(),
        Route::of::<__path_put, _, _>(ACCESS, put).replayed().personal(),
        Route::of::<__path_withdraw, _, _>(ACCESS, withdraw).replayed().personal(),
    ]
}

/// A permission to give, or a clear no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentWish {
    /// Its end: `visit`, `once`, `P1D`, `P1W`, `P1M`, a date, an RFC 3339 time, or `withdrawn`. Required unless refused.
    #[schema(example = "P1W")]
    until: Option<String>,
    /// The customer says no.
    #[serde(default)]
    refused: bool,
    /// Category ids; those that the purpose marks as necessary if absent.
    categories: Option<Vec<String>>,
    /// Recipient ids; the retailer alone if absent.
    recipients: Option<Vec<String>>,
    /// Channel ids; those that the purpose marks as necessary if absent.
    channels: Option<Vec<String>>,
    /// The visit, for `until: visit`.
    visit_id: Option<String>,
    /// What proves it. Required.
    evidence: Option<Evidence>,
}

/// Evidence of a withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    /// May be left out: withdrawing is as easy as giving.
    evidence: Option<Evidence>,
}

/// Where every purpose stands for a customer, and how it came about, newest first. Ask no sooner than `ask_again_at` says.
#[utoipa::path(get, path = "/v1/customers/{c}/consents", tag = "consents",
    params(
        ("c" = String, Path, description = "The customer"),
        ("ask_until" = Option<String>, Query, description = "The end of what you would ask for, as `until` takes it: then `ask_again_at` respects a no for as long as that yes would hold, besides what the policy says"),
    ),
    responses((status = 200, description = "State and history", body = shapes::Consents)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath, RawQuery(query): RawQuery) -> Result<Json<Value>, Problem> {
    let [ask_until] = parameters(query.as_deref(), ["ask_until"])?;
    let wish = ask_until.map(|text| UntilWish::parse(&text)).transpose();
    let wish = wish.map_err(|e| Problem::from(EngineError::from(e)).field("ask_until"))?;
    let list = state.engine.reading(move |engine| engine.consents(customer)).await?;
    let policy = state.engine.policy();
    let now = state.engine.now();
    let states = list.states.iter().map(|s| {
        let mut stands = state_json(&policy, s);
        let ask = match ask_again_at(&policy, s, &list.history, wish, now) {
            AskAgain::Now => json!("now"),
            AskAgain::From(at) => json!(at),
            AskAgain::Never => Value::Null,
        };
        if let Some(stands) = stands.as_object_mut() {
            stands.insert("ask_again_at".into(), ask);
        }
        stands
    });
    let states: Vec<Value> = states.collect();
    Ok(Json(json!({
        "customer": customer,
        "consents": states,
        "history": list.history,
        "consenter": list.consenter,
        "consenters": list.consenters,
    })))
}

/// Gives a consent, or refuses it.
#[utoipa::path(put, path = "/v1/customers/{c}/consents/{purpose}", tag = "consents", request_body = ConsentWish,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id")),
    responses((status = 200, description = "Where the purpose stands now", body = shapes::ConsentState)))]
async fn put(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PurposeInPath(purpose): PurposeInPath,
    request: Option<Extension<RequestKey>>,
    JsonBody(wish): JsonBody<ConsentWish>,
) -> Result<Response, Problem> {
    let engine = state.engine.for_request(request.map(|r| r.0.0));
    let evidence = Evidence::claimed(wish.evidence);
    if wish.refused {
        let gives = wish.until.is_some()
            || wish.categories.is_some()
            || wish.recipients.is_some()
            || wish.channels.is_some()
            || wish.visit_id.is_some();
        if gives {
            return Err(Problem::bad("refused_and_given", "a refusal has no end, categories, recipients or channels").field("refused"));
        }
        let stands = engine.refuse(customer, &purpose, evidence).await?;
        return Ok(stood(&state, customer, &stands));
    }
    let until = wish.until.ok_or_else(|| {
        Problem::bad("until_missing", "a consent needs its end")
            .field("until")
            .remedy("send visit, once, P1D, P1W, P1M, a date, an RFC 3339 time or withdrawn")
    })?;
    let until = UntilWish::parse(&until).map_err(EngineError::from)?;
    let give = Give {
        purpose,
        until,
        categories: wish.categories,
        recipients: wish.recipients,
        channels: wish.channels,
        visit: wish.visit_id.map(visit_id).transpose()?,
        evidence,
    };
    let stands = engine.give(customer, give).await?;
    Ok(stood(&state, customer, &stands))
}

/// Withdraws a consent. Shows in the very next answer. Withdrawing what was never given changes nothing.
#[utoipa::path(delete, path = "/v1/customers/{c}/consents/{purpose}", tag = "consents", request_body = Option<Withdrawal>,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id")),
    responses((status = 200, description = "Where the purpose stands now", body = shapes::ConsentState)))]
async fn withdraw(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PurposeInPath(purpose): PurposeInPath,
    request: Option<Extension<RequestKey>>,
    OptionalJsonBody(body): OptionalJsonBody<Withdrawal>,
) -> Result<Response, Problem> {
    let evidence = Evidence::claimed(body.and_then(|b| b.evidence));
    let stands = state.engine.for_request(request.map(|r| r.0.0)).withdraw(customer, &purpose, evidence).await?;
    Ok(stood(&state, customer, &stands))
}

/// The answer to a choice: where the purpose stands.
pub(super) fn stood(state: &AppState, customer: Handle, stands: &PurposeState) -> Response {
    let body = Json(state_json(&state.engine.policy(), stands));
    let mut response = body.into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    response
}
