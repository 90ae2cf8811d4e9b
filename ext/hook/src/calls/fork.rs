//! `fork`. For `vfork` see [`crate::vfork`].

use libc::pid_t;

use crate::{errno, patch, policy, vfork};

pub(crate) unsafe extern "C" fn fork() -> pid_t {
    // No other thread may be in the middle of a walk when the process is copied.
    let walk = patch::lock();
    // SAFETY: the caller's own call.
    let child = unsafe { libc::fork() };
    drop(walk);
    if child == 0 {
        vfork::reset();
        if let Some(policy) = policy::installed() {
            let _bypass = policy::Bypass::new();
            errno::preserve(|| (policy.forked)());
        }
    }
    child
}
