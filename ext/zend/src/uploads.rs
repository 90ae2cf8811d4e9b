//! The files that `is_uploaded_file()` and `move_uploaded_file()` accept.
use crate::raw;

/// Adds a path.
pub fn add(path: &[u8]) {
    // SAFETY: the path is copied.
    unsafe { raw::hz_upload_add(path.as_ptr().cast(), path.len()) };
}

/// Takes a path away, if it is still there.
pub fn forget(path: &[u8]) {
    // SAFETY: the path is only looked at.
    unsafe { raw::hz_upload_forget(path.as_ptr().cast(), path.len()) };
}
