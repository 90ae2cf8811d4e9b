//! Arrays that are made at once: on the way of a request each look-up by name counts.
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::array::Array;
use crate::raw;
use crate::string::Known;
use crate::value::Value;

/// The keys of arrays that always have the same ones: made by copying one table.
///
/// ```ignore
/// static NAME: Known = Known::new("name");
/// static SIZE: Known = Known::new("size");
/// static FILE: Template<2> = Template::new([&NAME, &SIZE]);
/// let array = FILE.make([Value::string("a.txt"), Value::from(12)]);
/// ```
pub struct Template<const N: usize> {
    keys: [&'static Known; N],
    table: AtomicPtr<c_void>,
}

impl<const N: usize> Template<N> {
    /// Keys in their order; they must differ, and none may print as an integer.
    #[must_use]
    pub const fn new(keys: [&'static Known; N]) -> Self {
        Self {
            keys,
            table: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// An array with these values, in the order of the keys.
    #[inline(always)]
    pub fn make(&self, values: [Value; N]) -> Array {
        let mut table = self.table.load(Ordering::Acquire);
        if table.is_null() {
            table = self.prepare();
        }
        let values = std::mem::ManuallyDrop::new(values);
        let mut out = Value::undef();
        // SAFETY: the template has N keys; the shim takes over the N values and writes an array.
        unsafe { raw::hz_template_make(table, values.as_ptr(), &raw mut out) };
        Array::of(out)
    }

    #[cold]
    fn prepare(&self) -> *mut c_void {
        let keys = self.keys.map(Known::string);
        // SAFETY: N strings that are never freed.
        let table = unsafe { raw::hz_template(keys.as_ptr(), N as u32) };
        self.table.store(table, Ordering::Release);
        table
    }
}

/// An array of texts under construction.
pub struct Table(Value);

impl Table {
    /// Room for so many entries; more are taken too.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let mut out = Value::undef();
        // SAFETY: writes an array.
        unsafe { raw::hz_table(&raw mut out, capacity as u32) };
        Self(out)
    }

    /// Adds a text under a known key that the array does not have yet.
    #[inline]
    pub fn add(&mut self, key: &Known, text: &[u8]) {
        // SAFETY: the array is ours alone; the key is never freed; the text is copied.
        unsafe { raw::hz_table_add(&raw mut self.0, key.string(), text.as_ptr(), text.len()) };
    }

    /// Sets a text under a key that does not print as an integer.
    #[inline]
    pub fn set(&mut self, key: &[u8], text: &[u8]) {
        // SAFETY: the array is ours alone; key and text are copied.
        unsafe {
            raw::hz_table_set(
                &raw mut self.0,
                key.as_ptr(),
                key.len(),
                text.as_ptr(),
                text.len(),
            );
        }
    }

    /// The array.
    #[must_use]
    pub fn into_array(self) -> Array {
        Array::of(self.0)
    }
}
