//! Mails that the retailer's systems may ask for: a receipt that the customer wants, and word of a restriction that is going to be lifted.
//! To the address that a server source told, never to another; what becomes of each is in the timeline.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use regie_domain::fact::RestrictedPart;
use regie_domain::ids::{Handle, MailId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::pages::words::Language;
use super::super::problem::Problem;
use super::super::replay::About;
use super::super::route::{Access, Route};
use super::whom::{InPath, PartInPath, path_param};
use crate::engine::EngineError;

const ACCESS: Access = Access::Scope(Scope::Customers);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_receipt, _, _>(ACCESS, receipt).replayed().personal(),
        Route::of::<__path_lifting, _, _>(ACCESS, lifting).replayed().personal(),
    ]
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

/// How the customer reads it.
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

/// Sends a receipt to the customer by e-mail, because the customer asked for it.
#[utoipa::path(post, operation_id = "mail_receipt", path = "/v1/customers/{c}/receipts/{index}/mail", tag = "consents", request_body = MailWish,
    params(("c" = String, Path, description = "The customer"), ("index" = u64, Path, description = "`regie:ledger.index` of the receipt")),
    responses(
        (status = 202, description = "It waits, durably, and is sent as soon as the mail server takes it", body = MailWaiting),
        (status = 403, description = "`disclosure_refused`: it may not be sent now; `reason` says why, as in a decision"),
        (status = 404, description = "`receipt_unknown`; `mail_not_offered`: this server sends no mail"),
        (status = 409, description = "`mail_address_unknown`: there is no address to send it to; the receipt can be handed out as a file"),
        (status = 429, description = "`mails_too_many`: enough for today"),
    ))]
async fn receipt(
    State(state): State<AppState>,
    InPath(customer): InPath,
    IndexInPath(index): IndexInPath,
    JsonBody(wish): JsonBody<MailWish>,
) -> Result<Response, Problem> {
    ask(&state, customer, &wish, Wanted::Receipt(index)).await
}

/// Tells the customer by e-mail that a restriction is going to be lifted (Article 18(3)). Once the mail server took it, `told_at` says so, and
/// somebody else than the customer can lift it.
#[utoipa::path(post, operation_id = "mail_lifting", path = "/v1/customers/{c}/restrictions/{purpose}/{category}/told/mail", tag = "consents",
    request_body = MailWish,
    params(("c" = String, Path, description = "The customer"), ("purpose" = String, Path, description = "The purpose's id, or `all`"),
        ("category" = String, Path, description = "The category's id, or `all`")),
    responses(
        (status = 202, description = "It waits, durably, and is sent as soon as the mail server takes it", body = MailWaiting),
        (status = 404, description = "`mail_not_offered`: this server sends no mail"),
        (status = 409, description = "`not_restricted`; `mail_address_unknown`: tell the customer another way, and say so with PUT …/told"),
        (status = 429, description = "`mails_too_many`: enough for today"),
    ))]
async fn lifting(
    State(state): State<AppState>,
    InPath(customer): InPath,
    PartInPath(part): PartInPath,
    JsonBody(wish): JsonBody<MailWish>,
) -> Result<Response, Problem> {
    ask(&state, customer, &wish, Wanted::Lifting(part)).await
}

/// What a mail is asked for.
enum Wanted {
    /// A receipt, by the index of its leaf.
    Receipt(u64),
    /// Word that this restriction is going to be lifted.
    Lifting(RestrictedPart),
}

/// Asks for a mail in the language that was wished for, and says that it waits.
async fn ask(state: &AppState, customer: Handle, wish: &MailWish, wanted: Wanted) -> Result<Response, Problem> {
    if !state.site.offers_mail() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "mail_not_offered", "this server sends no mail").remedy("configure [mail]"));
    }
    let unknown = || Problem::bad("language_unknown", "mails speak nl and en").field("language");
    let language = Language::of_tag(&wish.language).ok_or_else(unknown)?.tag();
    let mail = match wanted {
        Wanted::Receipt(index) => state.engine.ask_for_receipt(customer, index, language).await?,
        Wanted::Lifting(part) => state.engine.tell_of_lifting_by_mail(customer, part, language).await?,
    };
    let mut response = (StatusCode::ACCEPTED, Json(MailWaiting { customer, mail })).into_response();
    response.extensions_mut().insert(About { customer, standing: None });
    Ok(response)
}
