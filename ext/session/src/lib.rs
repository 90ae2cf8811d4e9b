//! Sessions, as far as they need no PHP.
//!
//! - [`id`]: what a client is known by, and what a store gets to see of it.
//! - [`seal`]: values that a client keeps for us, encrypted, which it can neither read nor change.
//! - [`folder`]: a store of files.
//! - [`lock`]: one request of a session at a time, in all workers.
//! - [`token`]: tokens against requests that another site has forged.
//! - [`base64`]: base64 for URLs, in which all of these are written.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod base64;
pub mod folder;
pub mod id;
pub mod lock;
pub mod seal;
pub mod token;

/// Fills with bytes that nobody can guess.
///
/// # Errors
/// The system has none, which no system of today says.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    use aws_lc_rs::rand::SecureRandom;
    let mut bytes = [0; N];
    aws_lc_rs::rand::SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}
