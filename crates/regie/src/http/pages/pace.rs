//! How fast the pages take choices. Each is a durable fact, and each first choice of somebody anonymous opens a record: without a pace, anybody
//! with a script could fill the disk.
//!
//! Invariant: bounded memory; a customer who chooses by hand never meets it, and what only takes away is never held up (`form.rs`). Records
//! are opened at a pace for each address ([`client`](crate::http::peer::client)), so that one script does not use up what is for all.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use parking_lot::Mutex;
use regie_domain::ids::Handle;
use regie_domain::time::Time;

/// Forms of one customer: so many at once, and so many a minute after that.
const FORMS: Rate = Rate { burst: 120, per_minute: 60 };
/// Records opened by anonymous customers, all together.
const OPENINGS: Rate = Rate { burst: 1_000, per_minute: 1_200 };
/// Those from one address: a household, an office, a shop's own wireless network.
const OPENINGS_OF_ONE: Rate = Rate { burst: 100, per_minute: 60 };
/// More customers, or addresses, than this are not told apart: the half that acted longest ago is forgotten.
const KNOWN_MAX: usize = 50_000;

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

/// What each has left.
#[derive(Debug)]
struct Each<K> {
    rate: Rate,
    left: Mutex<HashMap<K, Left>>,
}

impl<K: Eq + Hash + Copy> Each<K> {
    fn new(rate: Rate) -> Each<K> {
        Each { rate, left: Mutex::default() }
    }

    fn take(&self, who: K, now: Time) -> bool {
        let mut all = self.left.lock();
        if all.len() >= KNOWN_MAX && !all.contains_key(&who) {
            self.forget_quiet(&mut all, now);
            if all.len() >= KNOWN_MAX {
                // Half of them at once, who acted longest ago: so that this is not done for each that comes.
                let mut moments: Vec<Time> = all.values().map(|left| left.at).collect();
                let (_, middle, _) = moments.select_nth_unstable(KNOWN_MAX / 2);
                let middle = *middle;
                all.retain(|_, left| left.at > middle);
            }
        }
        self.rate.take(all.entry(who).or_insert_with(|| self.rate.full(now)), now)
    }

    /// Who has been quiet for so long has everything left again: forgetting that changes nothing.
    fn forget_quiet(&self, all: &mut HashMap<K, Left>, now: Time) {
        all.retain(|_, left| now.seconds() - left.at.seconds() < 60 * self.rate.burst / self.rate.per_minute);
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Pace {
    openings: Mutex<Option<Left>>,
    openings_of_one: Each<IpAddr>,
    forms: Each<Handle>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { openings: Mutex::default(), openings_of_one: Each::new(OPENINGS_OF_ONE), forms: Each::new(FORMS) }
    }
}

impl Pace {
    /// May this customer send another form now?
    pub(super) fn acts(&self, customer: Handle, now: Time) -> bool {
        self.forms.take(customer, now)
    }

    /// May another record be opened now, from this address?
    pub(super) fn opens(&self, from: Option<IpAddr>, now: Time) -> bool {
        from.is_none_or(|address| self.openings_of_one.take(network(address), now))
            && OPENINGS.take(self.openings.lock().get_or_insert_with(|| OPENINGS.full(now)), now)
    }

    /// Forgets customers who are gone.
    pub(super) fn forget(&self, is_gone: impl Fn(Handle) -> bool) {
        self.forms.left.lock().retain(|customer, _| !is_gone(*customer));
    }

    /// Forgets who has been quiet.
    pub(super) fn tidy(&self, now: Time) {
        self.forms.forget_quiet(&mut self.forms.left.lock(), now);
        self.openings_of_one.forget_quiet(&mut self.openings_of_one.left.lock(), now);
    }
}

/// Somebody who has an IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
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
        let opened = |from: &str, seconds| (0..5_000).filter(|_| pace.opens(from.parse().ok(), at(seconds))).count();
        assert_eq!((opened("192.0.2.1", 0), opened("192.0.2.2", 0), opened("::ffff:192.0.2.2", 0)), (100, 100, 0));
        assert_eq!((opened("2001:db8::1", 0), opened("2001:db8::2", 0), opened("2001:db8:0:1::1", 0)), (100, 0, 100), "a network is one");
        assert_eq!((opened("", 0), opened("", 1)), (600, 20), "who tells no address has what is left for all");
        assert_eq!(pace.openings_of_one.left.lock().len(), 4);
        pace.forget(|customer| customer == Handle(2));
        assert_eq!(pace.forms.left.lock().keys().copied().collect::<Vec<_>>(), [Handle(1)], "an erased customer is not known here either");
        pace.tidy(at(99));
        assert_eq!(pace.openings_of_one.left.lock().len(), 4);
        pace.tidy(at(101));
        assert!(pace.openings_of_one.left.lock().is_empty());
    }
}
