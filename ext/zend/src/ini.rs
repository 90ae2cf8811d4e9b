//! Settings in php.ini: declaring and reading.
use std::ffi::{CStr, CString};

use crate::raw;

/// Who may change a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only php.ini and `-d` (`PHP_INI_SYSTEM`).
    System,
    /// Scripts too (`PHP_INI_ALL`).
    All,
}

impl Access {
    pub(crate) const fn mask(self) -> u8 {
        match self {
            Self::System => 4,
            Self::All => 7,
        }
    }
}

/// The declaration of a setting: `Ini::bool("highper.swoole", true, Access::System, "doc")`.
pub struct Ini {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) access: Access,
    pub(crate) boolean: bool,
    pub(crate) doc: &'static str,
}

impl Ini {
    /// A setting by its full name, with its default as php.ini would have it.
    pub const fn new(
        name: &'static str,
        default: &'static str,
        access: Access,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            default,
            access,
            boolean: false,
            doc,
        }
    }

    /// An On/Off setting.
    pub const fn bool(
        name: &'static str,
        default: bool,
        access: Access,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            default: if default { "On" } else { "Off" },
            access,
            boolean: true,
            doc,
        }
    }
}

fn with_name<T>(name: &str, read: impl FnOnce(&CStr, usize) -> T) -> T {
    let text = CString::new(name).unwrap_or_default();
    read(&text, text.as_bytes().len())
}

/// A setting's text; empty when there is no such setting.
pub fn string(name: &str) -> String {
    // SAFETY: reads a registered setting; copied at once.
    with_name(name, |name, len| unsafe {
        let text = raw::hz_ini_string(name.as_ptr(), len);
        if text.is_null() {
            String::new()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    })
}

/// A setting as On/Off.
pub fn bool(name: &str) -> bool {
    // SAFETY: reads a registered setting.
    with_name(name, |name, len| unsafe {
        raw::hz_ini_bool(name.as_ptr(), len) != 0
    })
}

/// A setting as php.ini or `-d` has it, before it is registered: for what a declaration depends on.
pub fn configured(name: &str, default: bool) -> bool {
    // SAFETY: looks a name up among what was read at start.
    match with_name(name, |name, len| unsafe {
        raw::hz_config_bool(name.as_ptr(), len)
    }) {
        0 => false,
        1 => true,
        _ => default,
    }
}

/// A setting as an int (`2M` is 2097152).
pub fn long(name: &str) -> i64 {
    // SAFETY: reads a registered setting.
    with_name(name, |name, len| unsafe {
        raw::hz_ini_long(name.as_ptr(), len)
    })
}

/// A setting as a float.
pub fn double(name: &str) -> f64 {
    // SAFETY: reads a registered setting.
    with_name(name, |name, len| unsafe {
        raw::hz_ini_double(name.as_ptr(), len)
    })
}

/// `ini_set()`. False when it may not be changed now.
pub fn set(name: &str, value: &str) -> bool {
    // SAFETY: copies both texts.
    with_name(name, |name, len| unsafe {
        raw::hz_ini_set(name.as_ptr(), len, value.as_ptr(), value.len()) != 0
    })
}
