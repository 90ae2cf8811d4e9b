//! Walking over the loaded objects and re-pointing their slots.
//!
//! All walking and storing happens inside `dl_iterate_phdr`, where no object can go away.
//! Memory for what is noted is reserved before: a callback that runs out of room stops,
//! and the walk is repeated with more.

use std::ffi::c_void;
use std::mem;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use libc::{c_int, dl_phdr_info, size_t};

use crate::elf::{Object, is_runtime, keeps_locks};
use crate::names::{HOOKS, find};

/// How much is patched at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects with at least one patched slot.
    pub objects: usize,
    /// Patched slots in all.
    pub slots: usize,
    /// Slots whose page could not be made writable; they still lead to libc.
    pub refused: usize,
}

/// What is patched in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReport {
    /// The end of the object's path, at most 120 bytes; `(program)` for the program itself.
    pub name: String,
    /// The names of the patched calls, sorted. A name occurs twice if it has two slots.
    pub calls: Vec<&'static str>,
}

const NAME: usize = 120;
/// Parts of the C runtime in one process: what a slot may point to.
const RUNTIME_OBJECTS: usize = 64;

struct Known {
    /// The address of its dynamic section.
    dynamic: usize,
    base: usize,
    name: [u8; NAME],
    name_len: usize,
    /// The walk that has last seen it.
    walk: u64,
}

struct Patched {
    address: usize,
    original: usize,
    hook: usize,
    /// The object's dynamic section.
    dynamic: usize,
}

struct Registry {
    is_on: bool,
    objects: Vec<Known>,
    slots: Vec<Patched>,
    refused: usize,
    walk: u64,
    /// The loader's counts of loaded and unloaded objects at the last walk.
    loads: u64,
    unloads: u64,
    /// The last walk met an object that the loader has not finished.
    is_unfinished: bool,
    /// Objects were forgotten since the last walk; others may take their places.
    was_unloaded: bool,
    /// Where libc as we see it has the originals; 0 for those that it doesn't have.
    originals: Vec<usize>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    is_on: false,
    objects: Vec::new(),
    slots: Vec::new(),
    refused: 0,
    walk: 0,
    loads: 0,
    unloads: 0,
    is_unfinished: false,
    was_unloaded: false,
    originals: Vec::new(),
});

/// Somebody wants a walk; whoever holds the registry makes it.
static IS_WANTED: AtomicBool = AtomicBool::new(false);

/// Keeps walks out while it is held.
pub(crate) fn lock() -> impl Drop {
    guard()
}

fn guard() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Points the slots of all loaded objects at our calls, and from now on those of objects
/// loaded later. Harmless when repeated.
pub fn patch() -> Summary {
    let mut registry = guard();
    registry.is_on = true;
    registry.resolve_originals();
    registry.update(true);
    registry.summary()
}

/// Looks for objects that were loaded or unloaded since the last walk. Costs next to
/// nothing if there are none. Needed only after loading that no hook has seen: by the
/// embedding extension itself, or by an object with library search paths of its own.
pub fn refresh() {
    IS_WANTED.store(true, Ordering::SeqCst);
    while IS_WANTED.load(Ordering::SeqCst) {
        let mut registry = match REGISTRY.try_lock() {
            Ok(registry) => registry,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            // Its holder may be below us on this very stack (a fork handler that loads).
            Err(TryLockError::WouldBlock) => return,
        };
        while IS_WANTED.swap(false, Ordering::SeqCst) {
            if registry.is_on {
                registry.update(false);
            }
        }
    }
}

/// Forgets what was unloaded; what was loaded meanwhile is found by the next [`refresh`].
pub(crate) fn forget_unloaded() {
    // A holder of the registry is walking, and will not meet what is gone either.
    if let Ok(mut registry) = REGISTRY.try_lock()
        && registry.is_on
    {
        registry.forget_unloaded();
    }
}

/// Puts every slot back as it was. To be called before the object that holds this crate
/// is unloaded.
pub fn unpatch() -> Summary {
    let mut registry = guard();
    registry.is_on = false;
    let mut restore = Restore {
        registry: &mut registry,
        restored: Summary::default(),
    };
    iterate(&mut restore, |restore, object, _| {
        restore.visit(object);
        Flow::On
    });
    let restored = restore.restored;
    registry.objects.clear();
    registry.slots.clear();
    registry.refused = 0;
    (registry.loads, registry.unloads) = (0, 0);
    registry.was_unloaded = false;
    restored
}

/// What is patched at present, by object.
pub fn report() -> Vec<ObjectReport> {
    let registry = guard();
    let mut reports = Vec::new();
    for object in &registry.objects {
        let slots = registry
            .slots
            .iter()
            .filter(|slot| slot.dynamic == object.dynamic);
        let mut calls: Vec<_> = slots.map(|slot| HOOKS[slot.hook].name()).collect();
        if calls.is_empty() {
            continue;
        }
        calls.sort_unstable();
        let name = &object.name[..object.name_len];
        let name = if name.is_empty() {
            "(program)".into()
        } else {
            String::from_utf8_lossy(name)
        };
        reports.push(ObjectReport {
            name: name.into_owned(),
            calls,
        });
    }
    reports
}

enum Flow {
    On,
    Stop,
}

/// The loader's counts, where it keeps them.
#[derive(Clone, Copy)]
struct Counts {
    loads: u64,
    unloads: u64,
}

/// Calls `visit` for each loaded object.
fn iterate<S, V>(state: &mut S, visit: V)
where
    V: FnMut(&mut S, &Object<'_>, Option<Counts>) -> Flow,
{
    struct Both<'a, S, V>(&'a mut S, V);
    unsafe extern "C" fn step<S, V>(
        info: *mut dl_phdr_info,
        size: size_t,
        data: *mut c_void,
    ) -> c_int
    where
        V: FnMut(&mut S, &Object<'_>, Option<Counts>) -> Flow,
    {
        // SAFETY: `data` is the Both that is borrowed for the time of the iteration.
        let Both(state, visit) = unsafe { &mut *data.cast::<Both<'_, S, V>>() };
        // SAFETY: the loader passes a valid description.
        let info = unsafe { &*info };
        // SAFETY: the callback is running.
        let object = unsafe { Object::new(info) };
        let has_counts = size >= mem::offset_of!(dl_phdr_info, dlpi_subs) + 8;
        let counts = has_counts.then_some(Counts {
            loads: info.dlpi_adds,
            unloads: info.dlpi_subs,
        });
        match visit(state, &object, counts) {
            Flow::On => 0,
            Flow::Stop => 1,
        }
    }
    let mut both = Both(state, visit);
    // SAFETY: `step` gets back the state that is passed here, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(step::<S, V>), (&raw mut both).cast()) };
}

impl Registry {
    fn summary(&self) -> Summary {
        let has_slots =
            |object: &&Known| self.slots.iter().any(|slot| slot.dynamic == object.dynamic);
        Summary {
            objects: self.objects.iter().filter(has_slots).count(),
            slots: self.slots.len(),
            refused: self.refused,
        }
    }

    fn resolve_originals(&mut self) {
        if self.originals.is_empty() {
            // SAFETY: constant, zero-terminated names.
            let resolve = |symbol| unsafe { libc::dlsym(libc::RTLD_DEFAULT, symbol) } as usize;
            self.originals = HOOKS.iter().map(|hook| resolve(hook.symbol())).collect();
            // dlsym notes a missing name for dlerror(); that is nobody's business.
            // SAFETY: takes nothing; clears the note.
            unsafe { libc::dlerror() };
        }
    }

    /// Forgets objects that are no longer loaded. Patches nothing.
    fn forget_unloaded(&mut self) {
        self.walk += 1;
        let mut is_changed = false;
        iterate(&mut is_changed, |is_changed, object, counts| {
            if counts.is_some_and(|counts| counts.unloads == self.unloads) {
                return Flow::Stop;
            }
            *is_changed = true;
            let (base, dynamic) = (object.base, object.dynamic());
            let known = |known: &&mut Known| Some(known.dynamic) == dynamic && known.base == base;
            if let Some(known) = self.objects.iter_mut().find(known) {
                known.walk = self.walk;
            }
            Flow::On
        });
        if is_changed {
            self.was_unloaded = true;
            self.drop_unseen();
        }
    }

    /// Forgets what the walk that has just ended has not met.
    fn drop_unseen(&mut self) {
        let walk = self.walk;
        self.objects.retain(|object| object.walk == walk);
        let objects = &self.objects;
        self.slots
            .retain(|slot| objects.iter().any(|object| object.dynamic == slot.dynamic));
    }

    /// Walks if anything has changed. `all`: looks into the known objects again, too.
    fn update(&mut self, all: bool) {
        let mut counts = None;
        iterate(&mut counts, |counts, _, now| {
            *counts = now;
            Flow::Stop
        });
        let mut all = mem::take(&mut self.was_unloaded) || all;
        if let Some(counts) = counts {
            // The counts are read again below; what is loaded in between is found then,
            // or by the walk of who loads it.
            if !all
                && !self.is_unfinished
                && (self.loads, self.unloads) == (counts.loads, counts.unloads)
            {
                return;
            }
            // An unloaded object's place may have been taken by another one.
            all |= self.unloads != counts.unloads;
            (self.loads, self.unloads) = (counts.loads, counts.unloads);
        } else {
            all = true;
        }
        if all {
            self.refused = 0;
        }
        // A walk repeated for lack of room continues where the one before has stopped.
        loop {
            self.walk += 1;
            self.is_unfinished = false;
            self.objects.reserve(64);
            self.slots.reserve(512);
            let mut walk = Walk::new(self, all);
            iterate(&mut walk, |walk, object, _| walk.note_runtime(object));
            iterate(&mut walk, |walk, object, _| walk.visit(object));
            if !walk.is_out_of_room {
                break;
            }
        }
        self.drop_unseen();
    }
}

struct Walk<'a> {
    registry: &'a mut Registry,
    all: bool,
    runtime: [(usize, usize); RUNTIME_OBJECTS],
    runtime_len: usize,
    is_out_of_room: bool,
}

impl<'a> Walk<'a> {
    fn new(registry: &'a mut Registry, all: bool) -> Self {
        Self {
            registry,
            all,
            runtime: [(0, 0); RUNTIME_OBJECTS],
            runtime_len: 0,
            is_out_of_room: false,
        }
    }

    fn note_runtime(&mut self, object: &Object<'_>) -> Flow {
        if is_runtime(object.name)
            && let Some(entry) = self.runtime.get_mut(self.runtime_len)
        {
            let Range { start, end } = object.span();
            *entry = (start, end);
            self.runtime_len += 1;
        }
        Flow::On
    }

    fn visit(&mut self, object: &Object<'_>) -> Flow {
        let Some(dynamic) = object.dynamic() else {
            return Flow::On;
        };
        if is_runtime(object.name) || object.holds(patch as *const () as usize) {
            return Flow::On;
        }
        let tables = object.tables();
        // Another thread is loading it: its loader still writes to its slots and counts on
        // their pages being writable. The next walk finds it.
        if tables
            .as_ref()
            .is_some_and(|tables| !object.is_relocated(tables))
        {
            self.registry.is_unfinished = true;
            return Flow::On;
        }
        let walk = self.registry.walk;
        let known = |known: &&mut Known| known.dynamic == dynamic && known.base == object.base;
        match self.registry.objects.iter_mut().find(known) {
            Some(known) => {
                known.walk = walk;
                if !self.all {
                    return Flow::On;
                }
                known.set_name(object.name);
            }
            None => {
                if self.registry.objects.len() == self.registry.objects.capacity() {
                    return self.out_of_room();
                }
                let mut known = Known {
                    dynamic,
                    base: object.base,
                    name: [0; NAME],
                    name_len: 0,
                    walk,
                };
                known.set_name(object.name);
                self.registry.objects.push(known);
            }
        }
        let Some(tables) = tables else {
            return Flow::On;
        };
        let mut pages = Pages::new();
        let keeps_locks = keeps_locks(object.name);
        for slot in object.slots(&tables) {
            let Some(hook) = find(slot.symbol) else {
                continue;
            };
            if tables.has_search_path && HOOKS[hook].depends_on_caller() {
                continue;
            }
            let replacement = HOOKS[hook].replacement(keeps_locks);
            let present = load(slot.address);
            if present == replacement {
                continue;
            }
            if !self.leads_to_libc(object, hook, present) {
                continue;
            }
            if self.registry.slots.len() == self.registry.slots.capacity() {
                self.registry
                    .objects
                    .retain(|known| known.dynamic != dynamic);
                return self.out_of_room();
            }
            if !pages.store(object, slot.address, replacement) {
                self.registry.refused += 1;
                continue;
            }
            let noted = Patched {
                address: slot.address,
                original: present,
                hook,
                dynamic,
            };
            let before = |patched: &&mut Patched| patched.address == slot.address;
            match self.registry.slots.iter_mut().find(before) {
                Some(patched) => *patched = noted,
                None => self.registry.slots.push(noted),
            }
        }
        Flow::On
    }

    /// Whether a slot's value is the original call: bound already, or lazily through the
    /// object's own procedure linkage table. Anything else is somebody's function that
    /// merely has the name, and is left alone.
    fn leads_to_libc(&self, object: &Object<'_>, hook: usize, value: usize) -> bool {
        if value == 0 {
            return false;
        }
        self.registry.originals.get(hook) == Some(&value)
            || object.holds(value)
            || self.runtime[..self.runtime_len]
                .iter()
                .any(|&(start, end)| (start..end).contains(&value))
    }

    fn out_of_room(&mut self) -> Flow {
        self.is_out_of_room = true;
        Flow::Stop
    }
}

impl Known {
    fn set_name(&mut self, name: &[u8]) {
        let tail = &name[name.len().saturating_sub(NAME)..];
        self.name_len = tail.len();
        self.name[..tail.len()].copy_from_slice(tail);
    }
}

struct Restore<'a> {
    registry: &'a mut Registry,
    restored: Summary,
}

impl Restore<'_> {
    /// Goes by the object's relocations, not by the notes: a note may be of an object that
    /// was unloaded without our knowledge.
    fn visit(&mut self, object: &Object<'_>) {
        if is_runtime(object.name) || object.holds(patch as *const () as usize) {
            return;
        }
        let Some(tables) = object.tables() else {
            return;
        };
        let mut pages = Pages::new();
        let before = self.restored.slots;
        let keeps_locks = keeps_locks(object.name);
        for slot in object.slots(&tables) {
            let Some(hook) = find(slot.symbol) else {
                continue;
            };
            if load(slot.address) != HOOKS[hook].replacement(keeps_locks) {
                continue;
            }
            let noted = self
                .registry
                .slots
                .iter()
                .find(|patched| patched.address == slot.address);
            let original = match noted {
                Some(patched) => patched.original,
                None => self.registry.originals.get(hook).copied().unwrap_or(0),
            };
            if original != 0 && pages.store(object, slot.address, original) {
                self.restored.slots += 1;
            } else {
                self.restored.refused += 1;
            }
        }
        self.restored.objects += usize::from(self.restored.slots > before);
    }
}

/// Makes the pages of slots writable one at a time, and puts their protection back.
struct Pages {
    size: usize,
    /// The start of the page that is writable on our behalf.
    open: Option<usize>,
}

impl Pages {
    fn new() -> Self {
        // SAFETY: asks for a constant of the system.
        let size = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        Self { size, open: None }
    }

    /// Stores into a slot of the object. False if its page can't be made writable.
    fn store(&mut self, object: &Object<'_>, address: usize, value: usize) -> bool {
        let page = address & !(self.size - 1);
        if self.open != Some(page) {
            self.close();
            if object.is_protected(address, self.size) {
                if !self.protect(page, libc::PROT_READ | libc::PROT_WRITE) {
                    return false;
                }
                self.open = Some(page);
            }
        }
        // SAFETY: an aligned slot of a loaded object, writable now; other threads read it
        // as one word.
        unsafe { AtomicUsize::from_ptr(ptr::with_exposed_provenance_mut(address)) }
            .store(value, Ordering::Release);
        true
    }

    fn close(&mut self) {
        if let Some(page) = self.open.take() {
            // A failure leaves the page writable: less hardened, but right.
            self.protect(page, libc::PROT_READ);
        }
    }

    fn protect(&self, page: usize, protection: c_int) -> bool {
        // SAFETY: a page of a loaded object's data; only more access than before is given,
        // or what it had.
        unsafe {
            libc::mprotect(
                ptr::with_exposed_provenance_mut(page),
                self.size,
                protection,
            ) == 0
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.close();
    }
}

fn load(address: usize) -> usize {
    // SAFETY: an aligned slot of a loaded object, which is readable.
    unsafe { AtomicUsize::from_ptr(ptr::with_exposed_provenance_mut(address)) }
        .load(Ordering::Acquire)
}
