//! Events set aside during a replay: what a customer contributes depends on choices that may still come.
//!
//! Flat arrays, because a replay of a million customers holds fifteen million of them: 44 bytes an event and 4 an item.

use regie_domain::ids::EventId;
use regie_recommend::{CustomerSlot, ItemId, Session, SessionKey};

use super::contribution::{self, AHEAD_UNIT, Grants, Held, Reach};
use super::views::{RecordIx, Views};

#[derive(Debug, Clone, Copy)]
struct Head {
    id: [u64; 2],
    visit: u64,
    record: RecordIx,
    at: u32,
    items_end: u32,
    /// By how much the source's clock was ahead of ours.
    ahead: u16,
    flags: u8,
}

const BOUGHT: u8 = 1;
const NOT_RECOMMEND: u8 = 2;
const NOT_TEACH: u8 = 4;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Aside {
    heads: Vec<Head>,
    items: Vec<u32>,
}

impl Aside {
    /// Sets one event aside, in the order of the log.
    pub(super) fn push(&mut self, record: RecordIx, event: &Held) {
        self.items.extend_from_slice(&event.items);
        let flag = |is: bool, bit: u8| if is { bit } else { 0 };
        #[expect(clippy::cast_possible_truncation, reason = "both halves of the number are kept")]
        let id = [event.id.0 as u64, (event.id.0 >> 64) as u64];
        self.heads.push(Head {
            id,
            visit: event.visit,
            record,
            at: event.at,
            ahead: u16::try_from((event.at - event.from) / AHEAD_UNIT).unwrap_or(u16::MAX),
            items_end: u32::try_from(self.items.len()).unwrap_or(u32::MAX),
            flags: flag(event.bought, BOUGHT) | flag(event.not_recommend, NOT_RECOMMEND) | flag(event.not_teach, NOT_TEACH),
        });
    }

    fn event(&self, index: usize) -> Held {
        let head = &self.heads[index];
        let begin = index.checked_sub(1).map_or(0, |before| self.heads[before].items_end) as usize;
        Held {
            id: EventId(u128::from(head.id[0]) | u128::from(head.id[1]) << 64),
            visit: head.visit,
            at: head.at,
            from: head.at - u32::from(head.ahead) * AHEAD_UNIT,
            bought: head.flags & BOUGHT != 0,
            not_recommend: head.flags & NOT_RECOMMEND != 0,
            not_teach: head.flags & NOT_TEACH != 0,
            items: self.items[begin..head.items_end as usize].to_vec(),
        }
    }

    /// The events' places, customer by customer, each customer's in the order of the log, and where each customer's end.
    /// A counting sort: O(n).
    fn by_customer(&self, views: &Views) -> (Vec<u32>, Vec<u32>) {
        let customers = self.heads.iter().map(|h| views.customers.canonical(h.record)).collect::<Vec<_>>();
        let count = customers.iter().map(|c| c.at() + 1).max().unwrap_or(0);
        let mut ends = vec![0u32; count + 1];
        for customer in &customers {
            ends[customer.at() + 1] += 1;
        }
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        let mut next = ends.clone();
        let mut order = vec![0u32; self.heads.len()];
        for (index, customer) in (0u32..).zip(&customers) {
            order[next[customer.at()] as usize] = index;
            next[customer.at()] += 1;
        }
        (order, ends)
    }

    /// Folds everything into profiles and model, with the grants that `grants_of` gives; the model in one bulk pass.
    pub(super) fn fold(self, views: &mut Views, reach: &Reach, grants_of: impl Fn(&Views, RecordIx) -> Grants) {
        let mut rows: Vec<(u32, u64, u32, u32)> = Vec::new();
        let mut flat: Vec<ItemId> = Vec::new();
        let (order, ends) = self.by_customer(views);
        let mut sessions = Vec::new();
        for (customer, range) in (0u32..).map(RecordIx).zip(ends.windows(2)) {
            let events = &order[range[0] as usize..range[1] as usize];
            if events.is_empty() {
                continue;
            }
            let grants = grants_of(views, customer);
            contribution::set_grants(views, customer, grants);
            if grants.is_none() {
                continue;
            }
            for &index in events {
                let mut event = self.event(index as usize);
                reach.limit(&mut event);
                contribution::recommend_from(views, customer, &event, grants);
                contribution::teach(&mut sessions, views, &event, grants);
            }
            views.profiles.shrink(customer.at());
            for (key, start, items) in sessions.drain(..) {
                flat.extend(items);
                rows.push((customer.0, key, start, u32::try_from(flat.len()).unwrap_or(u32::MAX)));
            }
        }
        drop((self, order, ends));
        let begins = std::iter::once(0).chain(rows.iter().map(|r| r.3));
        let sessions = rows.iter().zip(begins).map(|(&(customer, key, start, end), begin)| Session {
            customer: CustomerSlot(customer),
            key: SessionKey(key),
            start,
            items: &flat[begin as usize..end as usize],
        });
        views.model.build(sessions);
    }
}
