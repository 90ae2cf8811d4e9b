//! A job that was reserved, with its connection.

use crate::Error;
use crate::client::{Client, Lease, give_back};
use crate::connection::{Connection, unexpected};
use crate::error::Kind;
use crate::reply::{Job, Reply};
use highper_pool::Pool;
use std::cell::RefCell;
use std::rc::Rc;

/// A job that was reserved. Letting go of it unfinished ends its connection, and the server gives the job to others.
pub struct Reservation {
    client: Rc<Client>,
    pool: Rc<Pool<Box<Connection>>>,
    job: Job,
    /// Gone when it is finished, and while something is asked.
    lease: RefCell<Option<Lease>>,
    process: u32,
}

impl Reservation {
    pub(crate) fn new(
        client: &Rc<Client>,
        pool: Rc<Pool<Box<Connection>>>,
        lease: Lease,
        job: Job,
    ) -> Self {
        Self {
            client: Rc::clone(client),
            pool,
            job,
            lease: RefCell::new(Some(lease)),
            process: std::process::id(),
        }
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The client that has reserved it.
    #[must_use]
    pub fn client(&self) -> &Rc<Client> {
        &self.client
    }

    /// Is it not finished yet?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.lease.borrow().is_some()
    }

    /// Asks on the job's connection. Where `ends`, the job is finished by this, and the connection free.
    fn ask(&self, output: &str, ends: bool) -> Result<bool, Error> {
        let Some((ticket, mut connection)) = self.lease.take() else {
            return Err(Error::usage(format!(
                "job {} is finished, or another coroutine is about to finish it",
                self.job.id
            )));
        };
        let asked = connection.ask(output.as_bytes(), self.client.deadline());
        let (done, is_over) = match asked {
            Ok(Reply::Done) => (Ok(true), ends),
            // It was put aside because the server had no memory for what was asked for, or was asked to.
            Ok(Reply::Buried(_)) => (Ok(true), ends),
            // Its time was over, and the server has given it to others.
            Ok(Reply::NotFound) => (Ok(false), true),
            Ok(other) => (Err(unexpected(&other)), !connection.is_at_rest()),
            Err(error) => (Err(error), true),
        };
        match is_over {
            true => give_back(&self.pool, ticket, connection),
            false => drop(self.lease.replace(Some((ticket, connection)))),
        }
        done.map_err(|error| match error.kind {
            Kind::Usage => error,
            _ => self.client.named(error),
        })
    }

    /// It is done. False where its time was over, and others have got it.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn delete(&self) -> Result<bool, Error> {
        self.ask(&format!("delete {}\r\n", self.job.id), true)
    }

    /// Gives it back, to be ready after so many seconds. False where its time was over.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn release(&self, priority: u32, delay: u32) -> Result<bool, Error> {
        let output = format!("release {} {priority} {delay}\r\n", self.job.id);
        self.ask(&output, true)
    }

    /// Puts it aside, until somebody kicks it. False where its time was over.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn bury(&self, priority: u32) -> Result<bool, Error> {
        self.ask(&format!("bury {} {priority}\r\n", self.job.id), true)
    }

    /// Asks for as much time again as there was for it. False where its time was over.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn touch(&self) -> Result<bool, Error> {
        self.ask(&format!("touch {}\r\n", self.job.id), false)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some((ticket, connection)) = self.lease.take() else {
            return;
        };
        if self.process != std::process::id() {
            connection.leave();
        }
        drop(connection);
        self.pool.give_up(ticket);
    }
}
