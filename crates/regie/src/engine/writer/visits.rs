//! Visits of sources that have no session of their own: 30 minutes idle by receipt time, at most 24 hours. They end with the process.

use std::collections::HashMap;

use regie_domain::fact::VisitId;
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::super::limits::{VISIT_IDLE_SECONDS, VISIT_SECONDS_MAX};

/// Beyond so many open visits, those that are over are let go.
const SWEPT_FROM: usize = 100_000;

/// Open visits by customer handle and source.
#[derive(Debug, Default)]
pub(super) struct Visits {
    open: HashMap<(Handle, String), Open>,
    swept_at: usize,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    visit: VisitId,
    began: Time,
    last: Time,
}

impl Visits {
    /// The visit an event received now belongs to; `fresh` makes the id of a new one.
    pub(super) fn at(&mut self, handle: Handle, source: &str, now: Time, fresh: impl FnOnce() -> VisitId) -> VisitId {
        if self.open.len() > self.swept_at.max(SWEPT_FROM) * 2 {
            self.open.retain(|_, v| !over(v, now));
            self.swept_at = self.open.len();
        }
        let entry = self.open.entry((handle, source.to_owned()));
        let open = entry.and_modify(|v| v.last = if over(v, now) { v.last } else { now }).or_insert_with(|| Open {
            visit: VisitId(0),
            began: now,
            last: Time::from_millis(i64::MIN),
        });
        if over(open, now) {
            *open = Open { visit: fresh(), began: now, last: now };
        }
        open.visit
    }
}

fn over(open: &Open, now: Time) -> bool {
    now.seconds() - open.last.seconds() > VISIT_IDLE_SECONDS || now.seconds() - open.began.seconds() > VISIT_SECONDS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_after_half_an_hour_idle_or_a_day() {
        let mut visits = Visits::default();
        let mut next = 0;
        let mut at = |minute: i64| {
            visits.at(Handle(1), "shop", Time::from_seconds(minute * 60), || {
                next += 1;
                VisitId(next)
            })
        };
        assert_eq!([at(0).0, at(29).0, at(59).0, at(90).0], [1, 1, 1, 2]);
        let mut day: Vec<u64> = (0..60).map(|i| at(100 + i * 25).0).collect();
        day.dedup();
        assert_eq!(day, [2, 3], "a visit of a day is cut");
    }
}
