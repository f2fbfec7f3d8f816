//! How fast the pages take choices. Each is a durable fact, and each first choice of somebody anonymous opens a record: without a pace, anybody
//! with a script could fill the disk.
//!
//! Invariant: bounded memory; a customer who chooses by hand never meets it. Left out: who is at the other end (behind a proxy an address
//! says nothing), so opening records has one pace for all.

use std::collections::HashMap;

use parking_lot::Mutex;
use regie_domain::ids::Handle;
use regie_domain::time::Time;

/// Forms of one customer: so many at once, and so many a minute after that.
const FORMS: Rate = Rate { burst: 120, per_minute: 60 };
/// Records opened by anonymous customers, all together.
const OPENINGS: Rate = Rate { burst: 1_000, per_minute: 1_200 };
/// More customers than this are not told apart: who acted longest ago is forgotten first.
const CUSTOMERS_MAX: usize = 50_000;

#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: i64,
    per_minute: i64,
}

/// What is left to use, in thousandths of an act, as of a moment.
#[derive(Debug, Clone, Copy)]
struct Left {
    thousandths: i64,
    at: Time,
}

impl Rate {
    fn full(self, now: Time) -> Left {
        Left { thousandths: self.burst * 1000, at: now }
    }

    /// Uses one, if one is left.
    fn take(self, left: &mut Left, now: Time) -> bool {
        let passed = now.millis().saturating_sub(left.at.millis()).clamp(0, 3_600_000);
        left.thousandths = (left.thousandths + passed * self.per_minute / 60).min(self.burst * 1000);
        left.at = now;
        let enough = left.thousandths >= 1000;
        if enough {
            left.thousandths -= 1000;
        }
        enough
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Pace {
    openings: Mutex<Option<Left>>,
    forms: Mutex<HashMap<Handle, Left>>,
}

impl Pace {
    /// May this customer send another form now?
    pub(super) fn acts(&self, customer: Handle, now: Time) -> bool {
        let mut all = self.forms.lock();
        if all.len() >= CUSTOMERS_MAX && !all.contains_key(&customer) {
            // Who has been quiet for so long has everything left again: forgetting that changes nothing.
            all.retain(|_, left| now.seconds() - left.at.seconds() < 60 * FORMS.burst / FORMS.per_minute);
            if all.len() >= CUSTOMERS_MAX
                && let Some(oldest) = all.iter().min_by_key(|(_, left)| left.at).map(|(customer, _)| *customer)
            {
                all.remove(&oldest);
            }
        }
        FORMS.take(all.entry(customer).or_insert_with(|| FORMS.full(now)), now)
    }

    /// May another record be opened now?
    pub(super) fn opens(&self, now: Time) -> bool {
        OPENINGS.take(self.openings.lock().get_or_insert_with(|| OPENINGS.full(now)), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_seconds(1_780_000_000 + seconds)
    }

    #[test]
    fn a_burst_passes_and_then_only_the_pace_and_others_do_not_notice() {
        let pace = Pace::default();
        let taken = |customer, seconds| (0..500).filter(|_| pace.acts(Handle(customer), at(seconds))).count();
        assert_eq!((taken(1, 0), taken(1, 0), taken(2, 0)), (120, 0, 120));
        assert_eq!(taken(1, 10), 10);
        assert_eq!(taken(1, 9), 0, "a clock that jumps back gives nothing");
        assert_eq!(taken(1, 100_000), 120, "and never more than a burst");
        assert_eq!((0..5_000).filter(|_| pace.opens(at(0))).count(), 1_000);
        assert_eq!((0..5_000).filter(|_| pace.opens(at(1))).count(), 20);
    }
}
