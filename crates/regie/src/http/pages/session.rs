//! Who is here now: sessions in memory, named by a random cookie.
//!
//! Invariant: nothing of a session is written to disk; what is not touched for [`IDLE_SECONDS`] is gone. A visit ends after
//! [`VISIT_IDLE_SECONDS`] without a request, and an anonymous customer is known no longer than that: only a device that was permitted
//! to be remembered tells who it is again. Left out: sessions over several nodes (customers are routed to one).

use std::collections::HashMap;

use aws_lc_rs::digest;
use parking_lot::Mutex;
use regie_domain::fact::Permitted;
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use crate::engine;
use crate::engine::api::{Becauses, Erased, Recommended};
use crate::engine::limits::{VISIT_IDLE_SECONDS, VISIT_SECONDS_MAX};

/// A session ends so long after its last request. Longer than anybody reads a page; every request starts it anew.
pub const IDLE_SECONDS: i64 = 4 * 3600;
/// More sessions than this are not kept: the one untouched for longest goes first.
const SESSIONS_MAX: usize = 50_000;
/// Items of a visit that are remembered for it.
const SEEN_MAX: usize = 30;
/// Recommended items whose reasons are remembered, to explain what was really shown.
const SHOWN_MAX: usize = 200;

/// Why an item was recommended.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The customer's own events that spoke for it.
    pub because: Becauses,
    /// It got its place because it is new.
    pub new: bool,
}

/// One stay of somebody, known or not.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Whose data this session may see.
    pub customer: Option<Handle>,
    /// The customer number, as the shop knows it.
    pub number: Option<String>,
    /// The secret by which an anonymous customer is known; the device has it too where it is remembered.
    pub secret: Option<String>,
    /// What the last action did; told on the next page.
    pub told: Option<String>,
    /// That was a no: nothing was done.
    pub denied: bool,
    /// That was a choice: there is a receipt of it.
    pub chose: bool,
    /// The visit's id.
    pub visit: String,
    /// When the visit began.
    pub visit_began: Time,
    /// The items looked at in this visit, oldest first.
    pub seen: Vec<String>,
    /// Items and how many.
    pub basket: Vec<(String, u32)>,
    /// What was recommended, and why.
    pub shown: HashMap<String, Shown>,
    /// The number of the last order.
    pub order: Option<String>,
    /// What an erasure did, record by record, for the one page that tells it.
    pub erased: Vec<Erased>,
    /// What was asked about its end in this visit: never twice.
    pub asked: Vec<Permitted>,
    /// The anonymous id of what this browser chose before its customer signed in, until they say whether it comes along.
    pub beside: Option<String>,
    /// The name that this session had while nobody had chosen anything in it: a page from then may still take something away.
    pub grew_from: Option<String>,
    /// Somebody who has no record said to be too young to permit anything: it holds for the visit.
    pub too_young: bool,
    touched: Time,
}

impl Session {
    /// A session that begins now, with its first visit.
    pub fn begun(visit: String, now: Time) -> Session {
        Session { visit, visit_began: now, touched: now, ..Session::default() }
    }

    /// The anonymous id of the shop's events, for an anonymous customer. Made from the secret one way: whoever reads the id, in an event or a
    /// download, cannot come in with it.
    pub fn anonymous_id(&self) -> Option<String> {
        self.secret.as_deref().map(anonymous_id)
    }

    /// The visit is over, and what it showed is forgotten.
    fn end_visit(&mut self) -> Option<EndedVisit> {
        self.seen.clear();
        self.shown.clear();
        self.asked.clear();
        self.too_young = false;
        self.customer.map(|c| (c, self.visit.clone()))
    }

    /// Their customer was erased: nothing stays but what the next page tells. The visit was theirs, so the next request begins another.
    pub fn forget_customer(&mut self) {
        let Session { told, erased, visit, touched, .. } = std::mem::take(self);
        *self = Session { told, erased, visit, touched, ..Session::default() };
    }

    /// Has the visit not been ended yet?
    fn is_under_way(&self) -> bool {
        self.visit_began > Time::default()
    }

    /// The customer looked at an item.
    pub fn see(&mut self, item: &str) {
        self.seen.retain(|i| i != item);
        self.seen.push(item.to_owned());
        if self.seen.len() > SEEN_MAX {
            self.seen.remove(0);
        }
    }

    /// Remembers why an item was recommended.
    pub fn show(&mut self, recommended: &Recommended) {
        let Recommended { item, because, new, .. } = recommended;
        if self.shown.len() < SHOWN_MAX || self.shown.contains_key(item) {
            self.shown.insert(item.clone(), Shown { because: because.clone(), new: *new });
        }
    }
}

/// See [`Session::anonymous_id`].
pub(crate) fn anonymous_id(secret: &str) -> String {
    let digest = digest::digest(&digest::SHA256, format!("regie/device/1\n{secret}").as_bytes());
    engine::hex(digest.as_ref().get(..16).unwrap_or_default())
}

/// A customer's visit that ended.
pub type EndedVisit = (Handle, String);

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    all: Mutex<HashMap<String, Session>>,
}

impl Sessions {
    /// The session of this id, touched; a fresh one if there is none (kept only once something is put into it).
    /// With it the visit that ended meanwhile, if one did; with the visit goes who an anonymous customer was, unless `is_remembered` says of
    /// them and their secret that it stays. It must not ask for sessions.
    pub fn touch(
        &self,
        id: &str,
        now: Time,
        is_remembered: impl Fn(Handle, &str) -> bool,
        new_visit: impl FnOnce() -> String,
    ) -> (Session, Option<EndedVisit>) {
        let mut all = self.all.lock();
        let Some(session) = all.get_mut(id) else {
            return (Session::begun(new_visit(), now), None);
        };
        let idle = now.seconds() - session.touched.seconds();
        if idle > IDLE_SECONDS {
            let old = all.remove(id);
            let ended = old.filter(Session::is_under_way).and_then(|s| s.customer.map(|c| (c, s.visit)));
            return (Session::begun(new_visit(), now), ended);
        }
        let mut ended = None;
        let under_way = session.is_under_way();
        if idle > VISIT_IDLE_SECONDS || now.seconds() - session.visit_began.seconds() > VISIT_SECONDS_MAX {
            ended = session.end_visit();
            if let Some(secret) = &session.secret
                && !session.customer.is_some_and(|customer| is_remembered(customer, secret))
            {
                (session.customer, session.secret) = (None, None);
            }
            session.visit = new_visit();
            session.visit_began = now;
        }
        session.touched = now;
        (session.clone(), ended.filter(|_| under_way))
    }

    /// Changes the session of this id; `fresh` is what it starts from if there is none yet.
    pub fn change<T>(&self, id: &str, now: Time, fresh: &Session, change: impl FnOnce(&mut Session) -> T) -> T {
        let mut all = self.all.lock();
        if all.len() >= SESSIONS_MAX && !all.contains_key(id) {
            all.retain(|_, s| now.seconds() - s.touched.seconds() <= VISIT_IDLE_SECONDS);
            if all.len() >= SESSIONS_MAX
                && let Some(oldest) = all.iter().min_by_key(|(_, s)| s.touched).map(|(id, _)| id.clone())
            {
                all.remove(&oldest);
            }
        }
        let session = all.entry(id.to_owned()).or_insert_with(|| fresh.clone());
        session.touched = now;
        change(session)
    }

    /// Forgets customers who are gone, in whatever browser they were. O(sessions).
    pub fn forget(&self, is_gone: impl Fn(Handle) -> bool) {
        for session in self.all.lock().values_mut() {
            if session.customer.is_some_and(&is_gone) {
                session.forget_customer();
            }
        }
    }

    /// Ends a session.
    pub fn remove(&self, id: &str) -> Option<Session> {
        self.all.lock().remove(id)
    }

    /// The visits of sessions that were left alone, each once; sessions that are over are dropped.
    pub fn take_idle(&self, now: Time) -> Vec<EndedVisit> {
        let mut all = self.all.lock();
        let mut ended = Vec::new();
        all.retain(|_, session| {
            let idle = now.seconds() - session.touched.seconds();
            if idle > VISIT_IDLE_SECONDS && !session.visit.is_empty() && session.is_under_way() {
                ended.extend(session.end_visit());
                // The next request finds a visit that is over and begins another.
                session.visit_began = Time::default();
            }
            idle <= IDLE_SECONDS
        });
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No device is remembered.
    const NEVER: fn(Handle, &str) -> bool = |_, _| false;

    fn at(minutes: i64) -> Time {
        Time::from_seconds(1_780_000_000 + minutes * 60)
    }

    #[test]
    fn a_visit_ends_after_half_an_hour_and_a_session_after_four() {
        let sessions = Sessions::default();
        let (fresh, _) = sessions.touch("a", at(0), NEVER, || "v1".into());
        sessions.change("a", at(0), &fresh, |s| {
            s.customer = Some(Handle(1));
            s.see("x");
        });
        let (still, ended) = sessions.touch("a", at(29), NEVER, || "v2".into());
        assert_eq!((still.visit.as_str(), still.seen.len(), ended), ("v1", 1, None));
        let (later, ended) = sessions.touch("a", at(60), NEVER, || "v2".into());
        assert_eq!((later.visit.as_str(), later.seen.len()), ("v2", 0));
        assert_eq!(ended, Some((Handle(1), "v1".into())));
        assert_eq!(later.customer, Some(Handle(1)));
        let (gone, ended) = sessions.touch("a", at(60 + 5 * 60), NEVER, || "v3".into());
        assert_eq!(gone.customer, None);
        assert_eq!(ended, Some((Handle(1), "v2".into())));
    }

    #[test]
    fn an_anonymous_customer_is_known_for_the_visit_and_no_longer() {
        let sessions = Sessions::default();
        for (id, alone) in [("a", true), ("b", false)] {
            let (fresh, _) = sessions.touch(id, at(0), NEVER, || "v1".into());
            sessions.change(id, at(0), &fresh, |s| {
                (s.customer, s.secret) = (Some(Handle(1)), alone.then(|| "0123".into()));
                s.basket.push(("x".into(), 1));
            });
        }
        assert_eq!(sessions.touch("a", at(20), NEVER, || "v2".into()).0.customer, Some(Handle(1)));
        let (later, ended) = sessions.touch("a", at(51), NEVER, || "v2".into());
        assert_eq!((later.customer, later.secret, later.basket.len(), ended), (None, None, 1, Some((Handle(1), "v1".into()))));
        assert_eq!(sessions.touch("b", at(51), NEVER, || "v2".into()).0.customer, Some(Handle(1)), "who logged in stays so");
        // A device that is remembered stays who it was, in the same session: a form that was open for long can still be sent.
        let (fresh, _) = sessions.touch("c", at(0), NEVER, || "v1".into());
        sessions.change("c", at(0), &fresh, |s| (s.customer, s.secret) = (Some(Handle(1)), Some("0123".into())));
        assert_eq!(sessions.take_idle(at(40)).len(), 1);
        let known = sessions.touch("c", at(51), |_, secret| secret == "0123", || "v2".into()).0;
        assert_eq!((known.customer, known.visit.as_str()), (Some(Handle(1)), "v2"));
        assert_eq!(sessions.touch("c", at(90), |_, secret| secret == "0124", || "v3".into()).0.customer, None);
    }

    #[test]
    fn a_secret_does_not_follow_from_its_id() {
        let id = anonymous_id("00112233445566778899aabbccddeeff");
        assert_eq!((id.len(), id.as_str()), (32, anonymous_id("00112233445566778899aabbccddeeff").as_str()));
        assert_ne!(id, anonymous_id("00112233445566778899aabbccddeefe"));
    }

    #[test]
    fn a_visit_that_was_left_alone_ends_once() {
        let sessions = Sessions::default();
        for id in ["a", "b", "c"] {
            let (fresh, _) = sessions.touch(id, at(0), NEVER, || "v1".into());
            sessions.change(id, at(0), &fresh, |s| s.customer = Some(Handle(1)));
        }
        assert_eq!(sessions.take_idle(at(30)), []);
        assert_eq!(sessions.take_idle(at(31)), vec![(Handle(1), "v1".into()); 3]);
        for minute in 32..60 {
            assert_eq!(sessions.take_idle(at(minute)), [], "minute {minute}");
        }
        let (back, ended) = sessions.touch("a", at(60), NEVER, || "v2".into());
        assert_eq!((back.visit.as_str(), back.customer, ended), ("v2", Some(Handle(1)), None));
        assert_eq!(sessions.touch("b", at(5 * 60), NEVER, || "v2".into()).1, None, "nor with the session");
        assert_eq!(sessions.take_idle(at(91)), [(Handle(1), "v2".into())], "the next visit is another");
    }

    #[test]
    fn of_an_erased_customer_no_session_remembers_anything() {
        let sessions = Sessions::default();
        for (id, customer) in [("a", 1), ("c", 2)] {
            let (fresh, _) = sessions.touch(id, at(0), NEVER, || "v1".into());
            sessions.change(id, at(0), &fresh, |s| {
                (s.customer, s.number) = (Some(Handle(customer)), Some("17".into()));
                (s.order, s.told, s.asked) = (Some("o-1".into()), Some("done".into()), vec![Permitted::Purpose("recommendations".into())]);
                s.basket.push(("x".into(), 1));
                s.shown.insert("x".into(), Shown::default());
                s.see("x");
            });
        }
        sessions.forget(|customer| customer == Handle(1));
        let all = sessions.all.lock();
        let a = &all["a"];
        assert_eq!((a.customer, &a.number, &a.order, a.told.as_deref()), (None, &None, &None, Some("done")));
        assert_eq!((a.basket.len(), a.shown.len(), a.seen.len(), a.asked.len()), (0, 0, 0, 0));
        assert_eq!((all["c"].customer, all["c"].order.as_deref()), (Some(Handle(2)), Some("o-1")));
        drop(all);
        assert_eq!(sessions.touch("a", at(1), NEVER, || "v2".into()).0.visit, "v2");
    }

    #[test]
    fn a_session_of_somebody_who_only_looks_is_not_kept() {
        let sessions = Sessions::default();
        sessions.touch("a", at(0), NEVER, || "v".into());
        assert!(sessions.all.lock().is_empty());
    }

    #[test]
    fn a_visit_lasts_a_day_at_most() {
        let sessions = Sessions::default();
        let (fresh, _) = sessions.touch("a", at(0), NEVER, || "v1".into());
        sessions.change("a", at(0), &fresh, |_| ());
        for minute in (20..24 * 60).step_by(20) {
            assert_eq!(sessions.touch("a", at(minute), NEVER, || "v2".into()).0.visit, "v1");
        }
        assert_eq!(sessions.touch("a", at(24 * 60 + 1), NEVER, || "v2".into()).0.visit, "v2");
    }

    #[test]
    fn what_was_seen_is_bounded_and_the_newest_stays() {
        let mut session = Session::default();
        (0..100).for_each(|i| session.see(&i.to_string()));
        session.see("80");
        assert_eq!(session.seen.len(), SEEN_MAX);
        assert_eq!(session.seen.last().map(String::as_str), Some("80"));
    }
}
