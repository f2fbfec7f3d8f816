//! What the engine bounds: how much a stranger can make it hold, and how much one commit writes.
//!
//! Beside the options so that tests can meet a bound without a million items. Left out: bounds that only one module knows.

use super::views::catalogue::ITEMS_MAX;
use super::views::popular::SHOPS_MAX;

/// A visit ends so long after its last event or request, in a source's own events and in the pages alike.
pub const VISIT_IDLE_SECONDS: i64 = 30 * 60;
/// A visit ends at the latest so long after it began.
pub const VISIT_SECONDS_MAX: i64 = 24 * 3600;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Distinct items that are known at once.
    pub items: usize,
    /// Distinct shops whose sales are counted by name.
    pub shops: usize,
    /// Rows of one customer that one commit replaces or deletes.
    pub rows_ended: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { items: ITEMS_MAX, shops: SHOPS_MAX, rows_ended: 1000 }
    }
}

/// Counts what was over a limit: `item` or `shop`.
pub(super) fn count_over(what: &'static str, count: u64) {
    if count > 0 {
        metrics::counter!("regie_over_limit_total", "what" => what).increment(count);
    }
}
