//! One call of a function of ours: arguments, `$this`, the return value.
use std::ffi::c_int;

use crate::array::Array;
use crate::callable::Callable;
use crate::class::ClassHandle;
use crate::object::{Object, Trace};
use crate::raw::{self, FRAME_SLOTS, Frame, zend_execute_data};
use crate::string::Str;
use crate::throw::Throw;
use crate::value::{DOUBLE, FALSE, Kind, LONG, NULL, OBJECT, STRING, TRUE, Value};

/// What a handler returns.
pub type Done = Result<(), Throw>;

/// A call in progress. Argument numbers count from 0. Getters convert as PHP's
/// own functions do (`zend_parse_arg_*`): strict_types, deprecations and the
/// texts of TypeErrors are PHP's.
///
/// Borrowed views of arguments are good for the whole call: the frame owns
/// them. By-reference arguments are read with [`Call::value`] or
/// [`Call::str`], and written with [`Call::set_ref`].
pub struct Call {
    frame: *mut Frame,
    ret: *mut Value,
}

impl Call {
    /// # Safety
    /// Both pointers are those that the engine passed to a function handler.
    #[inline]
    pub(crate) unsafe fn new(frame: *mut zend_execute_data, ret: *mut Value) -> Self {
        Self {
            frame: frame.cast(),
            ret,
        }
    }

    /// How many arguments were passed.
    #[inline]
    pub fn num_args(&self) -> usize {
        // SAFETY: the frame is alive; `This.u2` holds the number.
        unsafe { (*self.frame).this.extra as usize }
    }

    #[inline]
    fn slot(&self, arg: usize) -> Option<*mut Value> {
        if arg >= self.num_args() {
            return None;
        }
        // SAFETY: arguments follow the frame's head, one slot each.
        Some(unsafe { self.frame.cast::<Value>().add(FRAME_SLOTS + arg) })
    }

    /// The slot of an argument that must be there. The trampoline has checked
    /// the count, so its absence is an error of the declaration.
    #[inline]
    fn need(&self, arg: usize) -> Result<*mut Value, Throw> {
        self.slot(arg).ok_or_else(|| missing(arg))
    }

    /// An argument as it is, references looked through; None when not passed.
    pub fn opt_value(&self, arg: usize) -> Option<&Value> {
        // SAFETY: a live slot of the frame.
        self.slot(arg).map(|slot| unsafe { (*slot).deref() })
    }

    /// An argument as it is, references looked through.
    pub fn value(&self, arg: usize) -> Result<&Value, Throw> {
        self.opt_value(arg).ok_or_else(|| missing(arg))
    }

    /// True when the argument was not passed, or is null.
    pub fn is_absent(&self, arg: usize) -> bool {
        self.opt_value(arg).is_none_or(Value::is_null)
    }

    /// int
    #[inline]
    pub fn long(&self, arg: usize) -> Result<i64, Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot; the tag says what it holds.
        unsafe {
            if (*slot).kind_number() == LONG {
                return Ok((*slot).payload.long);
            }
        }
        self.slow(arg, slot, false, raw::hz_arg_long)
            .map(|v| v.unwrap_or_default())
    }

    /// ?int
    pub fn long_or_null(&self, arg: usize) -> Result<Option<i64>, Throw> {
        let slot = self.need(arg)?;
        self.slow(arg, slot, true, raw::hz_arg_long)
    }

    /// int with a default for when it is not passed.
    #[inline]
    pub fn opt_long(&self, arg: usize, default: i64) -> Result<i64, Throw> {
        if arg < self.num_args() {
            self.long(arg)
        } else {
            Ok(default)
        }
    }

    /// ?int = null
    pub fn opt_long_or_null(&self, arg: usize) -> Result<Option<i64>, Throw> {
        if arg < self.num_args() {
            self.long_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// float
    #[inline]
    pub fn double(&self, arg: usize) -> Result<f64, Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot; the tag says what it holds.
        unsafe {
            match (*slot).kind_number() {
                DOUBLE => return Ok((*slot).payload.double),
                LONG => return Ok((*slot).payload.long as f64),
                _ => {}
            }
        }
        self.slow(arg, slot, false, raw::hz_arg_double)
            .map(|v| v.unwrap_or_default())
    }

    /// ?float
    pub fn double_or_null(&self, arg: usize) -> Result<Option<f64>, Throw> {
        let slot = self.need(arg)?;
        self.slow(arg, slot, true, raw::hz_arg_double)
    }

    /// float with a default for when it is not passed.
    #[inline]
    pub fn opt_double(&self, arg: usize, default: f64) -> Result<f64, Throw> {
        if arg < self.num_args() {
            self.double(arg)
        } else {
            Ok(default)
        }
    }

    /// ?float = null
    pub fn opt_double_or_null(&self, arg: usize) -> Result<Option<f64>, Throw> {
        if arg < self.num_args() {
            self.double_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// bool
    #[inline]
    pub fn bool(&self, arg: usize) -> Result<bool, Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot.
        match unsafe { (*slot).kind_number() } {
            TRUE => return Ok(true),
            FALSE => return Ok(false),
            _ => {}
        }
        self.slow(arg, slot, false, raw::hz_arg_bool)
            .map(|v| v.unwrap_or_default())
    }

    /// ?bool
    pub fn bool_or_null(&self, arg: usize) -> Result<Option<bool>, Throw> {
        let slot = self.need(arg)?;
        self.slow(arg, slot, true, raw::hz_arg_bool)
    }

    /// bool with a default for when it is not passed.
    #[inline]
    pub fn opt_bool(&self, arg: usize, default: bool) -> Result<bool, Throw> {
        if arg < self.num_args() {
            self.bool(arg)
        } else {
            Ok(default)
        }
    }

    /// ?bool = null
    pub fn opt_bool_or_null(&self, arg: usize) -> Result<Option<bool>, Throw> {
        if arg < self.num_args() {
            self.bool_or_null(arg)
        } else {
            Ok(None)
        }
    }

    fn slow<T: Default>(
        &self,
        arg: usize,
        slot: *mut Value,
        nullable: bool,
        parse: unsafe extern "C" fn(*mut Value, u32, c_int, *mut T) -> c_int,
    ) -> Result<Option<T>, Throw> {
        let mut out = T::default();
        // SAFETY: guarded; a live slot; writes `out` on success.
        let code = unsafe { parse(slot, arg as u32 + 1, nullable.into(), &raw mut out) };
        Throw::check(code)?;
        Ok((code != raw::NULL).then_some(out))
    }

    fn pointer<T>(
        &self,
        arg: usize,
        nullable: bool,
        parse: unsafe extern "C" fn(*mut Value, u32, c_int, *mut *mut T) -> c_int,
    ) -> Result<*mut T, Throw> {
        let slot = self.need(arg)?;
        let mut out = std::ptr::null_mut();
        // SAFETY: guarded; a live slot; writes a pointer into it, or NULL.
        Throw::check(unsafe { parse(slot, arg as u32 + 1, nullable.into(), &raw mut out) })?;
        Ok(out)
    }

    /// string, borrowed from the argument.
    #[inline]
    pub fn bytes(&self, arg: usize) -> Result<&[u8], Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot; the tag says what it holds; the frame owns it.
        unsafe {
            if (*slot).kind_number() == STRING {
                return Ok(crate::string::bytes((*slot).payload.string));
            }
        }
        self.bytes_nullable(arg, false)
            .map(Option::unwrap_or_default)
    }

    fn bytes_nullable(&self, arg: usize, nullable: bool) -> Result<Option<&[u8]>, Throw> {
        let string = self.pointer(arg, nullable, raw::hz_arg_str)?;
        // SAFETY: the string sits in the argument's slot now.
        Ok((!string.is_null()).then(|| unsafe { crate::string::bytes(string) }))
    }

    /// ?string, borrowed from the argument.
    pub fn bytes_or_null(&self, arg: usize) -> Result<Option<&[u8]>, Throw> {
        self.bytes_nullable(arg, true)
    }

    /// string with a default for when it is not passed.
    #[inline]
    pub fn opt_bytes<'a>(&'a self, arg: usize, default: &'a [u8]) -> Result<&'a [u8], Throw> {
        if arg < self.num_args() {
            self.bytes(arg)
        } else {
            Ok(default)
        }
    }

    /// ?string = null
    pub fn opt_bytes_or_null(&self, arg: usize) -> Result<Option<&[u8]>, Throw> {
        if arg < self.num_args() {
            self.bytes_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// string that must be UTF-8; a ValueError else.
    pub fn text(&self, arg: usize) -> Result<&str, Throw> {
        std::str::from_utf8(self.bytes(arg)?)
            .map_err(|_| Throw::argument_value(arg, "must be valid UTF-8"))
    }

    /// string with a default, which must be UTF-8.
    pub fn opt_text<'a>(&'a self, arg: usize, default: &'a str) -> Result<&'a str, Throw> {
        if arg < self.num_args() {
            self.text(arg)
        } else {
            Ok(default)
        }
    }

    /// string with a reference of its own, that may be kept.
    pub fn str(&self, arg: usize) -> Result<Str, Throw> {
        let string = self.pointer(arg, false, raw::hz_arg_str)?;
        // SAFETY: the string sits in the argument's slot.
        Ok(unsafe { Str::share(string) })
    }

    /// ?string with a reference of its own.
    pub fn str_or_null(&self, arg: usize) -> Result<Option<Str>, Throw> {
        let string = self.pointer(arg, true, raw::hz_arg_str)?;
        // SAFETY: the string sits in the argument's slot.
        Ok((!string.is_null()).then(|| unsafe { Str::share(string) }))
    }

    /// ?string = null with a reference of its own.
    pub fn opt_str(&self, arg: usize) -> Result<Option<Str>, Throw> {
        if arg < self.num_args() {
            self.str_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// int|float; the view holds one of both.
    pub fn number(&self, arg: usize) -> Result<&Value, Throw> {
        let value = self.pointer(arg, false, raw::hz_arg_number)?;
        // SAFETY: points at the argument's slot.
        Ok(unsafe { &*value })
    }

    /// array
    pub fn array(&self, arg: usize) -> Result<&Array, Throw> {
        let value = self.pointer(arg, false, raw::hz_arg_array)?;
        // SAFETY: points at a live array value; Array is transparent.
        Ok(unsafe { &*value.cast::<Array>() })
    }

    /// ?array
    pub fn array_or_null(&self, arg: usize) -> Result<Option<&Array>, Throw> {
        let value = self.pointer(arg, true, raw::hz_arg_array)?;
        // SAFETY: NULL or a live array value; Array is transparent.
        Ok(unsafe { value.cast::<Array>().as_ref() })
    }

    /// ?array = null, or array = [] where empty and absent are the same.
    pub fn opt_array(&self, arg: usize) -> Result<Option<&Array>, Throw> {
        if arg < self.num_args() {
            self.array_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// iterable: an array or a Traversable.
    pub fn iterable(&self, arg: usize) -> Result<&Value, Throw> {
        let value = self.pointer(arg, false, raw::hz_arg_iterable)?;
        // SAFETY: points at the argument's slot.
        Ok(unsafe { &*value })
    }

    fn object_nullable(
        &self,
        arg: usize,
        class: Option<ClassHandle>,
        nullable: bool,
    ) -> Result<Option<&Object>, Throw> {
        let slot = self.need(arg)?;
        let mut out = std::ptr::null_mut();
        let class = class.map_or(std::ptr::null_mut(), ClassHandle::as_ptr);
        // SAFETY: guarded; a live slot; points `out` into it.
        unsafe {
            Throw::check(raw::hz_arg_object(
                slot,
                arg as u32 + 1,
                nullable.into(),
                class,
                &raw mut out,
            ))?;
            Ok(out.cast::<Object>().as_ref())
        }
    }

    /// object
    pub fn object(&self, arg: usize) -> Result<&Object, Throw> {
        self.object_nullable(arg, None, false)?
            .ok_or(Throw::Pending)
    }

    /// ?object
    pub fn object_or_null(&self, arg: usize) -> Result<Option<&Object>, Throw> {
        self.object_nullable(arg, None, true)
    }

    /// An object of a class.
    pub fn object_of(&self, arg: usize, class: impl Into<ClassHandle>) -> Result<&Object, Throw> {
        self.object_nullable(arg, Some(class.into()), false)?
            .ok_or(Throw::Pending)
    }

    /// An object of a class, or null, or not passed.
    pub fn opt_object_of(
        &self,
        arg: usize,
        class: impl Into<ClassHandle>,
    ) -> Result<Option<&Object>, Throw> {
        if arg < self.num_args() {
            self.object_nullable(arg, Some(class.into()), true)
        } else {
            Ok(None)
        }
    }

    /// callable, kept ready to call.
    pub fn callable(&self, arg: usize) -> Result<Callable, Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot of the frame.
        unsafe { Callable::from_arg(slot, arg as u32 + 1, false) }?.ok_or(Throw::Pending)
    }

    /// ?callable
    pub fn callable_or_null(&self, arg: usize) -> Result<Option<Callable>, Throw> {
        let slot = self.need(arg)?;
        // SAFETY: a live slot of the frame.
        unsafe { Callable::from_arg(slot, arg as u32 + 1, true) }
    }

    /// ?callable = null
    pub fn opt_callable(&self, arg: usize) -> Result<Option<Callable>, Throw> {
        if arg < self.num_args() {
            self.callable_or_null(arg)
        } else {
            Ok(None)
        }
    }

    /// The arguments from number `from` on, as they are: variadics, to pass on.
    pub fn rest(&self, from: usize) -> &[Value] {
        let count = self.num_args().saturating_sub(from);
        if count == 0 {
            return &[];
        }
        // SAFETY: arguments are contiguous slots of the frame, which owns them.
        unsafe {
            std::slice::from_raw_parts(self.frame.cast::<Value>().add(FRAME_SLOTS + from), count)
        }
    }

    /// Named arguments that a variadic function collected.
    pub fn named(&self) -> bool {
        // SAFETY: reads flags of the live frame.
        unsafe { !raw::hz_named_args(self.frame.cast()).is_null() }
    }

    /// Assigns to a by-reference argument (`&$x` in the signature). Typed
    /// references may refuse the value. Nothing happens when it was not passed.
    pub fn set_ref(&mut self, arg: usize, value: impl Into<Value>) -> Done {
        let Some(slot) = self.slot(arg) else {
            return Ok(());
        };
        let mut value = std::mem::ManuallyDrop::new(value.into());
        // SAFETY: guarded; the shim takes over the value; `&mut self` says that
        // no view of an argument is held.
        Throw::check(unsafe { raw::hz_arg_assign(slot, &raw mut *value) })
    }

    /// `$this`
    pub fn this_object(&self) -> Result<&Object, Throw> {
        // SAFETY: `This` of a live frame is a zval; Object is transparent.
        unsafe {
            let this = &raw const (*self.frame).this;
            if (*this).kind_number() == OBJECT {
                Ok(&*this.cast::<Object>())
            } else {
                Err(Throw::error("the method was called without an object"))
            }
        }
    }

    /// The Rust state of `$this`.
    #[inline]
    pub fn this<T: 'static>(&self) -> Result<&T, Throw> {
        self.this_object()?.state::<T>().ok_or_else(wrong_state)
    }

    /// `$this` with a reference of its own, that may be kept.
    pub fn this_value(&self) -> Result<Object, Throw> {
        self.this_object().cloned()
    }

    /// The class that a static method was called on (late static binding).
    pub fn static_class(&self) -> Option<ClassHandle> {
        // SAFETY: reads the live frame.
        unsafe { ClassHandle::from_ptr(raw::hz_called_class(self.frame.cast())) }
    }

    /// The name of [`Call::static_class`].
    pub fn static_class_name(&self) -> Option<&str> {
        self.static_class().map(|class| class.name())
    }

    /// Returns a value.
    #[inline]
    pub fn ret(&self, value: impl Into<Value>) -> Done {
        // SAFETY: the engine's return slot, null or a scalar of ours until now;
        // assignment releases what an earlier `ret` put there.
        unsafe { *self.ret = value.into() };
        Ok(())
    }

    /// Returns null.
    pub fn ret_null(&self) -> Done {
        self.ret(Value::null())
    }

    /// Returns a bool.
    #[inline]
    pub fn ret_bool(&self, value: bool) -> Done {
        self.ret(Value::bool(value))
    }

    /// Returns an int.
    #[inline]
    pub fn ret_long(&self, value: i64) -> Done {
        self.ret(Value::long(value))
    }

    /// Returns a float.
    pub fn ret_double(&self, value: f64) -> Done {
        self.ret(Value::double(value))
    }

    /// Returns a string, copied once.
    pub fn ret_str(&self, bytes: impl AsRef<[u8]>) -> Done {
        self.ret(Value::string(bytes))
    }

    /// Returns `$this`.
    pub fn ret_this(&self) -> Done {
        self.ret(self.this_value()?)
    }

    /// Puts another object in the place of `$this`.
    pub(crate) fn set_this(&mut self, object: *mut raw::zend_object) {
        // SAFETY: `This` of the live frame holds an object; whoever exchanges it puts the first one back.
        unsafe { (*self.frame).this.payload.object = object };
    }

    /// What the call has returned so far.
    pub fn result(&self) -> &Value {
        // SAFETY: the engine's return slot.
        unsafe { (*self.ret).deref() }
    }

    /// Is the return value unused? (It never matters but for speed.)
    pub fn returned(&self) -> Kind {
        // SAFETY: the engine's return slot.
        unsafe { (*self.ret).kind() }
    }

    /// What a call that is over has returned, if it is this object.
    pub fn has_returned(&self, object: crate::watch::Identity) -> bool {
        // SAFETY: the engine's return slot; the tag says what it holds.
        unsafe {
            (*self.ret).kind_number() == OBJECT && (*self.ret).payload.object as usize == object
        }
    }

    /// Has it returned false?
    pub fn has_returned_false(&self) -> bool {
        // SAFETY: the engine's return slot.
        unsafe { (*self.ret).kind_number() == FALSE }
    }
}

#[cold]
fn missing(arg: usize) -> Throw {
    Throw::error(format!(
        "internal error: argument #{} was read but is not in the signature",
        arg + 1
    ))
}

#[cold]
fn wrong_state() -> Throw {
    Throw::error("internal error: the object does not carry the state that this method works on")
}

/// For state types without values inside.
impl Trace for () {}

const _: () = assert!(NULL == 1);
