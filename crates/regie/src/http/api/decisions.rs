//! `/v1/decisions`: "may this happen now?", or "was it allowed then?" Asking changes nothing; using is recorded, and so is what a
//! browser says that the shop's server passes on.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use regie_domain::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::replay::{About, RequestKey};
use super::super::route::{Access, ByApiKey, Route};
use super::super::signals::Signals;
use super::asked::parameters;
use super::explained::sentences;
use super::shapes;
use super::visits::visit_id;
use super::whom::Named;
use crate::engine::api::Question;
use crate::engine::past::Explained;

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
    /// A past moment, RFC 3339: what was allowed then, as it was recorded then, under the policy of that time. Now if absent.
    #[schema(example = "2026-06-01T10:00:00Z")]
    at: Option<String>,
}

/// May this happen now? With `"use": true` it happens, and is recorded. With `"at"`: was it allowed then?
///
/// Pass on what the customer's browser says (`Sec-GPC`, `ADPC`): it is heeded first, as on our own pages.
#[utoipa::path(post, path = "/v1/decisions", tag = "decisions", request_body = DecisionWish,
    params(("explain" = Option<bool>, Query, description = "`true`: which rule decided, what it rests on, and what the customer could do")),
    responses((status = 200, description = "The answer", body = shapes::Decision)))]
async fn decide(
    State(state): State<AppState>,
    ByApiKey(key): ByApiKey,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Option<Extension<RequestKey>>,
    JsonBody(wish): JsonBody<DecisionWish>,
) -> Result<Response, Problem> {
    let explain = wants_explanation(query.as_deref())?;
    let at = wish.at.as_deref().map(moment).transpose()?;
    let named = Named::read(&wish.customer, &key)?;
    let visit = wish.visit_id.map(visit_id).transpose()?;
    let question = Question { purpose: wish.purpose, category: wish.category, recipient: wish.recipient, channel: wish.channel, visit };
    if let Some(at) = at {
        if wish.used {
            return Err(Problem::bad("past_use", "what is past cannot be used now").field("at").remedy("leave out `use` or `at`"));
        }
        let record = named.record(&state.engine)?;
        let at = whole_second(at, state.engine.now());
        // What was allowed then stays so; asking again costs nothing, so no such answer is kept.
        let then = state.engine.reading(move |engine| engine.decide_at(record, &question, at)).await?;
        return Ok(Json(written(&then, Some(at), explain)).into_response());
    }
    let record = if explain { Some(named.clone().record(&state.engine)?) } else { None };
    let customer = named.find(&state.engine)?;
    Signals::of(&headers).heed(&state.engine, customer).await?;
    // Before the answer: a choice that comes between makes the kept answer stale. Only an answer to a named request is kept.
    let about = request.is_some().then(|| About { customer, standing: state.engine.standing(customer) });
    let request = request.map(|r| r.0.0);
    let mut response = if let Some(record) = record {
        let (used, decision) = if wish.used {
            state.engine.use_judged(Some(customer), &question, request).await?
        } else {
            state.engine.judged(Some(customer), &question)?
        };
        let why = state.engine.reading(move |engine| engine.explain(record, used, decision)).await?;
        Json(written(&why, None, true)).into_response()
    } else if wish.used {
        Json(state.engine.use_now(Some(customer), &question, request).await?).into_response()
    } else {
        Json(state.engine.decide(Some(customer), &question)?).into_response()
    };
    if let Some(about) = about {
        response.extensions_mut().insert(about);
    }
    Ok(response)
}

/// Reads `explain=true` or `explain=false`.
fn wants_explanation(query: Option<&str>) -> Result<bool, Problem> {
    let [explain] = parameters(query, ["explain"])?;
    match explain.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::bad("explain_not_understood", "explain is true or false").field("explain")),
    }
}

fn moment(text: &str) -> Result<Time, Problem> {
    Time::parse(text).map_err(|_| {
        Problem::bad("at_not_understood", "this is no moment").field("at").remedy("send an RFC 3339 time, such as 2026-06-01T10:00:00Z")
    })
}

/// Times are written to the second here, rounded down: what is asked about such a second is about its end, so that what happened in it counts.
fn whole_second(at: Time, now: Time) -> Time {
    if at != at.whole() || at > now { at } else { Time::from_millis(at.millis() + 999).min(now) }
}

/// The answer with what was asked of it: the moment and the policy of a past one, and the explanation.
fn written(why: &Explained, at: Option<Time>, explain: bool) -> Value {
    let mut body = Map::new();
    body.insert("decision".into(), json!(why.answer.decision));
    body.insert("reason".into(), json!(why.answer.reason));
    if let Some(until) = &why.answer.until {
        body.insert("until".into(), json!(until));
    }
    if !why.answer.conditions.is_empty() {
        body.insert("conditions".into(), json!(why.answer.conditions));
    }
    if let Some(at) = at {
        body.insert("at".into(), json!(at));
    }
    body.insert("policy_version".into(), json!(why.policy.version));
    if explain {
        let (because, could) = sentences(why);
        body.insert(
            "explanation".into(),
            json!({
                "rule": why.rule.code(),
                "basis": why.basis,
                "rests_on": why.rests_on,
                "policy_version": why.policy.version,
                "because": because,
                "customer_can": why.can.code(),
                "customer_could": could,
            }),
        );
    }
    Value::Object(body)
}
