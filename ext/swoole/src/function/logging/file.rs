//! The log's file, and its name as time goes by: `log_file`, `log_rotation`.
//!
//! The file is opened for each line: who puts it away, or asks for it to be opened again, needs nothing done here. In
//! the background it is the output that goes there.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

pub(super) const MONTHLY: &str = "%Y%m";
const DAILY: &str = "%Y%m%d";
pub(super) const HOURLY: &str = "%Y%m%d%H";
pub(super) const EVERY_MINUTE: &str = "%Y%m%d%H%M";

thread_local! {
    static FILE: RefCell<Option<String>> = const { RefCell::new(None) };
    /// What is added to its name; `None`: nothing.
    static STAMP: Cell<Option<&'static str>> = const { Cell::new(None) };
    static IS_OUTPUT: Cell<bool> = const { Cell::new(false) };
    /// Where the output goes.
    static OUTPUT: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Sets `log_file`.
pub(super) fn set(name: &str) {
    FILE.replace(Some(name.to_owned()));
}

/// Sets `log_rotation`, `SWOOLE_LOG_ROTATION_*`.
pub(super) fn rotate(kind: i64) {
    STAMP.set(match kind {
        0 => None,
        1 => Some(MONTHLY),
        3 => Some(HOURLY),
        4 => Some(EVERY_MINUTE),
        _ => Some(DAILY),
    });
}

/// Does all output of the process go to the file?
pub(super) fn in_background(is_output: bool) {
    IS_OUTPUT.set(is_output);
}

/// The server begins: its output goes to what the file is called now.
pub(super) fn begin() {
    let Some(file) = FILE.with_borrow(Clone::clone).filter(|_| IS_OUTPUT.get()) else {
        return;
    };
    OUTPUT.with_borrow_mut(|output| {
        output.get_or_insert_with(|| name(Path::new(&file)));
    });
}

pub(super) fn forget() {
    FILE.take();
    OUTPUT.take();
    STAMP.set(None);
    IS_OUTPUT.set(false);
}

/// What a `log_file` is called at this moment.
pub(crate) fn name(file: &Path) -> PathBuf {
    let Some(format) = STAMP.get() else {
        return file.to_owned();
    };
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(super::date::stamp(format));
    name.into()
}

/// The file that a line goes to; `None`: to standard output.
pub(super) fn current() -> Option<PathBuf> {
    let file = FILE.with_borrow(Clone::clone)?;
    let named = name(Path::new(&file));
    if !IS_OUTPUT.get() {
        return Some(named);
    }
    if STAMP.get().is_some() {
        let before = OUTPUT.replace(Some(named.clone()));
        let has_changed = before.is_some_and(|before| before != named);
        if has_changed && let Err(error) = highper_process::redirect_output(Some(&named)) {
            eprintln!("log: {error}");
        }
    }
    None
}
