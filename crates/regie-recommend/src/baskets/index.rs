//! Customers' baskets and vectors, and the customers of each item.
//!
//! Invariant: everything is a function of the set of remaining baskets. Which customers an item's list yields first depends on
//! their lasting keys alone: the list is in order of key, so its end is a sample that nobody's coming or going reorders.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use super::parameters::{BASKETS_MAX, BasketParameters, InvalidBasketParameters};
use crate::postings::{Posting, Postings};
use crate::{CustomerSlot, ItemId, ItemKey, Learned, SessionKey};

/// A customer's lasting key: the same after a replay, and evenly spread (a hash of the record is).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerKey(pub u64);

/// One purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basket<'a> {
    pub customer: CustomerSlot,
    /// The same for all baskets of the customer; the first one learned holds.
    pub customer_key: CustomerKey,
    /// A basket with the same customer and key is replaced.
    pub key: SessionKey,
    /// Unix seconds.
    pub time: u32,
    /// In any order; repeats count once, unknown ids not at all.
    pub items: &'a [ItemId],
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Customer {
    pub(crate) key: u64,
    /// By (time, key): in order of time, ties by lasting keys.
    pub(crate) baskets: BTreeMap<(u32, u64), Box<[u32]>>,
    /// Item and weight, by item number.
    pub(crate) vector: Vec<(u32, u32)>,
    /// Sum of squares of the vector.
    pub(crate) square: u64,
}

/// The index of baskets. Reading takes `&self`; each reader needs its own [`super::BasketScratch`].
#[derive(Clone, Debug)]
pub struct BasketModel {
    pub(crate) parameters: BasketParameters,
    by_key: HashMap<u64, u32>,
    pub(crate) keys: Vec<u64>,
    pub(crate) postings: Vec<Postings>,
    /// Baskets with the item.
    pub(crate) counts: Vec<u32>,
    /// (count, item key reversed, item): its end is the most popular.
    pub(crate) popular: BTreeSet<(u32, std::cmp::Reverse<u64>, u32)>,
    pub(crate) customers: Vec<Customer>,
    basket_count: usize,
    customer_count: usize,
}

/// A posting of a customer: by key, the upper half of it standing for a start.
fn posting(slot: u32, key: u64) -> Posting {
    Posting { start: (key >> 32) as u32, slot }
}

impl BasketModel {
    /// An empty model.
    ///
    /// # Errors
    /// A parameter out of range.
    pub fn new(parameters: BasketParameters) -> Result<Self, InvalidBasketParameters> {
        parameters.validate()?;
        Ok(Self {
            parameters,
            by_key: HashMap::new(),
            keys: Vec::new(),
            postings: Vec::new(),
            counts: Vec::new(),
            popular: BTreeSet::new(),
            customers: Vec::new(),
            basket_count: 0,
            customer_count: 0,
        })
    }

    /// Changes how later questions are answered; makes all vectors anew if they depend on what changed.
    ///
    /// # Errors
    /// A parameter out of range; nothing is changed then.
    pub fn set_parameters(&mut self, parameters: BasketParameters) -> Result<(), InvalidBasketParameters> {
        parameters.validate()?;
        let alike = parameters.shapes_vectors_as(&self.parameters);
        self.parameters = parameters;
        if !alike {
            for slot in 0..u32::try_from(self.customers.len()).unwrap_or(u32::MAX) {
                self.renew(slot);
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn parameters(&self) -> &BasketParameters {
        &self.parameters
    }

    /// Gives an item its number; the same key always gets the same. Numbers are of this model alone.
    pub fn intern(&mut self, key: ItemKey) -> ItemId {
        if let Some(&id) = self.by_key.get(&key.0) {
            return ItemId(id);
        }
        let id = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.by_key.insert(key.0, id);
        self.keys.push(key.0);
        self.postings.push(Postings::default());
        self.counts.push(0);
        ItemId(id)
    }

    #[must_use]
    pub fn find(&self, key: ItemKey) -> Option<ItemId> {
        self.by_key.get(&key.0).copied().map(ItemId)
    }

    #[must_use]
    pub fn item_key(&self, item: ItemId) -> Option<ItemKey> {
        self.keys.get(item.0 as usize).copied().map(ItemKey)
    }

    /// Learned baskets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.basket_count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.basket_count == 0
    }

    /// Customers with a basket.
    #[must_use]
    pub fn customer_count(&self) -> usize {
        self.customer_count
    }

    #[must_use]
    pub fn item_count(&self) -> usize {
        self.keys.len()
    }

    /// In how many baskets the item is.
    #[must_use]
    pub fn baskets_with(&self, item: ItemId) -> u32 {
        self.counts.get(item.0 as usize).copied().unwrap_or(0)
    }

    /// Learns a basket, or replaces the one with the same customer and key. Cost: what the customer has bought so far.
    pub fn learn(&mut self, basket: Basket<'_>) -> Learned {
        let slot = basket.customer.0;
        let mut items: Vec<u32> = basket.items.iter().map(|item| item.0).filter(|&item| (item as usize) < self.keys.len()).collect();
        items.sort_unstable();
        items.dedup();
        let there = self.place(slot, basket.key);
        if there == Some((basket.time, basket.key.0)) && self.customers[slot as usize].baskets[&(basket.time, basket.key.0)][..] == items {
            return Learned::Unchanged;
        }
        if let Some(place) = there {
            self.take(slot, place);
        }
        if items.is_empty() {
            if there.is_some() {
                self.renew(slot);
            }
            return Learned::Nothing;
        }
        if self.customers.len() <= slot as usize {
            self.customers.resize_with(slot as usize + 1, Customer::default);
        }
        self.count(&items, true);
        self.basket_count += 1;
        let customer = &mut self.customers[slot as usize];
        if customer.baskets.is_empty() && customer.vector.is_empty() {
            customer.key = basket.customer_key.0;
            self.customer_count += 1;
        }
        customer.baskets.insert((basket.time, basket.key.0), items.into());
        self.renew(slot);
        if there.is_some() { Learned::Replaced } else { Learned::New }
    }

    /// Forgets a customer; returns how many baskets there were.
    pub fn forget(&mut self, customer: CustomerSlot) -> usize {
        let Some(places) = self.customers.get(customer.0 as usize).map(|known| known.baskets.keys().copied().collect::<Vec<_>>()) else {
            return 0;
        };
        for &place in &places {
            self.take(customer.0, place);
        }
        self.renew(customer.0);
        places.len()
    }

    /// Forgets one basket; false if it was not there.
    pub fn forget_basket(&mut self, customer: CustomerSlot, key: SessionKey) -> bool {
        let Some(place) = self.place(customer.0, key) else {
            return false;
        };
        self.take(customer.0, place);
        self.renew(customer.0);
        true
    }

    fn place(&self, slot: u32, key: SessionKey) -> Option<(u32, u64)> {
        self.customers.get(slot as usize)?.baskets.keys().find(|place| place.1 == key.0).copied()
    }

    /// Takes a basket off its customer, whose vector must be renewed afterwards.
    fn take(&mut self, slot: u32, place: (u32, u64)) {
        let Some(items) = self.customers.get_mut(slot as usize).and_then(|customer| customer.baskets.remove(&place)) else {
            return;
        };
        self.count(&items, false);
        self.basket_count -= 1;
    }

    fn count(&mut self, items: &[u32], more: bool) {
        for &item in items {
            let key = std::cmp::Reverse(self.keys[item as usize]);
            let count = &mut self.counts[item as usize];
            self.popular.remove(&(*count, key, item));
            *count = if more { *count + 1 } else { *count - 1 };
            if *count > 0 {
                self.popular.insert((*count, key, item));
            }
        }
    }

    /// Makes the customer's vector anew from the baskets, and tells the items' lists what is no longer or newly in it.
    fn renew(&mut self, slot: u32) {
        let Some(customer) = self.customers.get_mut(slot as usize) else {
            return;
        };
        let newest = customer.baskets.last_key_value().map_or(0, |((time, _), _)| *time);
        let mut vector: Vec<(u32, u32)> = Vec::new();
        for (newer, ((time, _), items)) in customer.baskets.iter().rev().enumerate().take(BASKETS_MAX) {
            let weight = self.parameters.weight(newer, newest - time, items.len());
            vector.extend(items.iter().map(|&item| (item, weight)));
        }
        vector.sort_unstable_by_key(|entry| entry.0);
        vector.dedup_by(|entry, sum| {
            let same = entry.0 == sum.0;
            if same {
                sum.1 += entry.1;
            }
            same
        });
        let old = std::mem::replace(&mut customer.vector, vector);
        customer.square = customer.vector.iter().map(|&(_, weight)| (u64::from(weight) * u64::from(weight)) >> 8).sum();
        let (customers, key) = (&self.customers, self.customers[slot as usize].key);
        let vector = &customers[slot as usize].vector;
        let key_of = |slot: u32| customers[slot as usize].key;
        let lacks = |list: &[(u32, u32)], item: u32| list.binary_search_by_key(&item, |entry| entry.0).is_err();
        for &(item, _) in old.iter().filter(|entry| lacks(vector, entry.0)) {
            self.postings[item as usize].remove(posting(slot, key), key, key_of);
        }
        for &(item, _) in vector.iter().filter(|entry| lacks(&old, entry.0)) {
            self.postings[item as usize].insert(posting(slot, key), key, key_of);
        }
        if vector.is_empty() && !old.is_empty() {
            self.customers[slot as usize] = Customer::default();
            self.customer_count -= 1;
        }
    }

    /// Bytes held, counted from capacities; walks the index. A basket's place in its tree is counted with 32 bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let customer = |customer: &Customer| {
            customer.vector.capacity() * 8 + customer.baskets.values().map(|items| items.len() * 4 + 32).sum::<usize>()
        };
        size_of::<Self>()
            + self.by_key.allocation_size()
            + self.keys.capacity() * 8
            + self.counts.capacity() * 4
            + self.popular.len() * 32
            + self.postings.capacity() * size_of::<Postings>()
            + self.postings.iter().map(Postings::memory_bytes).sum::<usize>()
            + self.customers.capacity() * size_of::<Customer>()
            + self.customers.iter().map(customer).sum::<usize>()
    }

    /// SHA-256 over everything learned, walked and in lasting keys: two models with equal parameters and digests give equal
    /// predictions. Cost: sorts all customers and items; for audits and tests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"regie-recommend baskets 1\0");
        let key = |item: u32| self.keys[item as usize];
        let mut customers: Vec<&Customer> = self.customers.iter().filter(|customer| !customer.baskets.is_empty()).collect();
        customers.sort_unstable_by_key(|customer| customer.key);
        for customer in customers {
            hash.update(customer.key.to_le_bytes());
            hash.update((customer.baskets.len() as u64).to_le_bytes());
            for ((time, basket), items) in &customer.baskets {
                hash.update(time.to_le_bytes());
                hash.update(basket.to_le_bytes());
                let mut items: Vec<u64> = items.iter().map(|&item| key(item)).collect();
                items.sort_unstable();
                hash.update((items.len() as u64).to_le_bytes());
                items.iter().for_each(|item| hash.update(item.to_le_bytes()));
            }
            let mut vector: Vec<(u64, u32)> = customer.vector.iter().map(|&(item, weight)| (key(item), weight)).collect();
            vector.sort_unstable();
            vector.iter().for_each(|(item, weight)| {
                hash.update(item.to_le_bytes());
                hash.update(weight.to_le_bytes());
            });
            hash.update(customer.square.to_le_bytes());
        }
        let mut items: Vec<usize> = (0..self.keys.len()).filter(|&item| self.counts[item] > 0).collect();
        items.sort_unstable_by_key(|&item| self.keys[item]);
        for item in items {
            hash.update(self.keys[item].to_le_bytes());
            hash.update(self.counts[item].to_le_bytes());
            for posting in self.postings[item].runs().flat_map(|run| run.iter().rev()) {
                hash.update(self.customers[posting.slot as usize].key.to_le_bytes());
            }
        }
        for (count, item, _) in &self.popular {
            hash.update(count.to_le_bytes());
            hash.update(item.0.to_le_bytes());
        }
        hash.finalize().into()
    }
}
