//! The way out that stands in each mail which a customer did not ask for with a press: one press, no log-in.
//!
//! The link carries the opaque handle and a signature, nothing personal, and can do one thing: end that permission. It works for as
//! long as the customer is known, also after a restart. A `GET` changes nothing, because mail scanners follow links.

use aws_lc_rs::hmac;
use regie_domain::ids::Handle;

use crate::engine::{Engine, EngineError, hex, unhex};

const HANDLE_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 16;

/// The path that ends the permission of this customer: put the site's own address before it.
///
/// # Errors
/// Those of the disk.
pub(crate) fn path(engine: &Engine, customer: Handle) -> Result<String, EngineError> {
    let handle = customer.0.to_be_bytes();
    let signature = hmac::sign(&key(engine)?, &handle);
    let token = [&handle[..], signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default()].concat();
    Ok(format!("/mijn/mail-stop/{}", hex(&token)))
}

/// Whose token this is; `None` if it is none of ours.
///
/// # Errors
/// Those of the disk.
pub(crate) fn whose(engine: &Engine, token: &str) -> Result<Option<Handle>, EngineError> {
    let Some(bytes) = unhex(token).filter(|b| b.len() == HANDLE_BYTES + SIGNATURE_BYTES) else { return Ok(None) };
    let (handle, signature) = bytes.split_at(HANDLE_BYTES);
    let expected = hmac::sign(&key(engine)?, handle);
    let expected = expected.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
    let is_ours = aws_lc_rs::constant_time::verify_slices_are_equal(expected, signature).is_ok();
    Ok(handle.try_into().ok().filter(|_| is_ours).map(|handle| Handle(u128::from_be_bytes(handle))))
}

fn key(engine: &Engine) -> Result<hmac::Key, EngineError> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &engine.service_key("mail-stop")?))
}
