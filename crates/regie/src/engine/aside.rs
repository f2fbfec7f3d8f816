//! Events set aside during a replay: what a customer contributes depends on choices that may still come.
//!
//! One stream of words, because a replay of a million customers holds fifteen million of them: 40 bytes an event and 4 an item.
//! In large chunks, because one array that grows is copied again and again and held twice meanwhile, and because what is large
//! goes back to the operating system whole.

use regie_domain::ids::EventId;
use regie_recommend::{CustomerSlot, ItemId, Session, SessionKey};

use super::contribution::{self, AHEAD_UNIT, Grants, Held, Reach};
use super::sketch::Sketch;
use super::views::catalogue::ItemIx;
use super::views::{RecordIx, Views};

/// Words in a chunk: 64 MiB.
const CHUNK: usize = 1 << 24;
/// An event: its id, its visit, its record, its moment, by how much the source's clock was ahead with the flags, and how many
/// items follow.
const HEAD: usize = 10;
const RECORD: usize = 6;
const COUNT: usize = 9;

const BOUGHT: u32 = 1;
const NOT_RECOMMEND: u32 = 2;
const NOT_TEACH: u32 = 4;
const AHEAD_SHIFT: u32 = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Whole events only: what does not fit begins the next chunk.
    chunks: Vec<Vec<u32>>,
}

impl Aside {
    /// Sets one event aside, in the order of the log, unless it says nothing of items.
    pub(super) fn push(&mut self, record: RecordIx, event: &Sketch, mut intern: impl FnMut(&str) -> Option<ItemIx>) {
        if !event.says_of_items() {
            return;
        }
        let needed = HEAD + event.items().count();
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < needed) {
            self.chunks.push(Vec::with_capacity(needed.max(CHUNK)));
        }
        let Some(chunk) = self.chunks.last_mut() else { return };
        let (at, from) = event.counts();
        let ahead = u16::try_from((at - from) / AHEAD_UNIT).unwrap_or(u16::MAX);
        let flag = |is: bool, bit: u32| if is { bit } else { 0 };
        let flags = flag(event.name.is_purchase(), BOUGHT)
            | flag(event.not_recommend, NOT_RECOMMEND)
            | flag(event.not_teach, NOT_TEACH)
            | u32::from(ahead) << AHEAD_SHIFT;
        let head = chunk.len();
        chunk.extend(halves(event.id.0).into_iter().flat_map(words));
        chunk.extend(words(event.visit));
        chunk.extend([record.0, at, flags, 0]);
        chunk.extend(event.items().filter_map(&mut intern));
        chunk[head + COUNT] = u32::try_from(chunk.len() - head - HEAD).unwrap_or(u32::MAX);
    }

    /// Every event's place, in the order of the log, with its record.
    fn places(&self) -> impl Iterator<Item = (Place, RecordIx)> + '_ {
        (0u32..).zip(&self.chunks).flat_map(|(number, chunk)| {
            let mut at = 0;
            std::iter::from_fn(move || {
                let head = chunk.get(at..at + HEAD)?;
                let place = Place { chunk: number, at: u32::try_from(at).ok()? };
                at += HEAD + head[COUNT] as usize;
                Some((place, RecordIx(head[RECORD])))
            })
        })
    }

    fn event(&self, place: Place) -> Held {
        let words = &self.chunks[place.chunk as usize][place.at as usize..];
        let (head, rest) = words.split_at(HEAD);
        let long = |i: usize| u64::from(head[i]) | u64::from(head[i + 1]) << 32;
        let (at, flags) = (head[RECORD + 1], head[RECORD + 2]);
        Held {
            id: EventId(u128::from(long(0)) | u128::from(long(2)) << 64),
            visit: long(4),
            at,
            from: at - (flags >> AHEAD_SHIFT) * AHEAD_UNIT,
            bought: flags & BOUGHT != 0,
            not_recommend: flags & NOT_RECOMMEND != 0,
            not_teach: flags & NOT_TEACH != 0,
            items: rest[..head[COUNT] as usize].to_vec(),
        }
    }

    /// The events' places, customer by customer, each customer's in the order of the log, and where each customer's end.
    /// A counting sort: O(n).
    fn by_customer(&self, views: &Views) -> (Vec<Place>, Vec<u32>) {
        let customer = |record| views.customers.canonical(record).at();
        // Where each customer's begin; once they are filled in, where they end.
        let mut next = Vec::new();
        for (_, record) in self.places() {
            let after = customer(record) + 1;
            if next.len() <= after {
                next.resize((after + 1).max(next.len() * 2), 0u32);
            }
            next[after] += 1;
        }
        let mut all = 0;
        for count in &mut next {
            all += *count;
            *count = all;
        }
        let mut order = vec![Place::default(); all as usize];
        for (place, record) in self.places() {
            let next = &mut next[customer(record)];
            order[*next as usize] = place;
            *next += 1;
        }
        (order, next)
    }

    /// Folds everything into profiles and model, with the grants that `grants_of` gives; the model in one bulk pass, once the
    /// events are let go.
    pub(super) fn fold(self, views: &mut Views, reach: &Reach, grants_of: impl Fn(&Views, RecordIx) -> Grants) {
        let mut rows: Vec<(u32, u64, u32, u32)> = Vec::new();
        let mut flat: Vec<ItemId> = Vec::new();
        let mut sessions = Vec::new();
        let (order, ends) = self.by_customer(views);
        let begins = std::iter::once(0).chain(ends.iter().copied());
        for (customer, (begin, &end)) in (0u32..).map(RecordIx).zip(begins.zip(&ends)) {
            if begin == end {
                continue;
            }
            let grants = grants_of(views, customer);
            contribution::set_grants(views, customer, grants);
            if grants.is_none() {
                continue;
            }
            for &place in &order[begin as usize..end as usize] {
                let mut event = self.event(place);
                reach.limit(&mut event);
                contribution::recommend_from(&mut views.profiles, &views.catalogue, customer, &event, grants);
                contribution::teach(&mut sessions, &views.catalogue, &event, grants);
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

/// Where an event stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    chunk: u32,
    at: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "both halves of the number are kept")]
fn words(long: u64) -> [u32; 2] {
    [long as u32, (long >> 32) as u32]
}

#[expect(clippy::cast_possible_truncation, reason = "both halves of the number are kept")]
fn halves(id: u128) -> [u64; 2] {
    [id as u64, (id >> 64) as u64]
}
