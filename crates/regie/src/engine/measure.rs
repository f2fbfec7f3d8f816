//! Parts of the engine by themselves, for `regie bench`: never used by the running server.

use regie_domain::ids::{Handle, RecordId};

use super::views::records::Records;

/// The look-up from a handle to a customer's index.
#[derive(Debug)]
pub struct Handles(Records);

impl Handles {
    /// Of so many customers.
    pub fn of(customers: u32) -> Handles {
        let mut records = Records::default();
        for customer in 0..customers {
            records.insert(RecordId(u128::from(spread(customer)).to_be_bytes()), Some(Handle(u128::from(spread(customer)))));
        }
        Handles(records)
    }

    /// The index of a customer, by its handle.
    pub fn find(&self, customer: u32) -> Option<u32> {
        self.0.by_handle(Handle(u128::from(spread(customer)))).map(|ix| ix.0)
    }
}

/// Handles are random: these look so.
fn spread(customer: u32) -> u64 {
    (u64::from(customer) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
