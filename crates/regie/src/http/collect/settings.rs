//! `/v1/projects/{wk}/settings`: what Segment's browser client asks before it sends anything.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::super::problem::Problem;
use super::super::route::{Access, BySource, Route, key_unknown};
use super::super::{AppState, peer};
use super::cors;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_settings, _, _>(Access::WriteKeyInPath, settings)]
}

/// Where the browser client sends its events, and nothing else: no plugins, no metrics to anybody.
#[utoipa::path(get, path = "/v1/projects/{wk}/settings", tag = "collect", params(("wk" = String, Path, description = "The source's write key")),
    responses((status = 200, description = "Settings of the client", body = Object)))]
async fn settings(
    State(state): State<AppState>,
    BySource(source): BySource,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Result<Json<Value>, Problem> {
    let source = source.ok_or_else(key_unknown)?;
    cors::check_origin(&state, &source, &headers)?;
    let base = state.base_url.clone().or_else(|| Some(format!("http://{}", peer::host(&headers)?))).unwrap_or_default();
    let (protocol, host) = base.split_once("://").unwrap_or(("https", base.as_str()));
    let key = uri.path().split('/').nth(3).unwrap_or_default();
    Ok(Json(json!({
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": format!("{host}/v1"), "protocol": protocol}},
        "plan": {"track": {"__default": {"enabled": true, "integrations": {}}}},
        "analyticsNextEnabled": true,
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
        "legacyVideoPluginsEnabled": false,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "edgeFunction": {},
    })))
}
