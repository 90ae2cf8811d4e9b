//! The module entries and the phases of PHP's life.
use std::cell::RefCell;
use std::ffi::{CStr, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::ini;
use crate::raw::{self, RawModule};
use crate::registry::{self, Registered, Registry};
use crate::release;

/// What makes up the extension: two modules from one file.
pub struct Plan {
    /// Version of the module `highper`.
    pub version: &'static str,
    /// Version that the module `swoole` shows.
    pub swoole_version: &'static str,
    /// Declares the module `highper`.
    pub highper: fn(&mut Registry),
    /// Declares the module `swoole`.
    pub swoole: fn(&mut Registry),
}

/// An entry of PHP's module table; what `get_module` returns.
#[repr(C)]
pub struct Entry {
    _opaque: [u8; 0],
}

static PLAN: OnceLock<Plan> = OnceLock::new();
static HIGHPER: OnceLock<Registry> = OnceLock::new();
static SWOOLE: OnceLock<Registry> = OnceLock::new();

thread_local! {
    static REGISTERED: RefCell<Vec<(Registered, c_int)>> = const { RefCell::new(Vec::new()) };
}

const SUCCESS: c_int = 0;
const FAILURE: c_int = -1;

/// The module entry `highper`; `get_module` returns it.
pub fn entry(plan: Plan) -> *mut Entry {
    let plan = PLAN.get_or_init(|| plan);
    module(
        "highper",
        plan.version,
        [minit, mshutdown, rinit, rshutdown],
        info,
    )
    .cast()
}

type Phase = extern "C" fn(c_int, c_int) -> c_int;

fn module(
    name: &str,
    version: &str,
    phases: [Phase; 4],
    info: extern "C" fn(*mut c_void),
) -> *mut c_void {
    let spec = RawModule {
        name: registry::forever(name),
        version: registry::forever(version),
        minit: Some(phases[0]),
        mshutdown: Some(phases[1]),
        rinit: Some(phases[2]),
        rshutdown: Some(phases[3]),
        info: Some(info),
    };
    // SAFETY: the shim copies the description into an entry of its own.
    unsafe { raw::hz_module(&raw const spec) }
}

/// The SAPI's name: "cli", "fpm-fcgi", …
pub fn sapi() -> &'static str {
    // SAFETY: a constant of the SAPI.
    unsafe { CStr::from_ptr(raw::hz_sapi()) }
        .to_str()
        .unwrap_or("")
}

/// True under the one SAPI that the extension works in.
pub fn is_active() -> bool {
    sapi() == "cli"
}

/// The version of PHP that it was built for, "8.2.29".
pub fn php_version() -> &'static str {
    // SAFETY: a constant of the headers.
    unsafe { CStr::from_ptr(raw::hz_php_version()) }
        .to_str()
        .unwrap_or("")
}

/// Is an extension of this name (lower case) loaded?
pub fn is_loaded(name: &str) -> bool {
    // SAFETY: reads the module table.
    unsafe { raw::hz_module_loaded(name.as_ptr(), name.len()) != 0 }
}

/// Runs a phase; a panic or an error fails it with one line on stderr.
fn phase(what: &str, run: impl FnOnce() -> Result<(), String>) -> c_int {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => SUCCESS,
        Ok(Err(error)) => {
            eprintln!("highper: {what}: {error}");
            FAILURE
        }
        Err(_) => {
            eprintln!("highper: {what}: internal error");
            FAILURE
        }
    }
}

fn declared(
    cell: &'static OnceLock<Registry>,
    declare: impl FnOnce(&mut Registry),
) -> &'static Registry {
    cell.get_or_init(|| {
        let mut registry = Registry::default();
        declare(&mut registry);
        registry
    })
}

fn start_module(registry: &'static Registry, number: c_int) -> Result<(), String> {
    let registered = registry::register(registry, number)?;
    REGISTERED.with_borrow_mut(|all| all.push((registered, number)));
    Ok(())
}

extern "C" fn minit(_kind: c_int, number: c_int) -> c_int {
    phase("start", || {
        if !is_active() {
            return Ok(());
        }
        let plan = PLAN.get().ok_or("get_module was not called")?;
        let highper = declared(&HIGHPER, |registry| {
            (plan.highper)(registry);
            #[cfg(feature = "selftest")]
            crate::selftest::declare(registry);
        });
        registry::register_settings(highper, number)?;
        let name = c"highper";
        // SAFETY: reads the version's bytes. Binds opcache's file cache to it.
        unsafe {
            raw::hz_entropy(
                name.as_ptr(),
                c"version".as_ptr(),
                plan.version.as_ptr().cast(),
                plan.version.len(),
            );
        }
        start_module(highper, number)?;
        if ini::bool("highper.swoole") {
            if is_loaded("swoole") || is_loaded("openswoole") {
                eprintln!(
                    "highper: the extension swoole is loaded too: highper leaves the namespace Swoole to it. \
                     Remove one of them, or set highper.swoole=Off"
                );
            } else {
                let entry = module(
                    "swoole",
                    plan.swoole_version,
                    [swoole_minit, swoole_mshutdown, nothing, nothing],
                    swoole_info,
                );
                // SAFETY: a complete entry that is never freed.
                if unsafe { raw::hz_module_start(entry) } == 0 {
                    return Err("cannot register the module swoole".to_owned());
                }
            }
        }
        Ok(())
    })
}

extern "C" fn swoole_minit(_kind: c_int, number: c_int) -> c_int {
    phase("start of swoole", || {
        let plan = PLAN.get().ok_or("get_module was not called")?;
        let swoole = declared(&SWOOLE, plan.swoole);
        registry::register_settings(swoole, number)?;
        start_module(swoole, number)
    })
}

fn stop_module(number: c_int) {
    REGISTERED.with_borrow_mut(|all| {
        all.retain(|(registered, at)| {
            if *at == number {
                registry::unregister(registered, number);
            }
            *at != number
        });
    });
}

extern "C" fn swoole_mshutdown(_kind: c_int, number: c_int) -> c_int {
    phase("end of swoole", || {
        stop_module(number);
        Ok(())
    })
}

extern "C" fn mshutdown(_kind: c_int, number: c_int) -> c_int {
    phase("end", || {
        if is_active() {
            for registry in registries().into_iter().rev() {
                registry.shutdown.iter().rev().for_each(|run| run());
            }
            stop_module(number);
        }
        Ok(())
    })
}

/// What is registered now, highper first.
pub(crate) fn registries() -> Vec<&'static Registry> {
    HIGHPER.get().into_iter().chain(SWOOLE.get()).collect()
}

extern "C" fn rinit(_kind: c_int, _number: c_int) -> c_int {
    phase("start of the request", || {
        if is_active() {
            release::after_shutdown(false);
            for registry in registries() {
                registry.request_start.iter().for_each(|run| run());
            }
        }
        Ok(())
    })
}

extern "C" fn rshutdown(_kind: c_int, _number: c_int) -> c_int {
    phase("end of the request", || {
        if is_active() {
            for registry in registries().into_iter().rev() {
                registry.request_shutdown.iter().rev().for_each(|run| run());
            }
            release::drain();
            release::after_shutdown(true);
            release::forget_all();
        }
        Ok(())
    })
}

extern "C" fn nothing(_kind: c_int, _number: c_int) -> c_int {
    SUCCESS
}

fn print_info(entry: *mut c_void, first: &[(&str, String)], registry: Option<&'static Registry>) {
    let row = |name: &str, value: &str| {
        let (name, value) = (
            std::ffi::CString::new(name).unwrap_or_default(),
            std::ffi::CString::new(value).unwrap_or_default(),
        );
        // SAFETY: two C strings, copied to the output.
        unsafe { raw::hz_info_row(name.as_ptr(), value.as_ptr()) };
    };
    // SAFETY: called by PHP to print this module's information.
    unsafe { raw::hz_info_start() };
    for (name, value) in first {
        row(name, value);
    }
    for (name, value) in registry.map_or(&[][..], |registry| &registry.info) {
        row(name, &value());
    }
    // SAFETY: the entry that PHP passed.
    unsafe { raw::hz_info_end(entry) };
}

extern "C" fn info(entry: *mut c_void) {
    phase("information", || {
        let plan = PLAN.get().ok_or("get_module was not called")?;
        let state = if is_active() {
            "enabled"
        } else {
            "disabled (only the CLI is served)"
        };
        let rows = [
            ("Highper", state.to_owned()),
            ("Version", plan.version.to_owned()),
            ("Built for PHP", php_version().to_owned()),
            (
                "Swoole API",
                if SWOOLE.get().is_some() {
                    plan.swoole_version
                } else {
                    "off"
                }
                .to_owned(),
            ),
        ];
        print_info(entry, &rows, HIGHPER.get());
        Ok(())
    });
}

extern "C" fn swoole_info(entry: *mut c_void) {
    phase("information", || {
        let plan = PLAN.get().ok_or("get_module was not called")?;
        let rows = [
            ("Swoole", "enabled".to_owned()),
            ("Version", plan.swoole_version.to_owned()),
            ("Provided by", format!("highper {}", plan.version)),
        ];
        print_info(entry, &rows, SWOOLE.get());
        Ok(())
    });
}

/// Can PHP functions be called: is there a script, and are not even its last objects being freed?
pub fn can_call() -> bool {
    // SAFETY: reads a flag.
    unsafe { raw::hz_active() != 0 }
}

/// Has the end of the script begun: shutdown functions, destructors?
pub fn is_shutting_down() -> bool {
    // SAFETY: reads a flag.
    unsafe { raw::hz_shutting_down() != 0 }
}
