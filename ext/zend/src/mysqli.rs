//! mysqli objects that stand for a pool: their calls run on another mysqli object, which takes their place.

use crate::object::Object;
use crate::pdo::{Identity, arguments, borrowed, panicked, thrown};
use crate::raw::zend_object;
use crate::throw::Throw;
use crate::value::Value;
use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// A call that is given a link, as far as a pool has to tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// A statement's text: `query()`, `prepare()` and their like.
    Statement,
    /// `multi_query()`
    Statements,
    /// `begin_transaction()`, `commit()`, `rollback()`, savepoints.
    Transaction,
    /// What sets a connection up, by its name: `set_charset()`, `select_db()`, `options()`, `autocommit()`.
    SetUp(&'static str),
    /// `change_user()`
    ChangeUser,
    /// Those that tell of what was done before, and properties.
    Other,
}

impl Method {
    /// The order is the shim's.
    const fn of(number: c_int) -> Self {
        match number {
            0 | 1 | 3 | 4 | STMT_CONSTRUCT => Self::Statement,
            2 => Self::Statements,
            5..=9 => Self::Transaction,
            10 => Self::SetUp("autocommit"),
            11 => Self::SetUp("set_charset"),
            12 => Self::SetUp("select_db"),
            13 | 14 => Self::SetUp("options"),
            15 => Self::SetUp("ssl_set"),
            16 => Self::ChangeUser,
            _ => Self::Other,
        }
    }
}

/// The third of the last.
const STMT_CONSTRUCT: c_int = COUNT - 3;
const COUNT: c_int = 51;

/// What has become of an attempt to connect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connected {
    /// The object stands for a pool from now on ([`become_pooled`] was called).
    Pooled,
    /// It failed, and mysqli has said why, in a warning.
    Failed,
    /// It is to be connected as ever.
    No,
}

/// What a pool does at the calls that are given a link.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// `new mysqli(…)`, `connect()`, `real_connect()`.
    pub connect: fn(&Object, &[Value]) -> Result<Connected, Throw>,
    /// `options()` or `ssl_set()` of an object that is not connected yet.
    pub option: fn(&Object, &'static str, &[Value]),
    /// Before any other call: the connection that it is to run on.
    pub enter: fn(Identity, Method, &[Value]) -> Result<Object, Throw>,
    /// After a call that threw or gave false.
    pub leave: fn(Identity),
    /// `close()`
    pub close: fn(Identity),
    /// `mysqli_stmt::prepare()` of any connection.
    pub text: fn(&[Value]),
    /// The object is gone.
    pub freed: fn(Identity),
}

#[repr(C)]
struct RawHooks {
    connect: unsafe extern "C" fn(*mut zend_object, u32, *const Value) -> c_int,
    option: unsafe extern "C" fn(*mut zend_object, c_int, u32, *const Value),
    enter: unsafe extern "C" fn(
        *mut zend_object,
        c_int,
        u32,
        *const Value,
        *mut *mut zend_object,
    ) -> c_int,
    leave: extern "C" fn(*mut zend_object),
    close: extern "C" fn(*mut zend_object),
    text: unsafe extern "C" fn(u32, *const Value),
    freed: extern "C" fn(*mut zend_object),
}

unsafe extern "C" {
    fn hp_mysqli_install(hooks: *const RawHooks) -> c_int;
    fn hp_mysqli_become_prepared(object: *mut zend_object);
    fn hp_mysqli_become_pooled(object: *mut zend_object);
    fn hp_mysqli_new(out: *mut Value) -> c_int;
    fn hp_mysqli_state(object: *mut zend_object) -> c_int;
    fn hp_mysqli_last_id(object: *mut zend_object) -> u64;
    fn hp_mysqli_count() -> c_int;
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

unsafe extern "C" fn connect(object: *mut zend_object, argc: u32, argv: *const Value) -> c_int {
    let Some(hooks) = HOOKS.get() else { return 2 };
    let object = borrowed(object);
    // SAFETY: the arguments of the running call.
    let args = unsafe { arguments(argc, argv) };
    match catch_unwind(AssertUnwindSafe(|| (hooks.connect)(&object, args))) {
        Ok(Ok(Connected::Pooled)) => 0,
        Ok(Ok(Connected::No)) => 2,
        Ok(Ok(Connected::Failed)) => 3,
        Ok(Err(throw)) => thrown(throw),
        Err(_) => thrown(panicked()),
    }
}

unsafe extern "C" fn option(
    object: *mut zend_object,
    method: c_int,
    argc: u32,
    argv: *const Value,
) {
    if let Some(hooks) = HOOKS.get()
        && let Method::SetUp(name) = Method::of(method)
    {
        let object = borrowed(object);
        // SAFETY: the arguments of the running call.
        let args = unsafe { arguments(argc, argv) };
        // A panic has been reported; the object has the option all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| (hooks.option)(&object, name, args)));
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

/// A panic has been reported, and the call is over.
fn told(object: *mut zend_object, of: impl FnOnce(&Hooks) -> fn(Identity)) {
    if let Some(hooks) = HOOKS.get() {
        let call = of(hooks);
        let _ = catch_unwind(AssertUnwindSafe(|| call(object as usize)));
    }
}

extern "C" fn leave(object: *mut zend_object) {
    told(object, |hooks| hooks.leave);
}

extern "C" fn close(object: *mut zend_object) {
    told(object, |hooks| hooks.close);
}

unsafe extern "C" fn text(argc: u32, argv: *const Value) {
    if let Some(hooks) = HOOKS.get() {
        // SAFETY: the arguments of the running call.
        let args = unsafe { arguments(argc, argv) };
        // A panic has been reported.
        let _ = catch_unwind(AssertUnwindSafe(|| (hooks.text)(args)));
    }
}

extern "C" fn freed(object: *mut zend_object) {
    if !crate::release::is_after_shutdown() {
        told(object, |hooks| hooks.freed);
    }
}

/// Puts a pool before mysqli's methods and functions. Call it when all extensions are loaded. False where there is no mysqli.
pub fn install(hooks: Hooks) -> bool {
    // Once is enough: nobody else has other ones.
    let _ = HOOKS.set(hooks);
    let raw = RawHooks {
        connect,
        option,
        enter,
        leave,
        close,
        text,
        freed,
    };
    // SAFETY: the table is copied; classes of extensions are all registered.
    unsafe { hp_mysqli_count() == COUNT && hp_mysqli_install(&raw const raw) != 0 }
}

/// The end of an object that is not connected yet is told of from now on.
pub fn become_prepared(object: &Object) {
    // SAFETY: a live object of mysqli.
    unsafe { hp_mysqli_become_prepared(object.as_ptr()) };
}

/// Makes an object, not connected yet, stand for a pool.
pub fn become_pooled(object: &Object) {
    // SAFETY: a live object of mysqli.
    unsafe { hp_mysqli_become_pooled(object.as_ptr()) };
}

/// A connection that is still to be connected.
///
/// # Errors
/// What the constructor throws.
pub fn make() -> Result<Object, Throw> {
    let mut out = Value::undef();
    // SAFETY: guarded.
    Throw::check(unsafe { hp_mysqli_new(&raw mut out) })?;
    out.into_object().map_err(|_| Throw::Pending)
}

/// What can be told of a connection without asking its server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// It waits for a statement; no statement and no result that belongs to it is alive.
    pub is_free: bool,
    /// A transaction is open.
    pub in_transaction: bool,
    /// Each statement is a transaction.
    pub autocommit: bool,
    /// It would tell of the number of a row that was put in.
    pub has_last_id: bool,
}

/// A connection's state.
#[must_use]
pub fn state(object: &Object) -> State {
    // SAFETY: a live object that `make` has made; only its own structures are read.
    let (bits, last) = unsafe {
        (
            hp_mysqli_state(object.as_ptr()),
            hp_mysqli_last_id(object.as_ptr()),
        )
    };
    State {
        is_free: bits & 1 != 0,
        in_transaction: bits & 2 != 0,
        autocommit: bits & 4 != 0,
        has_last_id: last != 0,
    }
}
