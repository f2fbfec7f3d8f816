//! The engine's now: monotone, never behind the newest fact, and suspicious of jumps.
//!
//! Three times are told apart. The *wall* is what the machine says. The engine's *now* is `max(wall, newest fact)` and stamps
//! facts. The moment to *judge* by is the later of the two, so that a permission is denied if either clock says that it ended.
//! When the wall jumps more than an hour against the monotonic clock, or stands more than a week past the newest fact at the
//! start, time is *doubted*: now goes on from the last good moment by the monotonic clock, and nothing is deleted because of
//! time until an operator confirms.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use regie_domain::time::Time;

const JUMP_MAX: Duration = Duration::from_secs(3600);
/// What the log says, beside by how many seconds.
const DOUBT: &str = "the wall clock jumped: nothing is deleted because of time until an operator confirms it";
const GAP_AT_START_MAX: Duration = Duration::from_secs(7 * 86_400);

/// Where the two readings come from; tests hand in their own.
pub trait TimeSource: Send + Sync + std::fmt::Debug {
    /// What the machine's wall clock says.
    fn wall(&self) -> Time;
    /// A clock that only goes forward, from an arbitrary start.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct MachineTime(Instant);

impl Default for MachineTime {
    fn default() -> Self {
        MachineTime(Instant::now())
    }
}

impl TimeSource for MachineTime {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system clock")]
    fn wall(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The engine's clock. One lock of a few nanoseconds a reading.
#[derive(Debug)]
pub struct Clock {
    source: Arc<dyn TimeSource>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last believed now, and the monotonic reading beside it.
    good: Time,
    good_at: Duration,
    wall_then: Time,
    doubted: bool,
}

impl Clock {
    /// A clock that starts from the newest fact on disk, if there is one.
    pub fn start(source: Arc<dyn TimeSource>, newest_fact: Option<Time>, confirmed: bool) -> Clock {
        let (wall, at) = (source.wall(), source.monotonic());
        let gap = newest_fact.map_or(0, |fact| wall.millis() - fact.millis());
        let doubted = !confirmed && gap > millis(GAP_AT_START_MAX);
        if doubted {
            tracing::warn!(seconds = gap / 1000, "{DOUBT}");
        }
        let good = match newest_fact {
            Some(fact) if doubted => fact,
            Some(fact) => fact.max(wall),
            None => wall,
        };
        Clock { source, state: Mutex::new(State { good, good_at: at, wall_then: wall, doubted }) }
    }

    /// The engine's now: what facts are stamped with. Never goes back.
    pub fn now(&self) -> Time {
        self.read().0
    }

    /// The moment by which permissions are judged: the later of now and the wall.
    pub fn judge(&self) -> Time {
        self.now_and_judge().1
    }

    /// Both, of one reading.
    pub fn now_and_judge(&self) -> (Time, Time) {
        let (now, wall) = self.read();
        (now, now.max(wall))
    }

    /// Is a jump unconfirmed? Then nothing may be deleted because of time.
    pub fn is_doubted(&self) -> bool {
        self.read();
        self.state.lock().doubted
    }

    /// An operator says that the wall clock is right.
    pub fn confirm(&self) {
        let mut state = self.state.lock();
        state.wall_then = self.source.wall();
        state.good_at = self.source.monotonic();
        state.good = state.good.max(state.wall_then);
        state.doubted = false;
    }

    fn read(&self) -> (Time, Time) {
        let mut state = self.state.lock();
        let (wall, at) = (self.source.wall(), self.source.monotonic());
        let passed = at.saturating_sub(state.good_at);
        let expected = Time::from_millis(state.wall_then.millis().saturating_add(millis(passed)));
        let jump = wall.millis().saturating_sub(expected.millis());
        if !state.doubted && jump.saturating_abs() > millis(JUMP_MAX) {
            tracing::warn!(seconds = jump / 1000, "{DOUBT}");
            state.doubted = true;
        }
        let now = if state.doubted {
            Time::from_millis(state.good.millis().saturating_add(millis(passed)))
        } else {
            let now = state.good.max(wall);
            (state.good, state.good_at, state.wall_then) = (now, at, wall);
            now
        };
        (now, wall)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Hands(Mutex<(i64, u64)>);

    impl Hands {
        fn pass(&self, seconds: u64) {
            let mut hands = self.0.lock();
            hands.0 += 1000 * i64::try_from(seconds).unwrap();
            hands.1 += seconds;
        }
        fn set_wall(&self, seconds: i64) {
            self.0.lock().0 = seconds * 1000;
        }
    }

    impl TimeSource for Hands {
        fn wall(&self) -> Time {
            Time::from_millis(self.0.lock().0)
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.lock().1)
        }
    }

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Time {
        Time::from_seconds(seconds)
    }

    fn started(wall: i64, newest: Option<i64>) -> (Arc<Hands>, Clock) {
        let hands = Arc::new(Hands::default());
        hands.set_wall(wall);
        let clock = Clock::start(hands.clone(), newest.map(at), false);
        (hands, clock)
    }

    #[test]
    fn now_is_never_behind_the_newest_fact() {
        let (hands, clock) = started(10 * DAY, Some(11 * DAY));
        assert_eq!(clock.now(), at(11 * DAY));
        hands.pass(60);
        assert_eq!(clock.now(), at(11 * DAY));
        assert!(!clock.is_doubted());
    }

    #[test]
    fn a_start_long_after_the_newest_fact_is_doubted_until_confirmed() {
        let (hands, clock) = started(40 * DAY, Some(10 * DAY));
        assert!(clock.is_doubted());
        hands.pass(60);
        assert_eq!(clock.now(), at(10 * DAY + 60));
        assert_eq!(clock.judge(), at(40 * DAY + 60), "a permission is denied if either clock says that it ended");
        clock.confirm();
        assert!(!clock.is_doubted());
        assert_eq!(clock.now(), at(40 * DAY + 60));
    }

    #[test]
    fn a_jump_is_doubted_and_time_goes_on_from_the_last_good_moment() {
        for jumped_to in [40 * DAY, 9 * DAY] {
            let (hands, clock) = started(10 * DAY, None);
            hands.pass(10);
            assert_eq!(clock.now(), at(10 * DAY + 10));
            hands.set_wall(jumped_to);
            assert!(clock.is_doubted());
            hands.pass(5);
            assert_eq!(clock.now(), at(10 * DAY + 15));
            assert_eq!(clock.judge(), at(jumped_to + 5).max(at(10 * DAY + 15)));
            clock.confirm();
            assert_eq!(clock.now(), at(jumped_to + 5).max(at(10 * DAY + 10)), "time never goes back");
        }
    }

    #[test]
    fn small_drifts_are_believed() {
        let (hands, clock) = started(10 * DAY, None);
        hands.pass(100);
        hands.set_wall(10 * DAY + 1900);
        assert_eq!(clock.now(), at(10 * DAY + 1900));
        assert!(!clock.is_doubted());
    }
}
