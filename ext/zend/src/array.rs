//! PHP arrays: building, reading, iterating.
use std::fmt;

use crate::raw::{self, Counted, ZendStr};
use crate::string::{self, Known, Str};
use crate::value::{ARRAY, UNDEF, Value};

/// `zend_array` as far as reading needs it; asserted in `shim/layout.c`.
#[repr(C)]
struct Table {
    counted: Counted,
    flags: u32,
    mask: u32,
    /// Values where the table is packed, else buckets.
    data: *const Value,
    used: u32,
    count: u32,
}

/// `Bucket`
#[repr(C)]
struct Bucket {
    value: Value,
    hash: u64,
    key: *mut ZendStr,
}

/// `HASH_FLAG_PACKED`
const PACKED: u32 = 4;
/// `IS_INDIRECT`
const INDIRECT: u32 = 12;

/// A key of a PHP array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key<'a> {
    /// An integer key.
    Index(i64),
    /// A string key.
    Name(&'a [u8]),
}

impl Key<'_> {
    /// The key as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Index(index) => Value::long(*index),
            Self::Name(name) => Value::string(name),
        }
    }

    /// The key as bytes.
    pub fn to_bytes(&self) -> std::borrow::Cow<'_, [u8]> {
        match self {
            Self::Index(index) => index.to_string().into_bytes().into(),
            Self::Name(name) => (*name).into(),
        }
    }
}

/// Where a key begins. Zend looks at the first byte of keys that may be numbers, also of an empty one: that byte is NUL in its
/// own strings, and an empty slice of Rust's points nowhere.
fn start(key: &[u8]) -> *const u8 {
    match key {
        [] => c"".as_ptr().cast(),
        key => key.as_ptr(),
    }
}

/// An owned PHP array. Cloning adds a reference; writing separates, as in PHP.
#[repr(transparent)]
#[derive(Clone)]
pub struct Array(Value);

impl Array {
    /// An empty array.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty array with room for `capacity` elements.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut value = Value::undef();
        // SAFETY: writes a whole zval.
        unsafe {
            raw::hz_array(
                &raw mut value,
                u32::try_from(capacity).unwrap_or(u32::MAX >> 4),
            )
        };
        Self(value)
    }

    /// A value that is known to be an array.
    #[inline]
    pub(crate) fn of(value: Value) -> Self {
        debug_assert!(value.is_array());
        Self(value)
    }

    pub(crate) fn from_value(value: Value) -> Result<Self, Value> {
        let value = if value.kind_number() == ARRAY {
            value
        } else {
            value.deref().clone()
        };
        if value.kind_number() == ARRAY {
            Ok(Self(value))
        } else {
            Err(value)
        }
    }

    /// The array as a value, borrowed.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        // SAFETY: holds an array.
        unsafe { raw::hz_array_count(&raw const self.0) as usize }
    }

    /// True without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when the keys are 0, 1, 2, … in order.
    pub fn is_list(&self) -> bool {
        let table = self.table();
        if table.flags & PACKED != 0 && table.used == table.count {
            return true;
        }
        // SAFETY: holds an array.
        unsafe { raw::hz_array_is_list(&raw const self.0) != 0 }
    }

    fn table(&self) -> &Table {
        // SAFETY: the payload of an array is its table.
        unsafe { &*self.0.payload.counted.cast::<Table>() }
    }

    fn give(value: impl Into<Value>) -> std::mem::ManuallyDrop<Value> {
        std::mem::ManuallyDrop::new(value.into())
    }

    /// `$array["key"] = value` where the key stays a string even if it looks
    /// like a number.
    pub fn set(&mut self, key: impl AsRef<[u8]>, value: impl Into<Value>) -> &mut Self {
        let key = key.as_ref();
        let mut value = Self::give(value);
        // SAFETY: the shim takes over the value's reference.
        unsafe { raw::hz_array_set(&raw mut self.0, start(key), key.len(), &raw mut *value) };
        self
    }

    /// `set` with a known name: no copy, no hashing.
    pub fn set_known(&mut self, key: &Known, value: impl Into<Value>) -> &mut Self {
        let mut value = Self::give(value);
        // SAFETY: the shim takes over the value's reference; the key is permanent.
        unsafe { raw::hz_array_set_str(&raw mut self.0, key.string(), &raw mut *value) };
        self
    }

    /// `set` with a PHP string as the key: no copy.
    pub fn set_str(&mut self, key: &Str, value: impl Into<Value>) -> &mut Self {
        let mut value = Self::give(value);
        let key: Value = key.into();
        // SAFETY: the shim takes over the value's reference and adds one to the key.
        unsafe { raw::hz_array_set_str(&raw mut self.0, key.payload.string, &raw mut *value) };
        self
    }

    /// `$array[key] = value` as PHP code does it: "12" becomes 12.
    pub fn set_symbol(&mut self, key: impl AsRef<[u8]>, value: impl Into<Value>) -> &mut Self {
        let key = key.as_ref();
        let mut value = Self::give(value);
        // SAFETY: the shim takes over the value's reference.
        unsafe { raw::hz_array_set_sym(&raw mut self.0, start(key), key.len(), &raw mut *value) };
        self
    }

    /// `$array[index] = value`
    pub fn set_index(&mut self, index: i64, value: impl Into<Value>) -> &mut Self {
        let mut value = Self::give(value);
        // SAFETY: the shim takes over the value's reference.
        unsafe { raw::hz_array_set_index(&raw mut self.0, index.cast_unsigned(), &raw mut *value) };
        self
    }

    /// Sets by a key of either kind.
    pub fn set_key(&mut self, key: Key<'_>, value: impl Into<Value>) -> &mut Self {
        match key {
            Key::Index(index) => self.set_index(index, value),
            Key::Name(name) => self.set(name, value),
        }
    }

    /// `$array[] = value`. When the next index would overflow the value is
    /// dropped, as PHP refuses it.
    pub fn push(&mut self, value: impl Into<Value>) -> &mut Self {
        let mut value = Self::give(value);
        // SAFETY: the shim takes over the value's reference if it says 1.
        if unsafe { raw::hz_array_push(&raw mut self.0, &raw mut *value) } == 0 {
            drop(std::mem::ManuallyDrop::into_inner(value));
        }
        self
    }

    /// The array under `key` (PHP's key rules), made when it is missing or
    /// something else: `$array["a"]["b"] = …` is `array.nested("a").set("b", …)`.
    pub fn nested(&mut self, key: impl AsRef<[u8]>) -> &mut Self {
        let key = key.as_ref();
        // SAFETY: the shim returns a live slot that holds an unshared array.
        unsafe {
            &mut *raw::hz_array_nested(&raw mut self.0, start(key), key.len(), 1).cast::<Self>()
        }
    }

    /// A new array pushed at the end, if the next index is free.
    pub fn push_nested(&mut self) -> Option<&mut Self> {
        // SAFETY: the shim returns NULL or a live slot that holds an array.
        unsafe {
            raw::hz_array_nested(&raw mut self.0, std::ptr::null(), 0, 1)
                .cast::<Self>()
                .as_mut()
        }
    }

    /// `unset($array[key])`; true if it was there.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) -> bool {
        let key = key.as_ref();
        // SAFETY: reads the key; releases the element.
        unsafe { raw::hz_array_del(&raw mut self.0, start(key), key.len()) != 0 }
    }

    fn found(&self, slot: *mut Value) -> Option<&Value> {
        // SAFETY: the shim returns NULL or a slot that lives as long as the array is not written.
        unsafe { slot.as_ref() }.map(Value::deref)
    }

    /// The element with this string key. "12" is not looked up as 12: see
    /// [`Array::get_symbol`]. PHP references are looked through; hold no view
    /// of such an element while PHP code runs.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        let key = key.as_ref();
        // SAFETY: reads the key.
        self.found(unsafe { raw::hz_array_get(&raw const self.0, start(key), key.len()) })
    }

    /// The element with this key as PHP code reads it: "12" is 12.
    pub fn get_symbol(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        let key = key.as_ref();
        // SAFETY: reads the key.
        self.found(unsafe { raw::hz_array_get_sym(&raw const self.0, start(key), key.len()) })
    }

    /// The element with a known name.
    pub fn get_known(&self, key: &Known) -> Option<&Value> {
        // SAFETY: the key is permanent.
        self.found(unsafe { raw::hz_array_get_str(&raw const self.0, key.string()) })
    }

    /// The element with this PHP string as its key; hashed once for all look-ups.
    pub fn get_str(&self, key: &Str) -> Option<&Value> {
        // SAFETY: the key is alive through the call, which only reads it and notes its hash.
        let string = unsafe { key.as_value().payload.string };
        // SAFETY: as above.
        self.found(unsafe { raw::hz_array_get_str(&raw const self.0, string) })
    }

    /// The element with this integer key.
    pub fn get_index(&self, index: i64) -> Option<&Value> {
        // SAFETY: holds an array.
        self.found(unsafe { raw::hz_array_get_index(&raw const self.0, index.cast_unsigned()) })
    }

    /// The array under a key.
    pub fn get_array(&self, key: impl AsRef<[u8]>) -> Option<&Self> {
        self.get(key)?.as_array()
    }

    /// Steps through keys and values in order. References are looked through.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            array: self,
            position: 0,
        }
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }
}

impl Default for Array {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        array.0
    }
}

impl From<&Array> for Value {
    fn from(array: &Array) -> Self {
        array.0.clone()
    }
}

impl<T: Into<Value>> FromIterator<T> for Array {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items = items.into_iter();
        let mut array = Self::with_capacity(items.size_hint().0);
        for item in items {
            array.push(item);
        }
        array
    }
}

impl<K: AsRef<[u8]>, T: Into<Value>> FromIterator<(K, T)> for Array {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(items: I) -> Self {
        let items = items.into_iter();
        let mut array = Self::with_capacity(items.size_hint().0);
        for (key, item) in items {
            array.set(key, item);
        }
        array
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = (Key<'a>, &'a Value);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Iterator over an array.
pub struct Iter<'a> {
    array: &'a Array,
    position: u32,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Key<'a>, &'a Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let table = self.array.table();
        while self.position < table.used {
            let at = self.position as usize;
            self.position += 1;
            // SAFETY: the array is alive and not written while it is borrowed;
            // its storage has `used` entries of the kind that the flag says.
            let (key, slot) = unsafe {
                if table.flags & PACKED != 0 {
                    (Key::Index(at as i64), &*table.data.add(at))
                } else {
                    let bucket = &*table.data.cast::<Bucket>().add(at);
                    let key = if bucket.key.is_null() {
                        Key::Index(bucket.hash.cast_signed())
                    } else {
                        Key::Name(string::bytes(bucket.key))
                    };
                    (key, &bucket.value)
                }
            };
            let slot = if slot.kind_number() == INDIRECT {
                // SAFETY: the payload points at the variable's own slot.
                unsafe { &*slot.payload.counted.cast::<Value>() }
            } else {
                slot
            };
            if slot.kind_number() != UNDEF {
                return Some((key, slot.deref()));
            }
        }
        None
    }
}
