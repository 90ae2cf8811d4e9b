//! What each kind of connection can do. All of it waits in the running coroutine.

use crate::{Config, Dialect, Error, Outcome, Param, Rows, Statement};
use crate::{mysql, postgres, sqlite};

/// A connection.
pub(crate) trait Driver {
    /// Runs a statement to its end.
    fn run(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error>;

    /// Begins a statement whose rows [`Driver::next`] gives.
    fn begin(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<(), Error>;

    /// Some rows more, in place of those that are there; none at the end.
    fn next(&mut self, rows: &mut Rows, deadline: Option<u64>) -> Result<(), Error>;

    /// Runs plain text without values or rows: `BEGIN`, `SAVEPOINT`.
    fn command(&mut self, sql: &str, deadline: Option<u64>) -> Result<(), Error>;

    /// Does the server answer?
    fn ping(&mut self, deadline: Option<u64>) -> Result<(), Error>;

    /// Makes the session as new. False where that can't be done.
    fn reset(&mut self, deadline: Option<u64>) -> Result<bool, Error>;

    /// Can the server only be read, as a replica?
    fn is_read_only(&mut self, deadline: Option<u64>) -> Result<bool, Error>;

    /// May it be used again, as far as is known without asking?
    fn is_good(&self) -> bool;

    /// What is known of it without asking.
    fn look(&self) -> Look;

    /// It is the parent's: lets go of it without a word to the other side.
    fn leave(self: Box<Self>);

    /// Is a transaction open, and has it not failed?
    fn in_transaction(&self) -> bool;

    /// Is a transaction open, even one that has failed?
    fn is_open(&self) -> bool {
        self.in_transaction()
    }

    /// How the server is told that what this one does now is not wanted any more.
    fn canceller(&self) -> Option<Canceller> {
        None
    }
}

/// What is known of a connection that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is open.
    Quiet,
    /// The other side has said something: perhaps why it ends it.
    News,
    /// It is not open any more.
    Dead,
}

/// Ends what a connection does, over another one.
#[derive(Clone)]
pub(crate) enum Canceller {
    /// `KILL QUERY`
    MySql(u32),
    /// CancelRequest: process and secret.
    Postgres(u32, Vec<u8>),
}

/// Connects.
pub(crate) fn connect(config: &Config, deadline: Option<u64>) -> Result<Box<dyn Driver>, Error> {
    Ok(match config.dialect {
        Dialect::Sqlite => Box::new(sqlite::Sqlite::open(config, deadline)?),
        Dialect::MySql => Box::new(mysql::MySql::connect(config, deadline)?),
        Dialect::Postgres => Box::new(postgres::Postgres::connect(config, deadline)?),
    })
}

/// Tells the server that a statement is not wanted any more.
pub(crate) fn cancel(config: &Config, canceller: &Canceller, deadline: u64) -> Result<(), Error> {
    match canceller {
        Canceller::MySql(id) => mysql::kill(config, *id, deadline),
        Canceller::Postgres(process, secret) => {
            postgres::cancel(config, *process, secret, deadline)
        }
    }
}
