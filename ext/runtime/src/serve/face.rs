//! What a face has to do with a server's processes.

use super::{FrontPart, Services, Worker};
use crate::cancel::Thrown;
use highper_process::Signal;
use highper_process::post::Message;
use highper_zend::Throw;
use std::rc::Rc;

/// How a face takes part in a worker's life.
pub trait Face {
    /// Has a worker's start a part of its own for the application, [`first`](Self::first)? Then
    /// [`start`](Self::start) is a plain call, made when that has returned or waits for the first time, and
    /// there is no [`stop`](Self::stop).
    fn starts_apart(&self) -> bool {
        false
    }
    /// Runs first in a new worker, in a coroutine unless callbacks get none.
    ///
    /// # Errors
    /// An exception ends the worker.
    fn first(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        let _ = worker;
        Ok(())
    }
    /// Runs in a coroutine of the new worker before it accepts anything; makes the services.
    ///
    /// # Errors
    /// An exception ends the worker.
    fn start(&self, worker: &Rc<Worker>) -> Result<Services, Throw>;
    /// As [`start`](Self::start), in a task worker, before it takes tasks.
    ///
    /// # Errors
    /// An exception ends the worker.
    fn start_task(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        let _ = worker;
        Ok(())
    }
    /// In a process that was just forked, before anything else: what belongs to the manager is not its own.
    fn forked(&self) {}
    /// Have user processes loops, as the others do? Then [`start_user`](Self::start_user) begins them, and they drain; the
    /// option of the same name goes with it. Otherwise [`user`](Self::user) runs them.
    fn user_loops(&self) -> bool {
        false
    }
    /// Runs in a coroutine of a new user process that has a loop, before it counts as started.
    ///
    /// # Errors
    /// An exception ends the process.
    fn start_user(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        let _ = worker;
        Ok(())
    }
    /// Runs a user process: what it returns is the process's end.
    fn user(&self, worker: &Rc<Worker>) -> Throw {
        let _ = worker;
        Throw::Exit
    }
    /// Runs in a coroutine of the process in front of the workers, before it accepts anything.
    ///
    /// # Errors
    /// An exception ends the process.
    fn start_front(&self, worker: &Rc<Worker>) -> Result<FrontPart, Throw> {
        let _ = worker;
        Err(Throw::error(
            "this server has no process in front of its workers",
        ))
    }
    /// Do callbacks in task workers run in coroutines? Otherwise they are plain calls that may block,
    /// one task after the other.
    fn tasks_in_coroutines(&self) -> bool {
        true
    }
    /// A message of another process came.
    fn message(&self, worker: &Rc<Worker>, message: Message) {
        let _ = (worker, message);
    }
    /// The worker takes nothing new: it was told to end.
    fn draining(&self, worker: &Rc<Worker>) {
        let _ = worker;
    }
    /// Runs in a coroutine of the worker when it has drained.
    fn stop(&self, worker: &Rc<Worker>) {
        let _ = worker;
    }
    /// Runs when the worker's loop is over, outside of coroutines.
    fn stopped(&self, worker: &Rc<Worker>) {
        let _ = worker;
    }
    /// The last connection is closed: may the coroutines that are left be cancelled at once,
    /// before the worker's time is over? Asked until it says yes.
    fn lets_go(&self) -> bool {
        false
    }
    /// What is thrown into coroutines that still run when the worker's time is over.
    fn cancelled(&self) -> Thrown;
    /// A signal that the worker does not act on by itself: all but those to drain and to end.
    fn signal(&self, signal: Signal) {
        let _ = signal;
    }
    /// What a process has to tell beside its coroutines, to who inspects it: lines, or nothing.
    fn tells(&self) -> String {
        String::new()
    }
    /// A line for the log.
    fn log(&self, text: &str) {
        eprintln!("{text}");
    }
}
