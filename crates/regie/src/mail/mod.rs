//! Mail to customers: the letters, the way to the mail server, and the task that takes them there.
//!
//! Data flow one way: the engine says what waits ([`Engine::mails_waiting`](crate::engine::Engine::mails_waiting)), [`letter`] writes
//! it from the customer's own facts, [`post`] hands it to the server, and the engine is told what became of it. Nothing here is asked by a
//! request or by the writer, so a mail server that is slow or down slows nothing. Left out: bounces, which go to the sender's address.
//!
//! Nothing of a customer gets into a log or a metric: a mail server's sentences often repeat the address, so only its code is noted.

mod letter;
mod post;
mod sender;
pub(crate) mod stop;

pub use post::Post;
pub use sender::Sender;
