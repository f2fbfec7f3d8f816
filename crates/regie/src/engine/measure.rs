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
            records.insert(RecordId(wide(customer).to_le_bytes()), Some(Handle(wide(customer))));
        }
        Handles(records)
    }

    /// The index of a customer, by its handle.
    pub fn find(&self, customer: u32) -> Option<u32> {
        self.0.by_handle(Handle(wide(customer))).map(|ix| ix.0)
    }
}

/// Handles and ids are random in all their bits: these look so.
fn wide(customer: u32) -> u128 {
    let half = (u64::from(customer) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u128::from(half ^ half >> 29) << 64 | u128::from(half)
}
