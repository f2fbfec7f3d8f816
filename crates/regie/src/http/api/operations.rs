//! `/v1/operations`: what an operator tells the engine.

use axum::extract::State;
use axum::{Extension, Json};
use regie_domain::time::Time;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::replay::AboutNobody;
use super::super::route::{Access, Route};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_confirm_time, _, _>(Access::Scope(Scope::Operations), confirm_time).replayed()]
}

/// The engine's clock.
#[derive(Debug, Serialize, ToSchema)]
struct Clock {
    /// The engine's now.
    #[schema(value_type = String, format = DateTime)]
    now: Time,
    /// Is the wall clock in doubt? Then nothing is deleted because of time.
    doubted: bool,
}

/// Says that the wall clock is right, after it jumped.
#[utoipa::path(post, path = "/v1/operations/confirm-time", tag = "operations", responses((status = 200, description = "Confirmed", body = Clock)))]
async fn confirm_time(State(state): State<AppState>) -> (Extension<AboutNobody>, Json<Clock>) {
    state.engine.confirm_time();
    tracing::info!("an operator confirmed the wall clock");
    (Extension(AboutNobody), Json(Clock { now: state.engine.now(), doubted: state.engine.is_time_doubted() }))
}
