//! Listening sockets in the manager: held for the workers, closed when the server begins to end.

use crate::serve::Spoken;
use highper_process::listen::{Address, Listener, TcpOptions, bind_tcp_group};
use highper_process::post::Post;
use highper_process::{Error, Exit, Hooks, Level, Spawned};
use std::cell::RefCell;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The sockets, until somebody takes or closes them.
///
/// For each address one that all workers share, or one for each worker.
pub struct Sockets(RefCell<Vec<Vec<Listener>>>);

impl Sockets {
    /// Holds these, for all workers together.
    #[must_use]
    pub fn shared(listeners: Vec<Listener>) -> Rc<Self> {
        let each = listeners.into_iter().map(|listener| vec![listener]);
        Rc::new(Self(RefCell::new(each.collect())))
    }

    /// Binds the TCP addresses anew by `SO_REUSEPORT`, a socket for each of so many workers: the
    /// kernel spreads the connections. Others stay shared.
    ///
    /// # Errors
    /// That of binding.
    pub fn for_each(listeners: Vec<Listener>, workers: usize) -> Result<Rc<Self>, Error> {
        let mut groups = Vec::with_capacity(listeners.len());
        for listener in listeners {
            groups.push(match *listener.address() {
                // Of a group already: one for each worker was left to us.
                Address::Tcp(address) if listener.is_one_of_several() => {
                    let mut group = vec![listener];
                    let more = workers.saturating_sub(1);
                    group.extend(bind_tcp_group(address, &TcpOptions::default(), more)?);
                    group
                }
                Address::Tcp(address) => {
                    drop(listener);
                    bind_tcp_group(address, &TcpOptions::default(), workers)?
                }
                _ => vec![listener],
            });
        }
        Ok(Rc::new(Self(RefCell::new(groups))))
    }

    /// For a worker: its own of each address. The others are closed in its process.
    #[must_use]
    pub fn take(&self, worker: usize) -> Vec<Listener> {
        let groups = self.0.take();
        let own = |mut group: Vec<Listener>| group.swap_remove(worker % group.len());
        groups.into_iter().map(own).collect()
    }

    /// For a process that serves none: closes them in it alone.
    pub fn close_own(&self) {
        drop(self.0.take());
    }

    /// Nobody is to connect for now; or again.
    ///
    /// # Errors
    /// A socket that does not do it; the others have.
    pub fn pause(&self, paused: bool) -> Result<(), Error> {
        let mut done = Ok(());
        for listener in self.0.borrow().iter().flatten() {
            let one = match paused {
                true => listener.pause(),
                false => listener.resume(),
            };
            if let Err(error) = one {
                let what = if paused { "pause" } else { "listen again" };
                done = Err(Error::new(format!(
                    "{} can't {what}: {error}",
                    listener.address()
                )));
            }
        }
        done
    }

    /// Nobody is to connect any more, to no process.
    pub fn close(&self) {
        for listener in self.0.take().into_iter().flatten() {
            listener.close();
        }
    }
}

/// Hooks that close the sockets before the workers are told to end.
pub struct Closing<'a> {
    /// Who hears about everything.
    pub hooks: &'a mut dyn Hooks,
    /// What is closed.
    pub sockets: Rc<Sockets>,
    /// Whose certificates are read anew before a reload.
    pub(crate) spoken: Rc<RefCell<Spoken>>,
}

impl Hooks for Closing<'_> {
    fn before_fork(&mut self) -> Result<(), Error> {
        crate::hooks::prepare();
        self.hooks.before_fork()
    }

    fn prepared(&mut self, post: &Arc<Post>) {
        self.hooks.prepared(post);
    }

    fn wait(&mut self, fds: &[RawFd], time: Duration) -> std::io::Result<Vec<bool>> {
        self.hooks.wait(fds, time)
    }

    fn manager_start(&mut self) -> Result<(), Error> {
        self.hooks.manager_start()
    }

    fn worker_spawned(&mut self, worker: &Spawned) -> Result<(), Error> {
        self.hooks.worker_spawned(worker)
    }

    fn worker_exited(&mut self, exit: &Exit) -> Result<(), Error> {
        self.hooks.worker_exited(exit)
    }

    fn started(&mut self) -> Result<(), Error> {
        self.hooks.started()
    }

    fn wants_reload(&mut self) -> bool {
        self.hooks.wants_reload()
    }

    fn before_reload(&mut self) -> Result<(), Error> {
        for problem in self.spoken.borrow_mut().renew() {
            self.hooks.log(Level::Error, &problem);
        }
        self.hooks.before_reload()
    }

    fn after_reload(&mut self) -> Result<(), Error> {
        self.hooks.after_reload()
    }

    fn before_shutdown(&mut self) -> Result<(), Error> {
        self.sockets.close();
        self.hooks.before_shutdown()
    }

    fn sockets(&mut self) -> Vec<(RawFd, bool)> {
        let groups = self.sockets.0.borrow();
        let all = groups.iter().flatten();
        all.map(|listener| (listener.as_raw_fd(), listener.is_lent()))
            .collect()
    }

    fn handed_over(&mut self) {
        self.sockets.close_own();
        self.hooks.handed_over();
    }

    fn paused(&mut self, paused: bool) -> Result<(), Error> {
        self.sockets.pause(paused)?;
        self.hooks.paused(paused)
    }

    fn manager_stop(&mut self) -> Result<(), Error> {
        self.hooks.manager_stop()
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.hooks.tick()
    }

    fn logs_reopened(&mut self) -> Result<(), Error> {
        self.hooks.logs_reopened()
    }

    fn should_abort(&mut self) -> bool {
        self.hooks.should_abort()
    }

    fn log(&mut self, level: Level, text: &str) {
        self.hooks.log(level, text);
    }
}
