//! The model: learning, growing and forgetting sessions.
//!
//! Invariant: everything here is a function of the set of remaining sessions, and a change touches only the postings of
//! that session's items. Left out: asking (`predict`), comparing (`digest`).

use crate::customers::Customers;
use crate::items::Items;
use crate::parameters::{InvalidParameters, Parameters};
use crate::postings::Posting;
use crate::sessions::{Meta, Sessions};
use crate::weights::Tables;
use crate::{CustomerSlot, ItemId, ItemKey, Session, SessionKey};

/// What learning a session did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    New,
    /// A session of the same customer and key was there with other items or another start.
    Replaced,
    Unchanged,
    /// It had no known item; if it was there before, it is gone.
    Nothing,
    /// The table is full at 2,147,483,648 sessions.
    Full,
}

/// One learned session, as the model keeps it.
#[derive(Clone, Copy, Debug)]
pub struct SessionView<'a> {
    pub key: SessionKey,
    /// Unix seconds of its first event.
    pub start: u32,
    first: &'a [u32],
    rest: &'a [u32],
}

impl<'a> SessionView<'a> {
    /// Its distinct items in order of their last event, oldest first.
    pub fn items(&self) -> impl Iterator<Item = ItemId> + use<'a> {
        self.first.iter().chain(self.rest).map(|&item| ItemId(item))
    }
}

/// The index of sessions. Reading takes `&self`, so readers share it; each needs its own [`crate::Scratch`].
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) parameters: Parameters,
    pub(crate) tables: Tables,
    pub(crate) items: Items,
    pub(crate) sessions: Sessions,
    customers: Customers,
    buffers: Buffers,
}

/// Reused by writers, so that learning does not allocate.
#[derive(Clone, Debug, Default)]
struct Buffers {
    old: Vec<u32>,
    new: Vec<u32>,
    slots: Vec<u32>,
    /// Items and the slots of sessions that hold them.
    entries: Vec<(u32, u32)>,
    /// Per item the number of the last session that was seen to hold it.
    seen: Vec<u32>,
    round: u32,
}

impl Model {
    /// An empty model.
    ///
    /// # Errors
    /// A parameter out of range.
    pub fn new(parameters: Parameters) -> Result<Self, InvalidParameters> {
        parameters.validate()?;
        let mut items = Items::default();
        items.weigh_by(&parameters);
        Ok(Self {
            parameters,
            tables: Tables::new(&parameters),
            items,
            sessions: Sessions::new(),
            customers: Customers::new(),
            buffers: Buffers::default(),
        })
    }

    /// A model that knows the same items by the same numbers, and has learned nothing: for building again.
    #[must_use]
    pub fn without_sessions(&self) -> Self {
        Self {
            parameters: self.parameters,
            tables: self.tables.clone(),
            items: self.items.without_postings(),
            sessions: Sessions::new(),
            customers: Customers::new(),
            buffers: Buffers::default(),
        }
    }

    /// Changes how later questions are answered. Costs nothing, or a walk over the items if they weigh differently.
    ///
    /// # Errors
    /// A parameter out of range, or another `max_session_items` while sessions are held; nothing is changed then.
    pub fn set_parameters(&mut self, parameters: Parameters) -> Result<(), InvalidParameters> {
        parameters.validate()?;
        let current = self.parameters.max_session_items;
        if current != parameters.max_session_items && !self.is_empty() {
            return Err(InvalidParameters::SessionItemsFixed { current });
        }
        self.parameters = parameters;
        self.tables = Tables::new(&parameters);
        self.items.weigh_by(&parameters);
        Ok(())
    }

    /// Gives an item its number; the same key always gets the same. Items must be interned before sessions with them
    /// are learned: unknown numbers are left out.
    pub fn intern(&mut self, key: ItemKey) -> ItemId {
        self.items.intern(key)
    }

    /// The number of a key that was interned.
    #[must_use]
    pub fn find(&self, key: ItemKey) -> Option<ItemId> {
        self.items.find(key)
    }

    /// The key of an item.
    #[must_use]
    pub fn item_key(&self, item: ItemId) -> Option<ItemKey> {
        self.items.keys.get(item.0 as usize).copied().map(ItemKey)
    }

    /// In how many learned sessions the item is.
    #[must_use]
    pub fn sessions_with(&self, item: ItemId) -> usize {
        self.items.postings.get(item.0 as usize).map_or(0, crate::postings::Postings::len)
    }

    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Number of learned sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of interned items.
    #[must_use]
    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    /// Bytes held, counted from capacities; walks the index.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.items.memory_bytes()
            + self.sessions.memory_bytes()
            + self.customers.memory_bytes()
            + (self.buffers.old.capacity()
                + self.buffers.new.capacity()
                + self.buffers.slots.capacity()
                + self.buffers.entries.capacity() * 2
                + self.buffers.seen.capacity())
                * 4
    }

    /// Learns many sessions at once, with the same result as one by one: of two with the same customer and key the later
    /// in the iterator holds. Meant for an empty model, where it lays sessions out in order of time, so that neighbours
    /// lie near each other and lists fill from their newest end, whatever the order of arrival; about a microsecond a
    /// session. On a filled model it learns one by one.
    pub fn build<'a>(&mut self, sessions: impl Iterator<Item = Session<'a>>) {
        if !self.is_empty() {
            for session in sessions {
                self.learn(session);
            }
            return;
        }
        struct Row {
            start: u32,
            customer: u32,
            key: u64,
            from: usize,
            len: u32,
            turn: u32,
        }
        let mut flat: Vec<u32> = Vec::new();
        let mut rows: Vec<Row> = Vec::new();
        for session in sessions {
            self.canonical(session.items);
            rows.push(Row {
                start: session.start,
                customer: session.customer.0,
                key: session.key.0,
                from: flat.len(),
                len: u32::try_from(self.buffers.new.len()).unwrap_or(u32::MAX),
                turn: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            });
            flat.extend_from_slice(&self.buffers.new);
        }
        let by_identity = |row: &Row| (row.customer, row.key, row.turn);
        if !rows.is_sorted_by_key(by_identity) {
            rows.sort_unstable_by_key(by_identity);
        }
        // Of equals the last one holds, so keep it and drop those before it.
        rows.dedup_by(|later, kept| {
            let same = (later.customer, later.key) == (kept.customer, kept.key);
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        rows.retain(|row| row.len > 0);
        rows.sort_unstable_by_key(|row| (row.start, row.key));
        let items_of = |row: &Row| &flat[row.from..row.from + row.len as usize];
        let mut slots = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(slot) = self.sessions.claim(row.customer, row.key, row.start) else {
                break;
            };
            self.customers.add(row.customer, row.key, slot, &mut self.sessions);
            self.sessions.set_items(slot, items_of(row));
            slots.push(slot);
        }
        rows.truncate(slots.len());

        // All lists one after the other, each with as much room as it needs, so that none has to grow.
        let mut ends = vec![0_usize; self.items.len()];
        rows.iter().flat_map(items_of).for_each(|&item| ends[item as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut entries = vec![Posting::default(); total];
        for (row, &slot) in rows.iter().zip(&slots) {
            for &item in items_of(row) {
                let end = &mut ends[item as usize];
                entries[*end] = Posting { start: row.start, slot };
                *end += 1;
            }
        }
        let mut from = 0;
        for (item, &end) in (0..).zip(&ends) {
            self.items.fill(item, &entries[from..end]);
            from = end;
        }
    }

    /// Learns a session, or replaces the one with the same customer and key (it grew, or events arrived late). Cost:
    /// the session's length times the logarithm of its items' lists; what did not change is not touched.
    pub fn learn(&mut self, session: Session<'_>) -> Learned {
        let (customer, key, start) = (session.customer.0, session.key.0, session.start);
        self.canonical(session.items);
        let known = self.customers.find(customer, key, &self.sessions);
        match known {
            Some(slot) if self.buffers.new.is_empty() => {
                self.subtract(&[slot]);
                Learned::Nothing
            }
            None if self.buffers.new.is_empty() => Learned::Nothing,
            Some(slot) => self.replace(slot, start),
            None => {
                let Some(slot) = self.sessions.claim(customer, key, start) else {
                    return Learned::Full;
                };
                self.customers.add(customer, key, slot, &mut self.sessions);
                self.sessions.set_items(slot, &self.buffers.new);
                let posting = Posting { start, slot };
                for &item in &self.buffers.new {
                    self.items.insert(item, posting, key, |slot| self.sessions.key(slot));
                }
                Learned::New
            }
        }
    }

    /// Adds one event to the end of a session, which is made if it is not there. The same as learning the longer
    /// session, but without its other items. A `start` that differs moves the session.
    pub fn append(&mut self, customer: CustomerSlot, key: SessionKey, start: u32, item: ItemId) -> Learned {
        let Some(slot) = self.customers.find(customer.0, key.0, &self.sessions) else {
            return self.learn(Session { customer, key, start, items: &[item] });
        };
        let mut items = std::mem::take(&mut self.buffers.new);
        self.sessions.copy_items(slot, &mut items);
        if (item.0 as usize) < self.items.len() {
            items.retain(|&other| other != item.0);
            items.push(item.0);
            if items.len() > self.parameters.max_session_items {
                items.remove(0);
            }
        }
        self.buffers.new = items;
        self.replace(slot, start)
    }

    /// Forgets a customer: subtracts all their sessions. Returns how many there were.
    pub fn forget(&mut self, customer: CustomerSlot) -> usize {
        self.forget_at_most(customer, usize::MAX)
    }

    /// As [`Model::forget`], but at most `limit` sessions, so that the lock can be given back between slices. Zero
    /// means that nothing is left.
    pub fn forget_at_most(&mut self, customer: CustomerSlot, limit: usize) -> usize {
        let mut slots = std::mem::take(&mut self.buffers.slots);
        slots.clear();
        slots.extend(self.customers.slots(customer.0, &self.sessions).take(limit));
        self.subtract(&slots);
        let forgotten = slots.len();
        self.buffers.slots = slots;
        forgotten
    }

    /// Forgets one session; false if it was not there.
    pub fn forget_session(&mut self, customer: CustomerSlot, key: SessionKey) -> bool {
        let known = self.customers.find(customer.0, key.0, &self.sessions);
        known.is_some_and(|slot| {
            self.subtract(&[slot]);
            true
        })
    }

    /// The customer's learned sessions, in no meaningful order.
    pub fn sessions_of(&self, customer: CustomerSlot) -> impl Iterator<Item = SessionView<'_>> {
        self.customers.slots(customer.0, &self.sessions).map(|slot| self.view(slot))
    }

    pub(crate) fn view(&self, slot: u32) -> SessionView<'_> {
        let meta = self.sessions.meta(slot);
        let (first, rest) = self.sessions.items(slot);
        SessionView { key: SessionKey(meta.key), start: meta.start, first, rest }
    }

    /// Fills `buffers.new` with the form in which a session is kept: known items, each once at its last occurrence, the
    /// newest `max_session_items` of them, oldest first.
    fn canonical(&mut self, events: &[ItemId]) {
        let round = self.next_round();
        let Buffers { new, seen, .. } = &mut self.buffers;
        new.clear();
        for item in events.iter().rev() {
            let Some(last) = seen.get_mut(item.0 as usize) else {
                continue;
            };
            if *last == round {
                continue;
            }
            *last = round;
            new.push(item.0);
            if new.len() == self.parameters.max_session_items {
                break;
            }
        }
        new.reverse();
    }

    fn next_round(&mut self) -> u32 {
        let buffers = &mut self.buffers;
        buffers.seen.resize(self.items.len(), 0);
        if buffers.round == u32::MAX {
            buffers.seen.fill(0);
            buffers.round = 0;
        }
        buffers.round += 1;
        buffers.round
    }

    /// Makes the session in `slot` the one in `buffers.new`, touching only the postings that differ.
    fn replace(&mut self, slot: u32, start: u32) -> Learned {
        let (old_start, key) = (self.sessions.meta(slot).start, self.sessions.key(slot));
        let mut old = std::mem::take(&mut self.buffers.old);
        self.sessions.copy_items(slot, &mut old);
        let moved = start != old_start;
        if !moved && old == self.buffers.new {
            self.buffers.old = old;
            return Learned::Unchanged;
        }
        // Stamps find the differences without comparing every pair.
        let round = self.next_round();
        for &item in &self.buffers.new {
            self.buffers.seen[item as usize] = round;
        }
        for &item in &old {
            if moved || self.buffers.seen[item as usize] != round {
                let posting = Posting { start: old_start, slot };
                self.items.remove(item, posting, key, |slot| self.sessions.key(slot));
                self.items.weigh(item);
            }
        }
        let round = self.next_round();
        for &item in &old {
            self.buffers.seen[item as usize] = round;
        }
        for &item in &self.buffers.new {
            if moved || self.buffers.seen[item as usize] != round {
                self.items.insert(item, Posting { start, slot }, key, |slot| self.sessions.key(slot));
            }
        }
        self.sessions.meta_mut(slot).start = start;
        self.sessions.set_items(slot, &self.buffers.new);
        self.buffers.old = old;
        Learned::Replaced
    }

    /// Takes sessions out, item by item: who buys the same again and again has many entries in one list, which are near each
    /// other in memory, and the item is weighed only once.
    fn subtract(&mut self, slots: &[u32]) {
        let mut entries = std::mem::take(&mut self.buffers.entries);
        entries.clear();
        for &slot in slots {
            let (first, rest) = self.sessions.items(slot);
            entries.extend(first.iter().chain(rest).map(|&item| (item, slot)));
        }
        entries.sort_unstable();
        for of_item in entries.chunk_by(|a, b| a.0 == b.0) {
            for &(item, slot) in of_item {
                let meta = self.sessions.meta(slot);
                self.items.remove(item, Posting { start: meta.start, slot }, meta.key, |slot| self.sessions.key(slot));
            }
            self.items.weigh(of_item[0].0);
        }
        self.buffers.entries = entries;
        for &slot in slots {
            let &Meta { customer, key, .. } = self.sessions.meta(slot);
            self.customers.remove(customer, key, &mut self.sessions);
            self.sessions.release(slot);
        }
    }
}
