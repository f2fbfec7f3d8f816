//! `/v1/customers/{c}/receipts`: what the customer chose, each signed and with the proof that the ledger holds it; and one by mail.

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use regie_domain::ids::{Handle, MailId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::pages::words::Language;
use super::super::problem::Problem;
use super::super::replay::About;
use super::super::route::{Access, Route};
use super::shapes;
use super::whom::{InPath, path_param};
use crate::engine::EngineError;

/// Receipts of one answer, unless fewer are asked for.
const RECEIPTS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_receipts, _, _>(Access::Scope(Scope::Customers), receipts).personal(),
        Route::of::<__path_mail, _, _>(Access::Scope(Scope::Customers), mail).replayed().personal(),
    ]
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

/// The receipt `{index}` of a path: the index of its leaf in the ledger.
struct IndexInPath(u64);

impl<S: Send + Sync> FromRequestParts<S> for IndexInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let index = path_param(parts, state, "index").await?;
        index.parse().map(IndexInPath).map_err(|_| EngineError::UnknownReceipt.into())
    }
}

/// How the customer wants it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailWish {
    /// `nl` or `en`.
    #[schema(example = "nl")]
    language: String,
}

/// A mail that waits to be sent.
#[derive(Debug, Serialize, ToSchema)]
struct MailWaiting {
    /// `c_…`.
    #[schema(value_type = String)]
    customer: Handle,
    /// `m_…`.
    #[schema(value_type = String)]
    mail: MailId,
}

/// Sends a receipt to the customer by e-mail, because the customer asked for it: to the address that a server source told, never to
/// another. What becomes of it is in the timeline.
#[utoipa::path(post, operation_id = "mail_receipt", path = "/v1/customers/{c}/receipts/{index}/mail", tag = "consents", request_body = MailWish,
    params(("c" = String, Path, description = "The customer"), ("index" = u64, Path, description = "`regie:ledger.index` of the receipt")),
    responses(
        (status = 202, description = "It waits, durably, and is sent as soon as the mail server takes it", body = MailWaiting),
        (status = 403, description = "`disclosure_refused`: it may not be sent now; `reason` says why, as in a decision"),
        (status = 404, description = "`receipt_unknown`; `mail_not_offered`: this server sends no mail"),
        (status = 409, description = "`mail_address_unknown`: there is no address to send it to; the receipt can be handed out as a file"),
        (status = 429, description = "`mails_too_many`: enough for today"),
    ))]
async fn mail(
    State(state): State<AppState>,
    InPath(customer): InPath,
    IndexInPath(index): IndexInPath,
    JsonBody(wish): JsonBody<MailWish>,
) -> Result<Response, Problem> {
    if !state.site.offers_mail() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "mail_not_offered", "this server sends no mail").remedy("configure [mail]"));
    }
    let language =
        Language::of_tag(&wish.language).ok_or_else(|| Problem::bad("language_unknown", "mails speak nl and en").field("language"))?;
    let mail = state.engine.ask_for_receipt(customer, index, language.tag()).await?;
    let mut response = (StatusCode::ACCEPTED, Json(MailWaiting { customer, mail })).into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}
