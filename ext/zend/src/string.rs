//! Strings: [`Str`], an owned PHP string, and [`Known`], one that lives for ever.
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::raw::{self, ZendStr};
use crate::value::{STRING, Value};

/// # Safety
/// `string` is alive and outlives `'a`.
#[inline]
pub(crate) unsafe fn bytes<'a>(string: *const ZendStr) -> &'a [u8] {
    // SAFETY: a zend_string holds `len` bytes after its head.
    unsafe { std::slice::from_raw_parts((&raw const (*string).bytes).cast(), (*string).len) }
}

/// An owned PHP string: counted, so cloning copies nothing. It may outlive the
/// call that it came from, but not the request.
#[repr(transparent)]
#[derive(Clone)]
pub struct Str(Value);

impl Str {
    /// A copy of `bytes`.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(Value::string(bytes))
    }

    /// A string of `len` bytes that `fill` writes; no second copy. The buffer
    /// is zeroed first. `fill` must not run PHP. Past the memory limit the
    /// string is empty, `fill` is not called, and PHP's fatal error follows
    /// when the handler returns.
    pub fn build(len: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        // SAFETY: the string is new, ours alone, and has room for `len` bytes.
        unsafe {
            let string = raw::hz_string_alloc(len);
            if string.is_null() {
                return Self::new("");
            }
            let start = (&raw mut (*string).bytes).cast::<u8>();
            std::ptr::write_bytes(start, 0, len);
            let this = Self(Value::from_zend_str(string, true));
            fill(std::slice::from_raw_parts_mut(start, len));
            this
        }
    }

    pub(crate) fn from_value(value: Value) -> Option<Self> {
        (value.kind_number() == STRING).then_some(Self(value))
    }

    /// Adds a reference to a string of the engine.
    ///
    /// # Safety
    /// `string` is alive.
    pub(crate) unsafe fn share(string: *mut ZendStr) -> Self {
        // SAFETY: the head of a live string; interned ones are immutable.
        unsafe {
            let interned = (*string).head.info & (1 << 6) != 0;
            if !interned {
                (*string).head.refcount += 1;
            }
            Self(Value::from_zend_str(string, !interned))
        }
    }

    /// Takes over a reference.
    ///
    /// # Safety
    /// `string` is alive and the caller owns one reference.
    pub(crate) unsafe fn take(string: *mut ZendStr) -> Self {
        // SAFETY: the head of a live string.
        let interned = unsafe { (*string).head.info & (1 << 6) != 0 };
        Self(Value::from_zend_str(string, !interned))
    }

    /// The string as a value, borrowed.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: we hold a reference.
        unsafe { bytes(self.0.payload.string) }
    }

    /// The text, if it is UTF-8.
    pub fn to_utf8(&self) -> Option<&str> {
        std::str::from_utf8(self).ok()
    }

    /// The text, with bad UTF-8 replaced.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self)
    }
}

impl Deref for Str {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Str {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
impl Eq for Str {}

impl std::hash::Hash for Str {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::borrow::Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string_lossy())
    }
}

impl From<Str> for Value {
    fn from(string: Str) -> Self {
        string.0
    }
}

impl From<&Str> for Value {
    fn from(string: &Str) -> Self {
        string.0.clone()
    }
}

/// A name that lives as long as the process, made at its first use: array keys,
/// header names. Using it copies and counts nothing.
///
/// ```ignore
/// static HOST: Known = Known::new("host");
/// array.set_known(&HOST, "example.org");
/// ```
pub struct Known {
    text: &'static str,
    string: AtomicPtr<ZendStr>,
}

impl Known {
    /// A name; allocates nothing yet.
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            string: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The text.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    #[inline]
    pub(crate) fn string(&self) -> *mut ZendStr {
        let string = self.string.load(Ordering::Acquire);
        if !string.is_null() {
            return string;
        }
        self.make()
    }

    #[cold]
    fn make(&self) -> *mut ZendStr {
        // SAFETY: reads `len` bytes; the result is never freed.
        let made = unsafe { raw::hz_string_forever(self.text.as_ptr(), self.text.len()) };
        self.string.store(made, Ordering::Release);
        made
    }

    /// The name as a value; counts nothing.
    #[inline]
    pub fn value(&self) -> Value {
        Value::from_zend_str(self.string(), false)
    }
}

impl From<&Known> for Value {
    fn from(known: &Known) -> Self {
        known.value()
    }
}
