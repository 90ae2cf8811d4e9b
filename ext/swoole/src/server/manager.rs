//! The manager's own loop: timers, signals and coroutines of the application there, and messages.

use super::{command, messages, pending};
use crate::event::watched;
use crate::process::signal;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::{self as engine, clock, scheduler};
use highper_process::pool::packets;
use highper_process::post::{Address, Kind, Message};
use highper_process::watch;
use highper_runtime::{coroutine, post};
use highper_zend::Object;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

/// Waits as the manager of a server does: for these descriptors, for so long; which can be read.
/// What the application has there goes on meanwhile.
pub(super) fn wait(server: &Object, fds: &[RawFd], time: Duration) -> io::Result<Vec<bool>> {
    let mut all = fds.to_vec();
    let here = post::here();
    if let Some(here) = &here {
        all.push(here.post().reader(Address::Manager)?.as_raw_fd());
    }
    let is_watching = watched::is_any();
    if highper_runtime::timer::list().is_empty() && engine::stats().live == 0 && !is_watching {
        all.extend(watch::fd());
        let mut ready = packets::wait_readable(&all, Some(time))?;
        if ready[fds.len()..].contains(&true) {
            take_messages(server);
            take_signals();
        }
        ready.truncate(fds.len());
        return Ok(ready);
    }
    let watched = all.clone();
    let alarm = clock::now().saturating_add(time.as_nanos() as u64);
    watched::keep(true);
    let ran = highper_runtime::run_loop(move || {
        let handler = reactor::add_handler(Rc::new(Stop));
        for fd in watched {
            if reactor::register(fd, handler, 0).is_err() {
                scheduler::stop_loop();
            }
        }
        if is_watching {
            watched::move_on();
        }
        scheduler::retain_loop();
        scheduler::at(alarm, false, scheduler::stop_loop);
    });
    watched::keep(false);
    scheduler::release_loop();
    if let Err(throw) = ran {
        coroutine::report(throw);
    }
    take_messages(server);
    packets::wait_readable(fds, Some(Duration::ZERO))
}

/// Ends the loop when there is something to read.
struct Stop;

impl Handler for Stop {
    fn ready(&self, _key: u64, readiness: Readiness) {
        if readiness.read {
            scheduler::stop_loop();
        }
    }

    fn timer(&self, _key: u64) {}
}

fn take_signals() {
    while let Some(number) = watch::next() {
        if let Err(throw) = signal::call_now(number) {
            coroutine::report(throw);
        }
    }
}

fn take_messages(server: &Object) {
    let Some(here) = post::here() else { return };
    while let Ok(message) = here.post().try_receive(Address::Manager) {
        take(server, message);
    }
}

fn take(server: &Object, message: Message) {
    let own = std::process::id() as i32;
    if message.head.to != 0 && message.head.to != own {
        return;
    }
    match message.head.kind {
        Kind::Command => command::run(server, &message),
        // An answer for which nobody waits is of no use.
        Kind::Answer | Kind::Finish => drop(pending::arrived(message)),
        Kind::Task | Kind::Pipe | Kind::Forward | Kind::Relay => {}
    }
}

/// The manager's part is over: nothing of the application goes on in it.
pub(super) fn end() {
    post::leave();
    messages::set_server(None);
    highper_runtime::timer::clear_all();
    signal::forget();
    watch::forget();
    crate::event::settle();
}
