//! What will a customer buy next time? Own frequency, neighbours and popularity, after TIFU-kNN (Hu et al., "Modeling
//! Personalized Item Frequency Information for Next-basket Recommendation", SIGIR 2020).
//!
//! A customer's vector holds for each item the sum of its baskets' weights: a basket weighs less for each group of newer ones,
//! with its age, and, because a large basket says less of each of its items, with its size. Neighbours are the customers whose
//! vectors are most alike, rare items weighing more. A score adds the own vector, the neighbours' mean, and popularity.
//!
//! Two changes to the paper: likeness is a cosine over an index instead of a distance to everybody, so that a question costs
//! the same among a million customers; and popularity takes part.
//!
//! **Invariant:** as for [`crate::Model`]: after any history of learning and forgetting, [`BasketModel::digest`] and every
//! prediction equal, to the bit, those of a fresh model that learned only what remains. A vector is a function of its
//! customer's baskets; sums are sums of integers; ties go by lasting keys. Left out: who may see what, declared rules such as
//! durable goods (the caller's `keep`), and the current visit ([`crate::blend`]).

mod index;
mod parameters;
mod predict;

pub use index::{Basket, BasketModel, CustomerKey};
pub use parameters::{BasketParameters, InvalidBasketParameters};
pub use predict::{BasketScored, BasketScratch, Shares};
