//! Coroutines that wait for a class that another one is loading.

use highper_engine::{self as engine, Kind, Token, Wake, scheduler, wait};
use highper_zend::autoload;
use std::cell::RefCell;

thread_local! {
    static WAITING: RefCell<Vec<(usize, Token)>> = const { RefCell::new(Vec::new()) };
}

/// Wires autoloading up. Call once, at MINIT.
pub(crate) fn install() {
    autoload::install(autoload::Coroutines {
        current: || match engine::can_suspend() {
            true => engine::current().unwrap_or(0),
            false => 0,
        },
        wait: wait_for,
        wake,
    });
}

/// Lets go of what coroutines left. Call at RSHUTDOWN.
pub(crate) fn forget() {
    WAITING.take();
    autoload::forget();
}

/// A wait that cancelling does not end, for its caller can't tell of it: the next wait is cancelled instead.
fn wait_for(key: usize) {
    let mut cancelled = false;
    loop {
        let token = wait::begin(Kind::Sync);
        WAITING.with_borrow_mut(|waiting| waiting.push((key, token)));
        match wait::park(None) {
            Wake::Ready => break,
            _ => {
                cancelled = true;
                WAITING.with_borrow_mut(|waiting| waiting.retain(|(_, other)| *other != token));
            }
        }
    }
    if cancelled && let Some(id) = engine::current() {
        scheduler::clear_cancelled();
        scheduler::doom(id);
    }
}

fn wake(key: usize) {
    let ready: Vec<Token> = WAITING.with_borrow_mut(|waiting| {
        waiting
            .extract_if(.., |(of, _)| *of == key)
            .map(|(_, token)| token)
            .collect()
    });
    for token in ready {
        token.wake(Wake::Ready);
    }
}
