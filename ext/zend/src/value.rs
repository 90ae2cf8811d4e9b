//! `Value`: an owned zval.
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;

use crate::array::Array;
use crate::object::Object;
use crate::raw::{self, Counted, Reference, ZendStr};
use crate::release;
use crate::string::Str;
use crate::throw::Throw;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not set: an untouched slot.
    Undef,
    /// null
    Null,
    /// false or true
    Bool,
    /// int
    Long,
    /// float
    Double,
    /// string
    Str,
    /// array
    Array,
    /// object
    Object,
    /// resource
    Resource,
    /// a PHP reference
    Reference,
    /// something internal to the engine
    Other,
}

pub(crate) const UNDEF: u32 = 0;
pub(crate) const NULL: u32 = 1;
pub(crate) const FALSE: u32 = 2;
pub(crate) const TRUE: u32 = 3;
pub(crate) const LONG: u32 = 4;
pub(crate) const DOUBLE: u32 = 5;
pub(crate) const STRING: u32 = 6;
pub(crate) const ARRAY: u32 = 7;
pub(crate) const OBJECT: u32 = 8;
pub(crate) const REFERENCE: u32 = 10;
pub(crate) const REFCOUNTED: u32 = 0xff00;
pub(crate) const COLLECTABLE: u32 = 0x200;
pub(crate) const STRING_EX: u32 = 0x106;

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) union Payload {
    pub long: i64,
    pub double: f64,
    pub counted: *mut Counted,
    pub string: *mut ZendStr,
    pub object: *mut raw::zend_object,
    pub reference: *mut Reference,
}

/// An owned PHP value: 16 bytes, the layout of a zval. Cloning adds a
/// reference, dropping releases it (see [`crate::release`]).
#[repr(C)]
pub struct Value {
    pub(crate) payload: Payload,
    pub(crate) info: u32,
    pub(crate) extra: u32,
    _thread: PhantomData<*mut ()>,
}

impl Value {
    const fn scalar(info: u32, long: i64) -> Self {
        Self {
            payload: Payload { long },
            info,
            extra: 0,
            _thread: PhantomData,
        }
    }

    /// An unset value; PHP never sees it.
    pub(crate) const fn undef() -> Self {
        Self::scalar(UNDEF, 0)
    }

    /// null
    pub const fn null() -> Self {
        Self::scalar(NULL, 0)
    }

    /// A bool.
    pub const fn bool(value: bool) -> Self {
        Self::scalar(if value { TRUE } else { FALSE }, 0)
    }

    /// An int.
    pub const fn long(value: i64) -> Self {
        Self::scalar(LONG, value)
    }

    /// A float.
    pub const fn double(value: f64) -> Self {
        Self {
            payload: Payload { double: value },
            info: DOUBLE,
            extra: 0,
            _thread: PhantomData,
        }
    }

    /// A string, copied. Strings of one byte or none take no memory.
    pub fn string(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let mut value = Self::undef();
        // SAFETY: the shim reads `len` bytes and writes a whole zval.
        unsafe { raw::hz_string(&raw mut value, bytes.as_ptr(), bytes.len()) };
        value
    }

    /// An empty array.
    pub fn empty_array() -> Self {
        Array::new().into()
    }

    pub(crate) fn from_zend_str(string: *mut ZendStr, counted: bool) -> Self {
        let info = if counted { STRING_EX } else { STRING };
        Self {
            payload: Payload { string },
            info,
            extra: 0,
            _thread: PhantomData,
        }
    }

    pub(crate) const fn kind_number(&self) -> u32 {
        self.info & 0xff
    }

    pub(crate) const fn is_counted(&self) -> bool {
        self.info & REFCOUNTED != 0
    }

    pub(crate) const fn as_ptr(&self) -> *mut Self {
        std::ptr::from_ref(self).cast_mut()
    }

    /// The type. References are looked through by [`Value::deref`].
    pub fn kind(&self) -> Kind {
        match self.kind_number() {
            UNDEF => Kind::Undef,
            NULL => Kind::Null,
            FALSE | TRUE => Kind::Bool,
            LONG => Kind::Long,
            DOUBLE => Kind::Double,
            STRING => Kind::Str,
            ARRAY => Kind::Array,
            OBJECT => Kind::Object,
            9 => Kind::Resource,
            REFERENCE => Kind::Reference,
            _ => Kind::Other,
        }
    }

    /// The value behind a PHP reference, or the value itself. The view ends
    /// when PHP code runs that may assign to the reference.
    #[inline]
    #[allow(clippy::should_implement_trait)]
    pub fn deref(&self) -> &Self {
        if self.kind_number() == REFERENCE {
            // SAFETY: the tag says that the payload is a live zend_reference.
            unsafe { &(*self.payload.reference).value }
        } else {
            self
        }
    }

    /// True for null and for unset values.
    pub fn is_null(&self) -> bool {
        self.deref().kind_number() <= NULL
    }

    pub(crate) fn is_undef(&self) -> bool {
        self.kind_number() == UNDEF
    }

    /// True for strings.
    pub fn is_string(&self) -> bool {
        self.deref().kind_number() == STRING
    }

    /// True for arrays.
    pub fn is_array(&self) -> bool {
        self.deref().kind_number() == ARRAY
    }

    /// True for objects.
    pub fn is_object(&self) -> bool {
        self.deref().kind_number() == OBJECT
    }

    /// The bool, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.deref().kind_number() {
            FALSE => Some(false),
            TRUE => Some(true),
            _ => None,
        }
    }

    /// The int, if it is one.
    pub fn as_long(&self) -> Option<i64> {
        let value = self.deref();
        // SAFETY: any payload's bits are an integer.
        unsafe { (value.kind_number() == LONG).then_some(value.payload.long) }
    }

    /// The float, if it is one.
    pub fn as_double(&self) -> Option<f64> {
        let value = self.deref();
        // SAFETY: any payload's bits are a double.
        unsafe { (value.kind_number() == DOUBLE).then_some(value.payload.double) }
    }

    /// The string's bytes, if it is a string.
    #[inline]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        let value = self.deref();
        if value.kind_number() != STRING {
            return None;
        }
        // SAFETY: the tag says that the payload is a live zend_string.
        Some(unsafe { crate::string::bytes(value.payload.string) })
    }

    /// The string, if it is a string and UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.as_bytes()
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The string with a reference of its own, if it is a string.
    pub fn as_string(&self) -> Option<Str> {
        Str::from_value(self.deref().clone())
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&Array> {
        let value = self.deref();
        if value.kind_number() != ARRAY {
            return None;
        }
        // SAFETY: Array is a transparent wrapper of a Value that holds an array.
        Some(unsafe { &*std::ptr::from_ref(value).cast::<Array>() })
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        let value = self.deref();
        if value.kind_number() != OBJECT {
            return None;
        }
        // SAFETY: Object is a transparent wrapper of a Value that holds an object.
        Some(unsafe { &*std::ptr::from_ref(value).cast::<Object>() })
    }

    /// The array, if it is one; else the value back.
    pub fn into_array(self) -> Result<Array, Self> {
        Array::from_value(self)
    }

    /// The object, if it is one; else the value back.
    pub fn into_object(self) -> Result<Object, Self> {
        Object::from_value(self)
    }

    /// PHP's truth, without notices.
    pub fn to_bool(&self) -> bool {
        let value = self.deref();
        match value.kind_number() {
            UNDEF | NULL | FALSE => false,
            TRUE => true,
            // SAFETY: the tag says that the payload is an integer.
            LONG => unsafe { value.payload.long != 0 },
            // SAFETY: the value is a whole zval.
            _ => unsafe { raw::hz_to_bool(value.as_ptr()) != 0 },
        }
    }

    /// `(int) $value`, silently; 1 for objects.
    pub fn to_long(&self) -> i64 {
        self.as_long()
            // SAFETY: the value is a whole zval; objects are not cast.
            .unwrap_or_else(|| unsafe { raw::hz_to_long(self.deref().as_ptr()) })
    }

    /// `(float) $value`, silently; 1 for objects.
    pub fn to_double(&self) -> f64 {
        self.as_double()
            // SAFETY: the value is a whole zval; objects are not cast.
            .unwrap_or_else(|| unsafe { raw::hz_to_double(self.deref().as_ptr()) })
    }

    /// `(string) $value`: may run `__toString` and PHP's error handler.
    pub fn to_str(&self) -> Result<Str, Throw> {
        if let Some(string) = self.as_string() {
            return Ok(string);
        }
        let mut out = Self::undef();
        // SAFETY: guarded; writes a string on success.
        let code = unsafe { raw::hz_to_string(self.deref().as_ptr(), &raw mut out) };
        Throw::check(code)?;
        Str::from_value(out).ok_or(Throw::Pending)
    }

    /// The type as `gettype`-like error texts have it: "int", "string",
    /// "array", "null", … (`zend_zval_type_name`).
    pub fn type_name(&self) -> &'static str {
        // SAFETY: the shim returns a constant.
        unsafe { CStr::from_ptr(raw::hz_type_name(self.deref().as_ptr())) }
            .to_str()
            .unwrap_or("unknown")
    }

    /// The class for objects, else the type's name.
    pub fn describe(&self) -> String {
        match self.as_object() {
            Some(object) => object.class_name().to_owned(),
            None => self.type_name().to_owned(),
        }
    }

    /// `$a === $b`
    pub fn is_identical(&self, other: &Self) -> bool {
        // SAFETY: both are whole zvals.
        unsafe { raw::hz_is_identical(self.deref().as_ptr(), other.deref().as_ptr()) != 0 }
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        if self.is_counted() && !release::is_after_shutdown() {
            // SAFETY: the tag says that the payload is counted and alive.
            unsafe { (*self.payload.counted).refcount += 1 };
        }
        // A frame's `This` keeps call flags above the type: not copied.
        Self {
            payload: self.payload,
            info: self.info & 0xffff,
            extra: 0,
            _thread: PhantomData,
        }
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        if self.is_counted() {
            release::release(self);
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::null()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.deref();
        match value.kind() {
            Kind::Bool => write!(f, "{}", value.to_bool()),
            Kind::Long => write!(f, "{}", value.to_long()),
            Kind::Double => write!(f, "{:?}", value.to_double()),
            Kind::Str => write!(
                f,
                "{:?}",
                String::from_utf8_lossy(value.as_bytes().unwrap_or_default())
            ),
            kind => write!(f, "{kind:?}"),
        }
    }
}

macro_rules! from {
    ($($type:ty => $make:expr;)*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                #[allow(clippy::redundant_closure_call)]
                ($make)(value)
            }
        })*
    };
}

from! {
    () => |()| Self::null();
    bool => Self::bool;
    i64 => Self::long;
    i32 => |v: i32| Self::long(v.into());
    u32 => |v: u32| Self::long(v.into());
    u16 => |v: u16| Self::long(v.into());
    f64 => Self::double;
    &str => |v: &str| Self::string(v.as_bytes());
    &[u8] => |v: &[u8]| Self::string(v);
    String => |v: String| Self::string(v.as_bytes());
    &String => |v: &String| Self::string(v.as_bytes());
    Vec<u8> => |v: Vec<u8>| Self::string(&v);
    &Value => Value::clone;
}

/// An int; saturates past PHP's range.
impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::long(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// An int; saturates past PHP's range.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::long(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::null(), Into::into)
    }
}

/// A number as PHP reads it from a numeric string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An int.
    Long(i64),
    /// A float.
    Double(f64),
}

/// Reads a numeric string as PHP's `is_numeric` does.
pub fn parse_number(bytes: &[u8]) -> Option<Number> {
    let (mut long, mut double) = (0, 0.0);
    // SAFETY: reads `len` bytes, writes one of the two results.
    match unsafe { raw::hz_is_numeric(bytes.as_ptr(), bytes.len(), &raw mut long, &raw mut double) }
        as u32
    {
        LONG => Some(Number::Long(long)),
        DOUBLE => Some(Number::Double(double)),
        _ => None,
    }
}
