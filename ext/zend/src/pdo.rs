//! PDO objects that stand for a pool: their methods run on another PDO object, which takes their place.

use crate::class::ClassHandle;
use crate::object::Object;
use crate::raw::{ZendStr, zend_class_entry, zend_object};
use crate::throw::Throw;
use crate::value::{OBJECT, Value};
use std::ffi::{CString, c_char, c_int};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// A method of PDO, as far as a pool has to tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `exec()`
    Exec,
    /// `query()`
    Query,
    /// `prepare()`
    Prepare,
    /// `beginTransaction()`, `commit()`, `rollBack()`
    Transaction,
    /// `setAttribute()`
    SetAttribute,
    /// Those that tell of what was done before: `lastInsertId()`, `errorInfo()` and the like.
    Other,
}

impl Method {
    /// The order is the shim's.
    const fn of(number: c_int) -> Self {
        match number {
            1 => Self::Exec,
            2 => Self::Query,
            3 => Self::Prepare,
            4..=6 => Self::Transaction,
            7 => Self::SetAttribute,
            _ => Self::Other,
        }
    }
}

/// Who stands for a pool: good as long as the object is alive.
pub type Identity = usize;

/// What a pool does at the calls of PDO's methods.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// `__construct()`: true when the object stands for a pool from now on ([`become_pooled`] was called), false when it is
    /// to be constructed as ever.
    pub construct: fn(&Object, &[Value]) -> Result<bool, Throw>,
    /// Before any other method: the connection that it is to run on.
    pub enter: fn(Identity, Method, &[Value]) -> Result<Object, Throw>,
    /// After a method that threw or returned false, and after each `setAttribute()`: was it a failure?
    pub leave: fn(Identity, Method, bool, &[Value]),
    /// `lastInsertId()` is 0: another number to return.
    pub last_id: fn(Identity) -> Option<i64>,
    /// After a method of a statement that threw, or `execute()` that returned false.
    pub failed: fn(),
    /// The object is gone.
    pub freed: fn(Identity),
}

#[repr(C)]
struct RawHooks {
    construct: unsafe extern "C" fn(*mut zend_object, u32, *const Value) -> c_int,
    enter: unsafe extern "C" fn(
        *mut zend_object,
        c_int,
        u32,
        *const Value,
        *mut *mut zend_object,
    ) -> c_int,
    leave: unsafe extern "C" fn(*mut zend_object, c_int, c_int, u32, *const Value),
    last_id: unsafe extern "C" fn(*mut zend_object, *mut Value),
    failed: extern "C" fn(),
    freed: extern "C" fn(*mut zend_object),
}

unsafe extern "C" {
    fn hp_pdo_install(hooks: *const RawHooks) -> c_int;
    fn hp_pdo_become_pooled(object: *mut zend_object);
    fn hp_pdo_connect(
        class: *mut zend_class_entry,
        argc: u32,
        argv: *const Value,
        out: *mut Value,
    ) -> c_int;
    fn hp_show_errors(which: c_int) -> c_int;
    fn hp_find_caller(
        names: *const *const c_char,
        count: u32,
        object: *mut *mut zend_object,
        method: *mut *mut ZendStr,
    ) -> c_int;
    fn hp_is_set(object: *mut zend_object, name: *const c_char) -> c_int;
    fn hp_isolate(object: *mut zend_object, names: *const *const c_char, count: u32) -> c_int;
    fn hp_isolate_forget();
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Arguments of a running call.
///
/// # Safety
/// `args` points at `count` slots of a live frame, or is null.
pub(crate) unsafe fn arguments<'a>(count: u32, args: *const Value) -> &'a [Value] {
    if args.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(args, count as usize) }
}

/// An object that somebody else holds, for as long as they do.
pub(crate) fn borrowed(object: *mut zend_object) -> ManuallyDrop<Object> {
    let mut value = Value::null();
    value.payload.object = object;
    value.info = OBJECT | 0x300;
    match Object::from_value(value) {
        Ok(object) => ManuallyDrop::new(object),
        Err(_) => unreachable!("the value was made an object"),
    }
}

/// 1: an exception is pending; -1: a fatal error.
pub(crate) fn thrown(throw: Throw) -> c_int {
    if throw.raise() { -1 } else { 1 }
}

pub(crate) fn panicked() -> Throw {
    Throw::error("the pool of connections failed: this is a defect of Highper")
}

unsafe extern "C" fn construct(object: *mut zend_object, argc: u32, argv: *const Value) -> c_int {
    let Some(hooks) = HOOKS.get() else { return 2 };
    let object = borrowed(object);
    // SAFETY: the arguments of the running call.
    let args = unsafe { arguments(argc, argv) };
    match catch_unwind(AssertUnwindSafe(|| (hooks.construct)(&object, args))) {
        Ok(Ok(true)) => 0,
        Ok(Ok(false)) => 2,
        Ok(Err(throw)) => thrown(throw),
        Err(_) => thrown(panicked()),
    }
}

unsafe extern "C" fn enter(
    object: *mut zend_object,
    method: c_int,
    argc: u32,
    argv: *const Value,
    connection: *mut *mut zend_object,
) -> c_int {
    let Some(hooks) = HOOKS.get() else { return 1 };
    // SAFETY: the arguments of the running call.
    let args = unsafe { arguments(argc, argv) };
    let call = || (hooks.enter)(object as usize, Method::of(method), args);
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(other)) => {
            // SAFETY: the caller's variable; the reference goes with it.
            unsafe { *connection = ManuallyDrop::new(other).as_ptr() };
            0
        }
        Ok(Err(throw)) => thrown(throw),
        Err(_) => thrown(panicked()),
    }
}

unsafe extern "C" fn leave(
    object: *mut zend_object,
    method: c_int,
    failed: c_int,
    argc: u32,
    argv: *const Value,
) {
    if let Some(hooks) = HOOKS.get() {
        // SAFETY: the arguments of the running call.
        let args = unsafe { arguments(argc, argv) };
        let call = || (hooks.leave)(object as usize, Method::of(method), failed != 0, args);
        // A panic has been reported, and the call is over.
        let _ = catch_unwind(AssertUnwindSafe(call));
    }
}

unsafe extern "C" fn last_id(object: *mut zend_object, ret: *mut Value) {
    let Some(hooks) = HOOKS.get() else { return };
    // A panic has been reported: the answer stays.
    let asked = catch_unwind(AssertUnwindSafe(|| (hooks.last_id)(object as usize)));
    if let Ok(Some(number)) = asked {
        // SAFETY: the slot of the running call's result, a string that is released.
        unsafe { *ret = Value::string(number.to_string()) };
    }
}

extern "C" fn failed() {
    if let Some(hooks) = HOOKS.get() {
        // As above.
        let _ = catch_unwind(AssertUnwindSafe(hooks.failed));
    }
}

extern "C" fn freed(object: *mut zend_object) {
    if let Some(hooks) = HOOKS.get()
        && !crate::release::is_after_shutdown()
    {
        // As above.
        let _ = catch_unwind(AssertUnwindSafe(|| (hooks.freed)(object as usize)));
    }
}

/// Puts a pool before PDO's methods. Call it when all extensions are loaded. False where there is no PDO.
pub fn install(hooks: Hooks) -> bool {
    // Once is enough: nobody else has other ones.
    let _ = HOOKS.set(hooks);
    let raw = RawHooks {
        construct,
        enter,
        leave,
        last_id,
        failed,
        freed,
    };
    // SAFETY: the table is copied; classes of extensions are all registered.
    unsafe { hp_pdo_install(&raw const raw) != 0 }
}

/// Makes an object, not constructed yet, stand for a pool.
pub fn become_pooled(object: &Object) {
    // SAFETY: a live object whose class is PDO or a child of it.
    unsafe { hp_pdo_become_pooled(object.as_ptr()) };
}

/// What tells the object from others while it is alive.
#[must_use]
pub fn identity(object: &Object) -> Identity {
    object.as_ptr() as usize
}

/// A connection: an object of PDO, or of the internal class that `class` descends from.
///
/// # Errors
/// What the constructor throws.
pub fn connect(class: ClassHandle, args: &[Value]) -> Result<Object, Throw> {
    let mut out = Value::undef();
    // SAFETY: guarded; arguments are copied into the call's frame.
    Throw::check(unsafe {
        hp_pdo_connect(
            class.as_ptr(),
            args.len() as u32,
            args.as_ptr(),
            &raw mut out,
        )
    })?;
    out.into_object().map_err(|_| Throw::Pending)
}

/// Runs `call` with all diagnostics off, as `@` does.
pub fn silently<T>(call: impl FnOnce() -> T) -> T {
    // SAFETY: sets a global that belongs to the running coroutine.
    let before = unsafe { hp_show_errors(0) };
    let result = call();
    // SAFETY: as above; the calls inside are guarded, so this line is always reached.
    unsafe { hp_show_errors(before) };
    result
}

/// Does anybody else hold the object?
#[must_use]
pub fn is_shared(object: &Object) -> bool {
    // SAFETY: a live object.
    unsafe { (*object.as_value().payload.counted).refcount > 1 }
}

/// Classes of objects that use a connection, and which of their properties each coroutine has for itself.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The class.
    pub class: &'static str,
    /// Its declared properties, the count of open transactions first, of a class constant's kind of value: null, bool, int or float.
    pub properties: &'static [&'static str],
}

fn pointers(texts: &[&str]) -> (Vec<CString>, Vec<*const c_char>) {
    let owned: Vec<_> = texts
        .iter()
        .map(|text| CString::new(*text).unwrap_or_default())
        .collect();
    let pointers = owned.iter().map(|text| text.as_ptr()).collect();
    (owned, pointers)
}

/// An object that uses a connection.
pub struct Caller {
    /// What tells it from others while it is alive.
    pub identity: Identity,
    /// Its method that is running.
    pub method: String,
    /// Has its first property a value other than 0, for the running coroutine?
    pub is_busy: bool,
}

/// The nearest object whose method is running, of one of these classes or a child. Its properties are each coroutine's
/// own from now on; `first` is called when they were not before.
pub fn isolate_caller(owners: &[Owner], first: fn()) -> Option<Caller> {
    let classes: Vec<&str> = owners.iter().map(|owner| owner.class).collect();
    let (_texts, names) = pointers(&classes);
    let (mut object, mut method) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: reads the running frames.
    let found = unsafe {
        hp_find_caller(
            names.as_ptr(),
            names.len() as u32,
            &raw mut object,
            &raw mut method,
        )
    };
    let number = usize::try_from(found).ok()?;
    let (_texts, names) = pointers(owners.get(number)?.properties);
    // SAFETY: a live object; it is forgotten when it goes.
    if unsafe { hp_isolate(object, names.as_ptr(), names.len() as u32) } != 0 {
        first();
    }
    let counter = names.first();
    // SAFETY: a live object, and a C string.
    let is_busy = counter.is_some_and(|name| unsafe { hp_is_set(object, *name) } != 0);
    // SAFETY: the name of a function that runs.
    let method = unsafe { crate::string::bytes(method) };
    Some(Caller {
        identity: object as usize,
        method: String::from_utf8_lossy(method).into_owned(),
        is_busy,
    })
}

/// Forgets the objects whose properties coroutines have for themselves. Call at RSHUTDOWN.
pub fn forget_isolated() {
    // SAFETY: no coroutine runs any more.
    unsafe { hp_isolate_forget() };
}

unsafe extern "C" {
    /// In the place of [`crate::vm::hp_vm_switch`] once an object's properties are coroutines' own.
    pub fn hp_isolate_switch(from: *mut std::ffi::c_void, to: *mut std::ffi::c_void, dead: c_int);
    /// What that one does besides: [`crate::vm::hp_vm_switch`] or a function in its place.
    pub fn hp_isolate_over(
        plain: unsafe extern "C" fn(*mut std::ffi::c_void, *mut std::ffi::c_void, c_int),
    );
}
