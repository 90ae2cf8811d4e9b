//! `Highper\Console\Progress`

use super::terminal::{columns_or_usual, complain};
use highper_app::console::Progress;
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace};
use std::cell::{Cell, OnceCell, RefCell};
use std::io::IsTerminal;
use std::rc::{Rc, Weak};
use std::time::Instant;

static PROGRESS: ClassRef = ClassRef::new("Highper\\Console\\Progress");

thread_local! {
    /// The bar that stands in the terminal's last line.
    static SHOWN: RefCell<Weak<Drawn>> = const { RefCell::new(Weak::new()) };
}

struct Drawn {
    progress: RefCell<Progress>,
    began: Instant,
    is_terminal: bool,
    is_shown: Cell<bool>,
    is_over: Cell<bool>,
}

/// A bar; it leaves its line when it is dropped.
#[derive(Clone)]
pub(super) struct Bar(Rc<Drawn>);

impl Drop for Drawn {
    fn drop(&mut self) {
        if self.is_shown.get() {
            complain("\n");
        }
    }
}

/// Takes the bar away, because something else is written. It comes back with its next step.
pub(super) fn clear() {
    let shown = SHOWN.with_borrow(Weak::upgrade);
    if let Some(bar) = shown.filter(|bar| bar.is_shown.replace(false)) {
        bar.progress.borrow_mut().cleared();
        complain("\r\x1b[2K");
    }
}

impl Bar {
    pub(super) fn new(max: u64, label: &str) -> Self {
        let bar = Self(Rc::new(Drawn {
            progress: RefCell::new(Progress::new(max, label)),
            began: Instant::now(),
            is_terminal: std::io::stderr().is_terminal(),
            is_shown: Cell::new(false),
            is_over: Cell::new(false),
        }));
        bar.draw(false);
        bar
    }

    pub(super) fn advance(&self, steps: u64) {
        self.0.progress.borrow_mut().advance(steps);
        self.draw(false);
    }

    pub(super) fn finish(&self) {
        if self.0.is_over.replace(true) {
            return;
        }
        self.0.progress.borrow_mut().finish();
        self.draw(true);
        if self.0.is_shown.replace(false) {
            complain("\n");
        }
    }

    fn draw(&self, is_forced: bool) {
        let bar = &self.0;
        let mut progress = bar.progress.borrow_mut();
        if !bar.is_terminal {
            if let Some(line) = progress.told() {
                complain(&format!("{line}\n"));
            }
            return;
        }
        let now = bar.began.elapsed();
        if !is_forced && (bar.is_over.get() || !progress.is_due(now)) {
            return;
        }
        let line = progress.line(now, columns_or_usual());
        drop(progress);
        let before = SHOWN.replace(Rc::downgrade(bar));
        if let Some(other) = before.upgrade().filter(|other| !Rc::ptr_eq(other, bar))
            && other.is_shown.replace(false)
        {
            // Another one begins: that one keeps its line.
            complain("\n");
        }
        complain(&format!("\r{line}\x1b[K"));
        bar.is_shown.set(true);
    }
}

#[derive(Default)]
struct State(OnceCell<Bar>);

impl Trace for State {}

/// The object of a new bar.
pub(super) fn object(max: u64, label: &str) -> Result<Object, Throw> {
    let object = PROGRESS.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Bar::new(max, label));
    }
    Ok(object)
}

fn of(call: &Call) -> Result<Bar, Throw> {
    let bar = call.this::<State>()?.0.get().cloned();
    bar.ok_or_else(|| Throw::error("make it by Highper\\Console\\Output::progress()"))
}

fn steps(call: &Call, value: i64) -> Result<u64, Throw> {
    let _ = call;
    u64::try_from(value)
        .map_err(|_| Throw::argument_value(0, format!("must not be negative, {value} given")))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Console\\Progress")
            .doc("A bar that says how far something is, on standard error; by Output::progress().")
            .handle(&PROGRESS)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function advance(int $steps = 1): static",
                "So many steps more.",
                |call| {
                    let more = steps(call, call.opt_long(0, 1)?)?;
                    of(call)?.advance(more);
                    call.ret_this()
                },
            )
            .method(
                "public function set(int $steps): static",
                "So many steps altogether.",
                |call| {
                    let at = steps(call, call.long(0)?)?;
                    let bar = of(call)?;
                    bar.0.progress.borrow_mut().set(at);
                    bar.draw(false);
                    call.ret_this()
                },
            )
            .method(
                "public function label(string $label): static",
                "What stands behind it.",
                |call| {
                    let bar = of(call)?;
                    bar.0.progress.borrow_mut().label(call.text(0)?);
                    bar.draw(false);
                    call.ret_this()
                },
            )
            .method(
                "public function steps(): int",
                "How many were made.",
                |call| {
                    let at = of(call)?.0.progress.borrow().at();
                    call.ret_long(i64::try_from(at).unwrap_or(i64::MAX))
                },
            )
            .method("public function finish(): void", "All is done.", |call| {
                of(call)?.finish();
                Ok(())
            }),
    );
}
