//! The table of sessions, one slot each.
//!
//! A slot's first items and length share one line of 64 bytes, the processor's unit of memory: a prediction reads a
//! hundred neighbours, and a second line for each would double its cost. Longer sessions go on in a list of their own.
//!
//! Invariants: items are distinct, in order of their last event, oldest first; a free slot is wiped. Left out: who a
//! session belongs to in order (that is `customers`), and any order between slots: a slot says nothing about time.

use crate::chunked::Chunked;

/// Words of a line: the first items, and the length last.
pub(crate) const LINE: usize = 16;
pub(crate) const INLINE: usize = LINE - 1;
pub(crate) const NONE: u32 = u32::MAX;
/// Slots above this would collide with the tag in `customers`.
pub(crate) const SLOTS_MAX: usize = 1 << 31;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u32; LINE]);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) key: u64,
    pub(crate) start: u32,
    pub(crate) customer: u32,
    /// The customer's next session, if they are few.
    pub(crate) next: u32,
    /// Where the items after the first 15 are, or [`NONE`].
    rest: u32,
}

const EMPTY_LINE: Line = Line([0; LINE]);
const EMPTY_META: Meta = Meta { key: 0, start: 0, customer: NONE, next: NONE, rest: NONE };

#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    lines: Chunked<Line>,
    metas: Chunked<Meta>,
    rests: Vec<Vec<u32>>,
    free_rests: Vec<u32>,
    free: Vec<u32>,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self { lines: Chunked::new(), metas: Chunked::new(), rests: Vec::new(), free_rests: Vec::new(), free: Vec::new() }
    }

    /// Sessions in use.
    pub(crate) fn len(&self) -> usize {
        self.lines.len() - self.free.len()
    }

    /// A slot for a new session without items, or none if the table is full.
    pub(crate) fn claim(&mut self, customer: u32, key: u64, start: u32) -> Option<u32> {
        let meta = Meta { key, start, customer, ..EMPTY_META };
        if let Some(slot) = self.free.pop() {
            self.metas[slot] = meta;
            return Some(slot);
        }
        let slot = self.lines.len();
        if slot >= SLOTS_MAX {
            return None;
        }
        self.lines.push(EMPTY_LINE);
        self.metas.push(meta);
        u32::try_from(slot).ok()
    }

    /// Wipes the slot and frees it.
    pub(crate) fn release(&mut self, slot: u32) {
        self.set_items(slot, &[]);
        self.lines[slot] = EMPTY_LINE;
        self.metas[slot] = EMPTY_META;
        self.free.push(slot);
    }

    pub(crate) fn set_items(&mut self, slot: u32, items: &[u32]) {
        let inline = items.len().min(INLINE);
        let line = &mut self.lines[slot].0;
        line[..inline].copy_from_slice(&items[..inline]);
        line[inline..].fill(0);
        line[INLINE] = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let rest = self.metas[slot].rest;
        match (rest == NONE, items.len() > INLINE) {
            (true, false) => {}
            (true, true) => {
                let rest = self.free_rests.pop().unwrap_or_else(|| {
                    self.rests.push(Vec::new());
                    u32::try_from(self.rests.len() - 1).unwrap_or(NONE)
                });
                self.rests[rest as usize] = items[INLINE..].to_vec();
                self.metas[slot].rest = rest;
            }
            (false, true) => {
                let list = &mut self.rests[rest as usize];
                list.clear();
                list.extend_from_slice(&items[INLINE..]);
            }
            (false, false) => {
                self.rests[rest as usize] = Vec::new();
                self.free_rests.push(rest);
                self.metas[slot].rest = NONE;
            }
        }
    }

    /// The items of a session, oldest last event first, in two runs.
    pub(crate) fn items(&self, slot: u32) -> (&[u32], &[u32]) {
        let (len, line) = self.line(slot);
        if len <= INLINE { (&line[..len], &[]) } else { (&line[..INLINE], &self.rests[self.metas[slot].rest as usize]) }
    }

    /// Number of items, and the whole line: the first 15, of which those past the number are zeros, and the number.
    #[inline]
    pub(crate) fn line(&self, slot: u32) -> (usize, &[u32; LINE]) {
        let line = &self.lines[slot].0;
        (line[INLINE] as usize, line)
    }

    /// The items after the first 15.
    pub(crate) fn rest(&self, slot: u32) -> &[u32] {
        self.rests.get(self.metas[slot].rest as usize).map_or(&[], Vec::as_slice)
    }

    /// Number of items; touching it brings the session's line near.
    pub(crate) fn item_count(&self, slot: u32) -> u32 {
        self.lines[slot].0[INLINE]
    }

    pub(crate) fn copy_items(&self, slot: u32, into: &mut Vec<u32>) {
        let (first, rest) = self.items(slot);
        into.clear();
        into.extend_from_slice(first);
        into.extend_from_slice(rest);
    }

    pub(crate) fn meta(&self, slot: u32) -> &Meta {
        &self.metas[slot]
    }

    pub(crate) fn meta_mut(&mut self, slot: u32) -> &mut Meta {
        &mut self.metas[slot]
    }

    pub(crate) fn key(&self, slot: u32) -> u64 {
        self.metas[slot].key
    }

    /// Slots in use, in no meaningful order.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> {
        let end = u32::try_from(self.lines.len()).unwrap_or(NONE);
        (0..end).filter(|&slot| self.metas[slot].customer != NONE)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.lines.memory_bytes()
            + self.metas.memory_bytes()
            + self.rests.capacity() * size_of::<Vec<u32>>()
            + self.rests.iter().map(|list| list.capacity() * 4).sum::<usize>()
            + (self.free.capacity() + self.free_rests.capacity()) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sessions_go_on_elsewhere_and_leave_nothing() {
        let mut sessions = Sessions::new();
        let slot = sessions.claim(0, 1, 2).unwrap();
        let mut copy = Vec::new();
        for len in [0_u32, 15, 16, 40, 17, 15, 3, 30] {
            let items: Vec<u32> = (0..len).collect();
            sessions.set_items(slot, &items);
            sessions.copy_items(slot, &mut copy);
            assert_eq!(copy, items);
        }
        sessions.release(slot);
        assert_eq!((sessions.len(), sessions.slots().count()), (0, 0));
        assert_eq!(sessions.lines[slot].0, [0; LINE]);
        assert!(sessions.rests.iter().all(Vec::is_empty));
        assert_eq!(sessions.claim(0, 1, 2), Some(slot));
        assert_eq!(sessions.item_count(slot), 0);
    }
}
