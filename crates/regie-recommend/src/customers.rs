//! Which sessions a customer has.
//!
//! Four bytes a customer: the head of a chain through the session table. Past 32 sessions (a till card of years, a robot)
//! the chain becomes a tree by session key, so that no customer makes learning slow for the others.
//!
//! Invariant: a session is in exactly one customer's chain or tree. The order of a chain means nothing.

use std::collections::BTreeMap;

use crate::chunked::Chunked;
use crate::sessions::{NONE, Sessions};

const CHAIN_MAX: usize = 32;
const TREE: u32 = 1 << 31;

#[derive(Clone, Debug)]
pub(crate) struct Customers {
    /// [`NONE`], a session slot, or [`TREE`] plus the index of a tree.
    heads: Chunked<u32>,
    trees: Vec<BTreeMap<u64, u32>>,
    free_trees: Vec<u32>,
}

impl Customers {
    pub(crate) fn new() -> Self {
        Self { heads: Chunked::new(), trees: Vec::new(), free_trees: Vec::new() }
    }

    fn head(&self, customer: u32) -> u32 {
        self.heads.get(customer).copied().unwrap_or(NONE)
    }

    fn tree(&self, head: u32) -> Option<&BTreeMap<u64, u32>> {
        if head == NONE || head & TREE == 0 { None } else { self.trees.get((head & !TREE) as usize) }
    }

    pub(crate) fn find(&self, customer: u32, key: u64, sessions: &Sessions) -> Option<u32> {
        let head = self.head(customer);
        if let Some(tree) = self.tree(head) {
            return tree.get(&key).copied();
        }
        let mut slot = head;
        while slot != NONE && sessions.key(slot) != key {
            slot = sessions.meta(slot).next;
        }
        (slot != NONE).then_some(slot)
    }

    /// All sessions of the customer.
    pub(crate) fn slots<'a>(&'a self, customer: u32, sessions: &'a Sessions) -> impl Iterator<Item = u32> + 'a {
        let head = self.head(customer);
        let tree = self.tree(head);
        let mut next = if tree.is_some() { NONE } else { head };
        let chain = std::iter::from_fn(move || {
            let slot = next;
            (slot != NONE).then(|| {
                next = sessions.meta(slot).next;
                slot
            })
        });
        chain.chain(tree.into_iter().flat_map(|tree| tree.values().copied()))
    }

    /// Adds a session that the customer does not have yet.
    pub(crate) fn add(&mut self, customer: u32, key: u64, slot: u32, sessions: &mut Sessions) {
        while self.heads.len() <= customer as usize {
            self.heads.push(NONE);
        }
        let head = self.heads[customer];
        if self.tree(head).is_some() {
            self.trees[(head & !TREE) as usize].insert(key, slot);
            return;
        }
        sessions.meta_mut(slot).next = head;
        self.heads[customer] = slot;
        if self.slots(customer, sessions).nth(CHAIN_MAX).is_some() {
            self.plant(customer, sessions);
        }
    }

    fn plant(&mut self, customer: u32, sessions: &Sessions) {
        let tree: BTreeMap<u64, u32> = self.slots(customer, sessions).map(|slot| (sessions.key(slot), slot)).collect();
        let index = self.free_trees.pop().unwrap_or_else(|| {
            self.trees.push(BTreeMap::new());
            u32::try_from(self.trees.len() - 1).unwrap_or(NONE)
        });
        self.trees[index as usize] = tree;
        self.heads[customer] = TREE | index;
    }

    /// Takes a session off its customer.
    pub(crate) fn remove(&mut self, customer: u32, key: u64, sessions: &mut Sessions) -> Option<u32> {
        let head = self.head(customer);
        if self.tree(head).is_some() {
            let tree = &mut self.trees[(head & !TREE) as usize];
            let slot = tree.remove(&key);
            if tree.is_empty() {
                self.free_trees.push(head & !TREE);
                self.heads[customer] = NONE;
            }
            return slot;
        }
        let mut before = NONE;
        let mut slot = head;
        while slot != NONE && sessions.key(slot) != key {
            before = slot;
            slot = sessions.meta(slot).next;
        }
        if slot == NONE {
            return None;
        }
        let next = sessions.meta(slot).next;
        if before == NONE {
            self.heads[customer] = next;
        } else {
            sessions.meta_mut(before).next = next;
        }
        Some(slot)
    }

    /// About 12 bytes an entry are counted for the trees' nodes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.heads.memory_bytes()
            + self.trees.capacity() * size_of::<BTreeMap<u64, u32>>()
            + self.trees.iter().map(|tree| tree.len() * 18).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_and_tree_hold_the_same() {
        for count in [1_u64, 5, 32, 33, 200] {
            let (mut customers, mut sessions) = (Customers::new(), Sessions::new());
            for key in 0..count {
                for customer in [0, 7] {
                    let slot = sessions.claim(customer, key, 0).unwrap();
                    customers.add(customer, key, slot, &mut sessions);
                }
            }
            assert_eq!(customers.find(7, count, &sessions), None);
            assert_eq!(customers.slots(3, &sessions).count(), 0);
            for key in (0..count).rev() {
                assert_eq!(customers.slots(7, &sessions).count() as u64, key + 1);
                let slot = customers.find(7, key, &sessions);
                assert!(slot.is_some());
                assert_eq!(customers.remove(7, key, &mut sessions), slot);
                assert_eq!(customers.remove(7, key, &mut sessions), None);
            }
            assert_eq!(customers.slots(7, &sessions).next(), None);
            assert_eq!(customers.slots(0, &sessions).count() as u64, count);
        }
    }
}
