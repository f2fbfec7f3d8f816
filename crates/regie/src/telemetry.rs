//! Logs and metrics: for operators, without personal data.
//!
//! Logs are JSON lines on stderr. A panic is logged by its place only: its message may hold anything. Metrics are kept in memory
//! and read at `/metrics`; there is no listener of their own.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// The environment variable that says what is logged, in tracing's own syntax, such as `info,regie::http=debug`.
pub const LOG_VARIABLE: &str = "REGIE_LOG";
/// The upper ends of the buckets of latencies, in seconds.
const BUCKETS: [f64; 14] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logging and counting. Once; later calls change nothing. `level` is what is logged where [`LOG_VARIABLE`] says nothing.
pub fn init(level: &str) {
    init_metrics();
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        // Whoever reads the log may have gone: complaining of it on the same stream would end the process.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_current_span(false)
        .with_span_list(false);
    if subscriber.try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked");
        }));
    }
}

/// Starts counting alone.
pub fn init_metrics() {
    METRICS.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // It refuses an empty list of buckets only.
        let builder = match builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS) {
            Ok(builder) => builder,
            Err(_) => PrometheusBuilder::new(),
        };
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Somebody else's recorder stays, and then /metrics is empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    });
}

/// All metrics in Prometheus' text format.
pub fn metrics_text() -> String {
    METRICS.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Folds raw values; every few seconds, so that they do not pile up.
pub fn upkeep() {
    if let Some(handle) = METRICS.get() {
        handle.run_upkeep();
    }
}
