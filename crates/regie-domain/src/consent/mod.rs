//! Consents, objections and the decision: "may this use happen now?"
//!
//! A customer's choices fold into a [`Standing`]; [`Consents`] holds the standings of all customers packed into one [`Line`]
//! of 64 bytes each, and [`Consents::decide`] answers from that line. A consent holds on the half-open interval
//! `[given, until)` and that is judged at each question with the `now` handed in: nothing here waits for a sweeper.
//!
//! Invariants: a standing is a pure function of the customer's choices in the log's order and of the policy; a use is allowed only
//! where the customer's narrowing *and* the policy's purpose cover it; a purpose has one basis, and no other takes its place.
//!
//! Left out: who the customer is (identity), recording that a use happened and using a "once" up (the engine: both are durable),
//! clock jumps (the engine hands in one `now`, or asks twice).

mod ask;
mod consents;
mod decide;
mod explain;
mod give;
mod join;
mod keep;
mod line;
mod near;
mod prove;
mod receipt;
mod restrict;
mod shapes;
mod standing;
mod state;
mod until;

pub use ask::{AskAgain, ask_again};
pub use consents::Consents;
pub use decide::{Decision, Ends, Reason, Use};
pub use explain::{Can, Explanation, Rule, explain};
pub use give::{
    ChoiceError, ClaimedEvidence, Give, Known, Named, validate_contest, validate_contest_answer, validate_evidence, validate_give,
    validate_objection, validate_refusal, validate_restriction, validate_weighing, validate_withdrawal,
};
pub use join::{Lapses, Stays, carried, combine, lapses, stays, take_along};
pub use keep::{Field, Keeping, Kept, RetentionEnds, retention_end};
pub use line::Line;
pub use near::{NEAR_SECONDS, is_near};
pub use prove::{Ended, Placed, proof_term, prove};
pub use receipt::{answered_core, consenter_core, contested_core, lifted_core, restricted_core};
pub use restrict::{Part, Restrictions};
pub use shapes::{Cover, Shape, ShapeId, Shapes};
pub use standing::{End, Given, Slot, Standing};
pub use state::{PurposeState, State};
pub use until::{UNTIL_YEARS_MAX, UntilError, UntilWish, resolve_until};
