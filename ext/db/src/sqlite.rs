//! SQLite, the system's, on threads that may block.

use crate::driver::{Driver, Look};
use crate::error::Kind;
use crate::value::Slot;
use crate::{Column, Config, Error, Outcome, Param, Rows, Statement, shape};
use highper_engine::{self as engine, clock};
use highper_sqlite::rusqlite::types::{ToSqlOutput, Value, ValueRef};
use highper_sqlite::rusqlite::{self, Batch, Connection, InterruptHandle, OpenFlags, ToSql, ffi};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Rows that travel together between threads.
const BATCH: usize = 256;
/// Bytes that travel together.
const BATCH_BYTES: usize = 256 * 1024;
/// How long an interrupted statement may take to notice.
const NOTICE: Duration = Duration::from_secs(1);

/// What a thread does with the connection while it has it.
type Job<T> = Box<dyn FnOnce(&Connection) -> Result<T, Error> + Send>;

/// A connection.
pub(crate) struct Sqlite {
    /// Gone while a thread has it.
    connection: Option<Connection>,
    interrupt: InterruptHandle,
    in_transaction: bool,
    is_memory: bool,
    stream: Option<Stream>,
}

/// Rows on their way from a thread.
enum Stream {
    Thread {
        batches: mpsc::Receiver<Result<Rows, Error>>,
        back: oneshot::Receiver<Connection>,
    },
    /// All of them.
    Ready(Rows),
}

fn of_sqlite(error: &rusqlite::Error) -> Error {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(error, message) => (
            error.extended_code,
            message.clone().unwrap_or_else(|| error.to_string()),
        ),
        other => (ffi::SQLITE_MISUSE, other.to_string()),
    };
    let (kind, state) = match code & 0xFF {
        ffi::SQLITE_CONSTRAINT => (Kind::Statement, "23000"),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => (Kind::Statement, "40001"),
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOTADB => (Kind::Connection, "08001"),
        ffi::SQLITE_INTERRUPT => (Kind::Statement, "57014"),
        ffi::SQLITE_READONLY => (Kind::Statement, "25006"),
        ffi::SQLITE_FULL => (Kind::Statement, "53100"),
        ffi::SQLITE_TOOBIG => (Kind::Statement, "22001"),
        ffi::SQLITE_ERROR if message.starts_with("no such table") => (Kind::Statement, "42S02"),
        ffi::SQLITE_ERROR if message.starts_with("no such column") => (Kind::Statement, "42S22"),
        ffi::SQLITE_ERROR => (Kind::Statement, "42000"),
        _ => (Kind::Statement, "HY000"),
    };
    Error {
        code: i64::from(code),
        ..Error::new(kind, state, shape::without_values(&message))
    }
}

/// A value that goes to another thread.
enum Owned {
    Null,
    Int(i64),
    Float(f64),
    Text(Vec<u8>),
}

impl Owned {
    fn of(param: &Param<'_>) -> Self {
        match param {
            Param::Null => Self::Null,
            Param::Bool(value) => Self::Int(i64::from(*value)),
            Param::Int(value) => Self::Int(*value),
            Param::Float(value) => Self::Float(*value),
            Param::Text(bytes) => Self::Text(bytes.to_vec()),
        }
    }
}

impl ToSql for Owned {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Self::Float(value) => ToSqlOutput::Owned(Value::Real(*value)),
            // What is no UTF-8 is no text.
            Self::Text(bytes) => ToSqlOutput::Borrowed(match std::str::from_utf8(bytes) {
                Ok(_) => ValueRef::Text(bytes),
                Err(_) => ValueRef::Blob(bytes),
            }),
        })
    }
}

fn open(config: &Config) -> Result<Connection, Error> {
    let memory = config.is_memory();
    let mode = match config.read_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let path = if memory { ":memory:" } else { &config.database };
    let cannot = |error: rusqlite::Error| {
        let mut error = of_sqlite(&error);
        error.kind = Kind::Connection;
        error.message = format!("cannot open {path}: {}", error.message);
        error.unsent()
    };
    highper_sqlite::load().map_err(|missing| {
        Error::new(
            Kind::Connection,
            "08001",
            format!("cannot open {path}: {missing}"),
        )
        .unsent()
    })?;
    let connection =
        Connection::open_with_flags(Path::new(path), mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(cannot)?;
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(cannot)?;
    connection.set_prepared_statement_cache_capacity(config.statements.max(1));
    let foreign_keys = ("foreign_keys".to_owned(), "on".to_owned());
    for (name, value) in std::iter::once(&foreign_keys).chain(&config.pragmas) {
        connection
            .execute_batch(&format!("PRAGMA {name} = {value}"))
            .map_err(cannot)?;
    }
    Ok(connection)
}

/// Adds a row.
fn take(rows: &mut Rows, row: &rusqlite::Row<'_>, width: usize) -> Result<(), Error> {
    for column in 0..width {
        match row.get_ref(column).map_err(|error| of_sqlite(&error))? {
            ValueRef::Null => rows.push(Slot::Null),
            ValueRef::Integer(value) => rows.push(Slot::Int(value)),
            ValueRef::Real(value) => rows.push(Slot::Float(value)),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => rows.text(bytes),
        }
    }
    Ok(())
}

/// SQLite would run the first of several statements, and leave the others out.
fn is_one(connection: &Connection, sql: &str) -> Result<(), Error> {
    use highper_sqlite::rusqlite::fallible_iterator::FallibleIterator as _;
    let mut batch = Batch::new(connection, sql);
    batch.next().map_err(|error| of_sqlite(&error))?;
    match batch.next() {
        Ok(None) => Ok(()),
        // Or one that can't be read before the first has run.
        _ => Err(Error::new(
            Kind::Statement,
            "42601",
            "there are several statements in one text; run them one by one",
        )),
    }
}

/// Runs a statement; `full` gets the rows each time that there are enough, and says whether to go on.
fn run(
    connection: &Connection,
    sql: &str,
    params: &[Owned],
    mut full: impl FnMut(&mut Rows) -> bool,
) -> Result<Outcome, Error> {
    let wrong = |error: rusqlite::Error| of_sqlite(&error);
    let before = connection.total_changes();
    if memchr::memchr(
        b';',
        sql.trim_end_matches([';', ' ', '\n', '\t', '\r'])
            .as_bytes(),
    )
    .is_some()
    {
        is_one(connection, sql)?;
    }
    let mut statement = connection.prepare_cached(sql).map_err(wrong)?;
    for (at, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, param).map_err(wrong)?;
    }
    let columns: Arc<[Column]> = statement
        .column_names()
        .into_iter()
        .map(|name| Column {
            name: name.into(),
            kind: crate::Type::Plain,
        })
        .collect();
    let width = columns.len();
    let mut outcome = Outcome::default();
    if width > 0 {
        outcome.rows = Rows::new(columns);
    }
    let mut found = statement.raw_query();
    while let Some(row) = found.next().map_err(wrong)? {
        take(&mut outcome.rows, row, width)?;
        if !full(&mut outcome.rows) {
            break;
        }
    }
    drop(found);
    if connection.total_changes() != before {
        outcome.affected = connection.changes();
        outcome.last_id = Some(connection.last_insert_rowid());
    }
    Ok(outcome)
}

impl Sqlite {
    pub(crate) fn open(config: &Config, deadline: Option<u64>) -> Result<Self, Error> {
        let own = config.clone();
        let connection =
            engine::offload_until(move || open(&own), deadline).map_err(Error::of_wake)??;
        Ok(Self {
            interrupt: connection.get_interrupt_handle(),
            connection: Some(connection),
            in_transaction: false,
            is_memory: config.is_memory(),
            stream: None,
        })
    }

    fn taken(&mut self) -> Result<Connection, Error> {
        self.connection.take().ok_or_else(|| {
            Error::connection("this connection still does what was cancelled before").unsent()
        })
    }

    /// Takes the connection back from a thread, which is told to hurry.
    fn recover(&mut self, back: &mut oneshot::Receiver<Connection>) {
        self.interrupt.interrupt();
        if engine::can_suspend()
            && let Ok(Ok(connection)) = engine::await_future(back, Some(clock::after(NOTICE)))
        {
            self.keep(connection);
        }
    }

    fn keep(&mut self, connection: Connection) {
        self.in_transaction = !connection.is_autocommit();
        self.connection = Some(connection);
    }

    fn work<T: Send + 'static>(&mut self, job: Job<T>, deadline: Option<u64>) -> Result<T, Error> {
        let connection = self.taken()?;
        if !engine::can_suspend() {
            let done = job(&connection);
            self.keep(connection);
            return done;
        }
        let (give_back, mut back) = oneshot::channel();
        let (tell, mut told) = oneshot::channel();
        let begin = async {
            tokio::task::spawn_blocking(move || {
                let done = job(&connection);
                // Nobody may wait any more.
                let _kept = tell.send(done);
                let _kept = give_back.send(connection);
            });
            (&mut told).await
        };
        match engine::await_future(begin, deadline) {
            Ok(Ok(done)) => {
                if let Ok(Ok(connection)) = engine::await_future(&mut back, None) {
                    self.keep(connection);
                }
                done
            }
            Ok(Err(_)) => Err(Error::connection(
                "the thread of this connection has failed",
            )),
            Err(wake) => {
                self.recover(&mut back);
                Err(Error::of_wake(wake))
            }
        }
    }

    fn leave_stream(&mut self) {
        if let Some(Stream::Thread {
            mut batches,
            mut back,
        }) = self.stream.take()
        {
            batches.close();
            self.recover(&mut back);
        }
    }
}

impl Driver for Sqlite {
    fn run(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        self.leave_stream();
        let sql = statement.sql().to_owned();
        let params: Vec<Owned> = params.iter().map(Owned::of).collect();
        self.work(
            Box::new(move |connection| run(connection, &sql, &params, |_| true)),
            deadline,
        )
    }

    fn begin(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        self.leave_stream();
        if self.is_memory || !engine::can_suspend() {
            let outcome = self.run(statement, params, deadline)?;
            self.stream = Some(Stream::Ready(outcome.rows));
            return Ok(());
        }
        let sql = statement.sql().to_owned();
        let params: Vec<Owned> = params.iter().map(Owned::of).collect();
        let connection = self.taken()?;
        let (give_back, back) = oneshot::channel();
        let (batch, batches) = mpsc::channel(2);
        let spawned = async move {
            tokio::task::spawn_blocking(move || {
                let done = run(&connection, &sql, &params, |rows| {
                    if rows.len() < BATCH && rows.data.len() < BATCH_BYTES {
                        return true;
                    }
                    let next = rows.columns.clone().map(Rows::new).unwrap_or_default();
                    batch
                        .blocking_send(Ok(std::mem::replace(rows, next)))
                        .is_ok()
                });
                // Whoever asked may have gone.
                let _kept = batch.blocking_send(done.map(|outcome| outcome.rows));
                drop(batch);
                let _kept = give_back.send(connection);
            });
        };
        self.stream = Some(Stream::Thread { batches, back });
        engine::await_future(spawned, None).map_err(Error::of_wake)
    }

    fn next(&mut self, rows: &mut Rows, deadline: Option<u64>) -> Result<(), Error> {
        let (batches, back) = match &mut self.stream {
            None => {
                rows.clear();
                return Ok(());
            }
            Some(Stream::Ready(all)) => {
                *rows = std::mem::take(all);
                self.stream = None;
                return Ok(());
            }
            Some(Stream::Thread { batches, back }) => (batches, back),
        };
        match engine::await_future(batches.recv(), deadline) {
            Ok(Some(Ok(batch))) if !batch.is_empty() => {
                *rows = batch;
                Ok(())
            }
            Ok(end) => {
                let done = engine::await_future(back, None);
                self.stream = None;
                if let Ok(Ok(connection)) = done {
                    self.keep(connection);
                }
                rows.clear();
                match end {
                    Some(Ok(last)) => {
                        *rows = last;
                        Ok(())
                    }
                    Some(Err(error)) => Err(error),
                    None => Ok(()),
                }
            }
            Err(wake) => {
                self.leave_stream();
                Err(Error::of_wake(wake))
            }
        }
    }

    fn command(&mut self, sql: &str, deadline: Option<u64>) -> Result<(), Error> {
        self.leave_stream();
        // A reader that becomes a writer half-way may find that another one was faster, for good.
        let sql = match sql {
            "BEGIN" => "BEGIN IMMEDIATE".to_owned(),
            other => other.to_owned(),
        };
        self.work(
            Box::new(move |connection| connection.execute_batch(&sql).map_err(|e| of_sqlite(&e))),
            deadline,
        )
    }

    fn ping(&mut self, _deadline: Option<u64>) -> Result<(), Error> {
        Ok(())
    }

    fn reset(&mut self, _deadline: Option<u64>) -> Result<bool, Error> {
        self.leave_stream();
        // There is no way to make one as new; a database in memory has only this one.
        Ok(self.is_memory && self.connection.is_some())
    }

    fn is_read_only(&mut self, _deadline: Option<u64>) -> Result<bool, Error> {
        Ok(false)
    }

    fn is_good(&self) -> bool {
        self.connection.is_some() && self.stream.is_none()
    }

    fn look(&self) -> Look {
        Look::Quiet
    }

    fn leave(self: Box<Self>) {
        // A child that closes it would tidy up the parent's files.
        std::mem::forget(self);
    }

    fn in_transaction(&self) -> bool {
        self.in_transaction
    }
}
