//! What operators and their machines ask: alive, ready, metrics, the description of the interface.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::OpenApi;

use super::auth::Scope;
use super::problem::Problem;
use super::route::{Access, Route};
use super::{AppState, openapi};
use crate::engine::EngineError;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_healthz, _, _>(Access::Open, healthz),
        Route::of::<__path_readyz, _, _>(Access::Open, readyz),
        Route::of::<__path_metrics, _, _>(Access::Loopback(Scope::Operations), metrics),
        Route::of::<__path_description, _, _>(Access::Loopback(Scope::Operations), description),
    ]
}

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "It is", body = String, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "alive\n"
}

/// Does it take requests? Not before the log is replayed.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses((status = 200, description = "It does", body = String, content_type = "text/plain"), (status = 503, description = "Not yet")))]
async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.engine.is_writing() { Ok("ready\n") } else { Err(EngineError::Stopping.into()) }
}

/// Metrics in Prometheus' text format. Open on the machine itself.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, description = "The metrics", body = String, content_type = "text/plain")))]
async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let (records, sessions) = state.engine.sizes();
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    {
        ::metrics::gauge!("regie_records").set(records as f64);
        ::metrics::gauge!("regie_model_sessions").set(sessions as f64);
        ::metrics::gauge!("regie_catalogue_items").set(state.engine.catalogue_len() as f64);
    }
    ::metrics::counter!("regie_uses_lost_total").absolute(state.engine.uses_lost());
    ::metrics::gauge!("regie_time_doubted").set(if state.engine.is_time_doubted() { 1.0 } else { 0.0 });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], crate::telemetry::metrics_text())
}

/// This description. Open on the machine itself.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
async fn description() -> Json<OpenApi> {
    Json(openapi::document())
}
