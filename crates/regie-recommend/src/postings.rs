//! The sessions that hold one item, in order of (start, session key).
//!
//! Kept in blocks of bounded size, so that adding or removing in the middle of a list of millions moves at most one
//! block. The newest block stands apart (`tail`): most items have no other, and every prediction starts with it.
//!
//! Invariants: every entry of `older` is older than every entry of `tail`; blocks are not empty; `tail` is empty only if
//! the list is. Left out: session keys, which are read from the session table, and only to tell apart sessions that
//! started in the same second.

use std::cmp::Ordering;

const BLOCK_MAX: usize = 128;
const BLOCK_LOW: usize = BLOCK_MAX / 4;

/// One session in an item's list: when it started (Unix seconds) and its slot in the session table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) start: u32,
    pub(crate) slot: u32,
}

#[derive(Clone, Debug)]
struct Block {
    /// A copy of the last entry: searching for the block reads only the directory.
    newest: Posting,
    entries: Vec<Posting>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    tail: Vec<Posting>,
    older: Vec<Block>,
    len: usize,
}

fn compare(a: Posting, start: u32, key: u64, key_of: &impl Fn(u32) -> u64) -> Ordering {
    a.start.cmp(&start).then_with(|| key_of(a.slot).cmp(&key))
}

fn place(entries: &[Posting], start: u32, key: u64, key_of: &impl Fn(u32) -> u64) -> usize {
    touch(entries);
    entries.partition_point(|&entry| compare(entry, start, key, key_of) == Ordering::Less)
}

/// Touching each line of memory once before use lets the waits overlap.
pub(crate) fn touch(entries: &[Posting]) {
    std::hint::black_box(entries.iter().step_by(8).fold(0, |all, one| all | one.start));
}

impl Postings {
    /// A list of these entries, oldest first, without room to spare.
    pub(crate) fn of(entries: &[Posting]) -> Self {
        let mut runs = entries.chunks(BLOCK_MAX).map(<[Posting]>::to_vec);
        let tail = runs.next_back().unwrap_or_default();
        let older = runs.map(|entries| Block { newest: entries[entries.len() - 1], entries }).collect();
        Self { tail, older, len: entries.len() }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Runs of entries, the newest run first; inside a run the newest entry is last.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[Posting]> {
        std::iter::once(self.tail.as_slice()).chain(self.older.iter().rev().map(|block| block.entries.as_slice()))
    }

    /// The block that `order` belongs to, or none for the tail.
    fn block_for(&self, start: u32, key: u64, key_of: &impl Fn(u32) -> u64) -> Option<usize> {
        let newest = self.older.last()?.newest;
        if compare(newest, start, key, key_of) == Ordering::Less {
            return None;
        }
        Some(self.older.partition_point(|block| compare(block.newest, start, key, key_of) == Ordering::Less))
    }

    /// Adds an entry; `key` is the session key of its slot.
    pub(crate) fn insert(&mut self, posting: Posting, key: u64, key_of: impl Fn(u32) -> u64) {
        self.len += 1;
        if let Some(index) = self.block_for(posting.start, key, &key_of) {
            let block = &mut self.older[index];
            let at = place(&block.entries, posting.start, key, &key_of);
            block.entries.insert(at, posting);
            if block.entries.len() > BLOCK_MAX {
                let newer = block.entries.split_off(BLOCK_MAX / 2);
                refresh(block);
                self.older.insert(index + 1, Block { newest: newer[newer.len() - 1], entries: newer });
            }
            return;
        }
        let at = place(&self.tail, posting.start, key, &key_of);
        if at == self.tail.len() && at >= BLOCK_MAX {
            // The ordinary case, arrival in order of time: blocks end up full.
            let entries = std::mem::take(&mut self.tail);
            self.older.push(Block { newest: entries[entries.len() - 1], entries });
            self.tail.push(posting);
            return;
        }
        self.tail.insert(at, posting);
        if self.tail.len() > BLOCK_MAX {
            let newer = self.tail.split_off(BLOCK_MAX / 2);
            let entries = std::mem::replace(&mut self.tail, newer);
            self.older.push(Block { newest: entries[entries.len() - 1], entries });
        }
    }

    /// Removes the entry of this slot, if it is there.
    pub(crate) fn remove(&mut self, posting: Posting, key: u64, key_of: impl Fn(u32) -> u64) {
        let block = self.block_for(posting.start, key, &key_of);
        let entries = block.map_or(&self.tail, |index| &self.older[index].entries);
        let at = place(entries, posting.start, key, &key_of);
        if entries.get(at) == Some(&posting) {
            self.remove_at(block, at);
        } else {
            self.remove_anywhere(posting);
        }
    }

    /// Only if two sessions break the rule that keys are unique: never leave an entry that points to a freed slot.
    #[cold]
    fn remove_anywhere(&mut self, posting: Posting) {
        if let Some(at) = self.tail.iter().position(|&entry| entry == posting) {
            return self.remove_at(None, at);
        }
        let found = self
            .older
            .iter()
            .enumerate()
            .find_map(|(index, block)| block.entries.iter().position(|&entry| entry == posting).map(|at| (index, at)));
        if let Some((index, at)) = found {
            self.remove_at(Some(index), at);
        }
    }

    fn remove_at(&mut self, block: Option<usize>, at: usize) {
        self.len -= 1;
        let Some(index) = block else {
            self.tail.remove(at);
            if self.tail.is_empty() {
                self.tail = self.older.pop().map(|block| block.entries).unwrap_or_default();
            }
            return;
        };
        let block = &mut self.older[index];
        block.entries.remove(at);
        if block.entries.is_empty() {
            self.older.remove(index);
            return;
        }
        refresh(block);
        if block.entries.len() < BLOCK_LOW {
            self.join_with_neighbour(index);
        }
    }

    /// Keeps blocks reasonably full under churn; not joined to the brim, or the next insert would split them again.
    fn join_with_neighbour(&mut self, index: usize) {
        let fits = |first: usize| {
            self.older
                .get(first)
                .zip(self.older.get(first + 1))
                .is_some_and(|(older, newer)| older.entries.len() + newer.entries.len() <= BLOCK_MAX * 3 / 4)
        };
        let first = if fits(index) {
            index
        } else if index > 0 && fits(index - 1) {
            index - 1
        } else {
            return;
        };
        let newer = self.older.remove(first + 1);
        let block = &mut self.older[first];
        block.entries.extend_from_slice(&newer.entries);
        refresh(block);
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.tail.capacity() * size_of::<Posting>()
            + self.older.capacity() * size_of::<Block>()
            + self.older.iter().map(|block| block.entries.capacity() * size_of::<Posting>()).sum::<usize>()
    }
}

fn refresh(block: &mut Block) {
    if let Some(&newest) = block.entries.last() {
        block.newest = newest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(postings: &Postings) -> Vec<Posting> {
        postings.runs().flat_map(|run| run.iter().rev().copied()).collect()
    }

    fn check(postings: &Postings, expected: &[Posting]) {
        assert_eq!(listed(postings), expected);
        assert_eq!(postings.len(), expected.len());
        assert!(!postings.tail.is_empty() || expected.is_empty());
        for block in &postings.older {
            assert!(!block.entries.is_empty() && block.entries.len() <= BLOCK_MAX);
            assert_eq!(block.entries.last(), Some(&block.newest));
        }
    }

    proptest! {
        #[test]
        fn stays_sorted(steps in prop::collection::vec((any::<bool>(), 0_u32..60, 0_u32..40), 1..1500)) {
            // The key is a scramble of the slot, so that order by key differs from order by slot.
            let key_of = |slot: u32| u64::from(slot).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut postings = Postings::default();
            let mut naive: Vec<Posting> = Vec::new();
            for (add, start, extra) in steps {
                let posting = Posting { start, slot: start * 40 + extra };
                let known = naive.iter().position(|&p| p == posting);
                match (add, known) {
                    (true, None) => {
                        postings.insert(posting, key_of(posting.slot), key_of);
                        naive.push(posting);
                    }
                    (false, Some(at)) => {
                        postings.remove(posting, key_of(posting.slot), key_of);
                        naive.swap_remove(at);
                    }
                    (true, Some(_)) | (false, None) => {}
                }
            }
            naive.sort_by_key(|p| std::cmp::Reverse((p.start, key_of(p.slot))));
            check(&postings, &naive);
        }
    }

    #[test]
    fn drains_without_a_trace() {
        let key_of = u64::from;
        let mut postings = Postings::default();
        let all: Vec<_> = (0..1000).map(|slot| Posting { start: slot / 3, slot }).collect();
        for &posting in &all {
            postings.insert(posting, key_of(posting.slot), key_of);
        }
        assert_eq!(postings.older.len(), 7);
        check(&Postings::of(&all), &all.iter().rev().copied().collect::<Vec<_>>());
        check(&Postings::of(&[]), &[]);
        for (removed, &posting) in all.iter().enumerate() {
            postings.remove(posting, key_of(posting.slot), key_of);
            let expected: Vec<_> = all[removed + 1..].iter().rev().copied().collect();
            check(&postings, &expected);
        }
        // Removing what is not there changes nothing.
        postings.remove(all[0], 0, key_of);
        assert_eq!(postings.len(), 0);
    }

    #[test]
    fn two_sessions_with_one_key_still_go() {
        let mut postings = Postings::default();
        for slot in 0..300 {
            postings.insert(Posting { start: 5, slot }, 9, |_| 9);
        }
        for slot in 0..300 {
            postings.remove(Posting { start: 5, slot }, 9, |_| 9);
        }
        check(&postings, &[]);
    }
}
