//! `/v1/claims/proofs`: what is left to prove an erased customer's consents, for a legal claim and nothing else.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::JsonBody;
use super::super::problem::Problem;
use super::super::route::{Access, ByApiKey, Route};
use super::shapes_seen as shapes;
use super::whom::Named;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_open, _, _>(Access::Scope(Scope::Claims), open).personal()]
}

/// A look-up for a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Claim {
    /// `user:ID` or `anonymous:ID`, as the customer was known before the erasure.
    #[schema(example = "user:1042")]
    customer: String,
    /// The claim's number: 1 to 64 letters, digits, `-`, `_`, `.` and `/`. It is recorded beside the proof.
    #[schema(example = "2026/117")]
    reference: String,
}

/// What proves the consents of an erased customer (Article 17(3)(e)). Each look-up is recorded beside the proof, before it is answered.
#[utoipa::path(post, operation_id = "open_proofs", path = "/v1/claims/proofs", tag = "claims", request_body = Claim,
    responses((status = 200, description = "The proofs that are still kept; none if there are none", body = shapes::Proofs)))]
async fn open(State(state): State<AppState>, ByApiKey(key): ByApiKey, JsonBody(claim): JsonBody<Claim>) -> Result<Json<Value>, Problem> {
    let Named::Identifier(identifier) = Named::read(&claim.customer, &key)? else {
        return Err(Problem::bad("customer_not_understood", "an erased customer has no `c_…` any more")
            .field("customer")
            .remedy("write user:ID or anonymous:ID, as the customer was known"));
    };
    let proofs = state.engine.open_proofs(&identifier, &claim.reference, &key.name).await?;
    Ok(Json(json!({"proofs": proofs})))
}
