//! What one customer bought and looked at, as far as the customer lets recommendations use it.
//!
//! A profile is a pure function of the customer's remaining events, in the order of the log: [`Profile::add`] folded over
//! them. It names the customer's own events, because they are the reasons given for a recommendation.
//! Memory: 20 bytes an event and 8 bytes a distinct item.

use regie_domain::ids::EventId;

use super::catalogue::ItemIx;

/// Only the newest events are kept as reasons; beyond this the oldest half of them is let go.
const EVENTS_MAX: usize = 16_384;
const BOUGHT: u16 = 0x8000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProfileEvent {
    id: [u32; 4],
    at: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProfileItem {
    item: ItemIx,
    count: u16,
    /// Index of the newest event with it; the top bit says that it was bought rather than looked at.
    last: u16,
}

impl ProfileItem {
    fn key(&self) -> (ItemIx, u16) {
        (self.item, self.last & BOUGHT)
    }
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    events: Vec<ProfileEvent>,
    /// By item, looked at before bought.
    items: Vec<ProfileItem>,
}

/// One item of a profile, with the newest event that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The item.
    pub item: ItemIx,
    /// In how many events.
    pub count: u32,
    /// Bought (`true`) or looked at.
    pub bought: bool,
    /// The newest event.
    pub event: EventId,
    /// Its moment, in seconds.
    pub at: u32,
}

/// As [`Known`], without the event: for leafing through a long history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The item.
    pub item: ItemIx,
    /// In how many events.
    pub count: u32,
    /// Bought (`true`) or looked at.
    pub bought: bool,
    /// The newest event's moment, in seconds.
    pub at: u32,
}

impl Profile {
    /// Adds an event. `items` may repeat; each counts once an event. O(items × log of the profile's distinct
    /// items), and moving 8 bytes for each of those when an item is new.
    pub(crate) fn add(&mut self, id: EventId, at: u32, bought: bool, items: &[ItemIx]) {
        if items.is_empty() {
            return;
        }
        if self.events.len() == EVENTS_MAX {
            self.halve();
        }
        let bits = id.0.to_le_bytes();
        let word = |i: usize| u32::from_le_bytes([bits[i], bits[i + 1], bits[i + 2], bits[i + 3]]);
        grow(&mut self.events);
        self.events.push(ProfileEvent { id: [word(0), word(4), word(8), word(12)], at });
        let flag = if bought { BOUGHT } else { 0 };
        let last = u16::try_from(self.events.len() - 1).unwrap_or(!BOUGHT) | flag;
        for (i, &item) in items.iter().enumerate() {
            if items[..i].contains(&item) {
                continue;
            }
            match self.items.binary_search_by_key(&(item, flag), ProfileItem::key) {
                Ok(at) => {
                    let known = &mut self.items[at];
                    known.count = known.count.saturating_add(1);
                    known.last = last;
                }
                Err(at) => {
                    grow(&mut self.items);
                    self.items.insert(at, ProfileItem { item, count: 1, last });
                }
            }
        }
    }

    fn halve(&mut self) {
        let gone = EVENTS_MAX / 2;
        self.events.drain(..gone);
        let gone = u16::try_from(gone).unwrap_or(u16::MAX);
        self.items.retain_mut(|k| {
            let index = k.last & !BOUGHT;
            k.last = (k.last & BOUGHT) | index.saturating_sub(gone);
            index >= gone
        });
    }

    /// Is there anything bought, or looked at? O(items), and one look for most.
    pub(crate) fn holds(&self, bought: bool) -> bool {
        self.items.iter().any(|known| (known.last & BOUGHT != 0) == bought)
    }

    /// Every item, in no meaningful order.
    pub(crate) fn items(&self) -> impl Iterator<Item = Known> + '_ {
        self.items.iter().filter_map(|k| self.known(k))
    }

    /// The same without the events. A few nanoseconds an item.
    pub(crate) fn counted(&self) -> impl Iterator<Item = Counted> + '_ {
        self.items.iter().filter_map(|k| {
            let at = self.events.get((k.last & !BOUGHT) as usize)?.at;
            Some(Counted { item: k.item, count: k.count.into(), bought: k.last & BOUGHT != 0, at })
        })
    }

    /// What is known of one item, as bought or as looked at. O(log of the distinct items).
    pub(crate) fn item(&self, item: ItemIx, bought: bool) -> Option<Known> {
        let flag = if bought { BOUGHT } else { 0 };
        let at = self.items.binary_search_by_key(&(item, flag), ProfileItem::key).ok()?;
        self.known(&self.items[at])
    }

    fn known(&self, k: &ProfileItem) -> Option<Known> {
        let event = self.events.get((k.last & !BOUGHT) as usize)?;
        let mut bits = [0; 16];
        for (chunk, word) in bits.chunks_exact_mut(4).zip(event.id) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Some(Known {
            item: k.item,
            count: k.count.into(),
            bought: k.last & BOUGHT != 0,
            event: EventId(u128::from_le_bytes(bits)),
            at: event.at,
        })
    }

    fn shrink(&mut self) {
        self.events.shrink_to_fit();
        self.items.shrink_to_fit();
    }
}

// Growing by half rather than doubling: a million small lists waste less.
fn grow<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 2).max(4));
    }
}

/// The profiles of all customers, by record index of the canonical record.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    all: Vec<Option<Box<Profile>>>,
}

impl Profiles {
    /// The customer's profile; `None` if recommendations may not use anything.
    pub(crate) fn get(&self, customer: usize) -> Option<&Profile> {
        self.all.get(customer)?.as_deref()
    }

    /// The customer's profile, made if it is not there.
    pub(crate) fn make(&mut self, customer: usize) -> &mut Profile {
        if self.all.len() <= customer {
            self.all.resize_with(customer + 1, || None);
        }
        self.all[customer].get_or_insert_default()
    }

    /// Gives back what growing took too much.
    pub(crate) fn shrink(&mut self, customer: usize) {
        if let Some(Some(profile)) = self.all.get_mut(customer) {
            profile.shrink();
        }
    }

    /// Forgets the customer.
    pub(crate) fn forget(&mut self, customer: usize) {
        if let Some(profile) = self.all.get_mut(customer) {
            *profile = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_event_is_the_reason_and_looking_is_not_buying() {
        let mut profile = Profile::default();
        profile.add(EventId(1 << 90), 10, true, &[7, 8, 7]);
        profile.add(EventId(2), 20, false, &[7]);
        profile.add(EventId(3), 30, true, &[7]);
        let known: Vec<_> = profile.items().map(|k| (k.item, k.count, k.bought, k.event.0, k.at)).collect();
        assert!(profile.counted().map(|k| (k.item, k.count, k.bought, k.at)).eq(known.iter().map(|k| (k.0, k.1, k.2, k.4))));
        assert_eq!(known, [(7, 1, false, 2, 20), (7, 2, true, 3, 30), (8, 1, true, 1 << 90, 10)]);
        assert_eq!(profile.item(7, true).map(|k| k.event.0), Some(3));
        assert_eq!(profile.item(8, false), None);
    }

    #[test]
    fn a_very_long_history_keeps_its_newest_half() {
        let mut profile = Profile::default();
        for i in 0..20_000u32 {
            profile.add(EventId(i.into()), i, true, &[i % 10_000]);
        }
        assert!(profile.items().all(|k| k.event.0 == u128::from(k.at) && k.at >= 8192));
        assert!(profile.items().any(|k| k.at == 19_999));
    }
}
