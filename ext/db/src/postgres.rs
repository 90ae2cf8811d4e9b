//! PostgreSQL: the frontend/backend protocol, version 3, on the engine's sockets.
//!
//! Written after chapter "Frontend/Backend Protocol" of PostgreSQL's documentation. Statements are prepared, values and
//! rows travel as text, except for the bytes of `bytea` values.

mod auth;
mod decode;
mod md5;

use crate::config::Tls;
use crate::driver::{Canceller, Driver, Look};
use crate::error::Kind;
use crate::link::Link;
use crate::{Cell, Columns, Config, Dialect, Error, Outcome, Param, Rows, Statement, shape};
use auth::{Scram, refused};
use decode::{BOOL, BYTEA, Field, Reader};
use std::collections::HashMap;
use std::rc::Rc;

const VERSION: u32 = 196_608;
const SSL_REQUEST: u32 = 80_877_103;
const CANCEL_REQUEST: u32 = 80_877_102;

/// Rows that are given at a time.
const BATCH: usize = 256;
/// Bytes of rows that are given at a time.
const BATCH_BYTES: usize = 256 * 1024;

/// A statement that the server knows.
#[derive(Clone)]
struct Prepared {
    name: u64,
    params: Rc<[u32]>,
    columns: Columns,
    fields: Rc<[Field]>,
    used: u64,
}

/// A connection.
pub(crate) struct Postgres {
    link: Link,
    process: u32,
    secret: Vec<u8>,
    /// `I`, `T` in a transaction, `E` in one that has failed.
    status: u8,
    /// Something was sent whose answer has not been read to its end.
    is_busy: bool,
    stream: Option<Prepared>,
    prepared: HashMap<Box<str>, Prepared>,
    most: usize,
    uses: u64,
}

/// The fields of an error.
fn of_server(message: &[u8]) -> Error {
    let mut reader = Reader(message);
    let (mut state, mut text, mut hint) = ("HY000".to_owned(), String::new(), None);
    while let Ok(&[kind]) = reader.bytes(1)
        && kind != 0
    {
        let Ok(value) = reader.text() else { break };
        let value = String::from_utf8_lossy(value).into_owned();
        match kind {
            b'C' => state = value,
            b'M' => text = shape::without_values(&value),
            b'H' => hint = Some(value),
            _ => {}
        }
    }
    if let Some(hint) = hint {
        text = format!("{text} ({})", shape::without_values(&hint));
    }
    // The server goes down, or was told to end this connection.
    let kind = match &*state {
        "57P01" | "57P02" | "57P03" => Kind::Connection,
        _ => Kind::Statement,
    };
    Error::new(kind, &state, text)
}

/// Writes a message: a kind, a length, what it holds.
fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    if kind != 0 {
        out.push(kind);
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// The socket of a folder, or the socket itself.
fn socket(config: &Config) -> Option<String> {
    let path = config.socket.as_deref()?;
    Some(match path.contains(".s.PGSQL.") {
        true => path.to_owned(),
        false => format!("{path}/.s.PGSQL.{}", config.port),
    })
}

impl Postgres {
    /// Connects and logs in.
    pub(crate) fn connect(config: &Config, deadline: Option<u64>) -> Result<Self, Error> {
        let unix = socket(config);
        let mut link = Link::connect(config, unix.as_deref(), deadline)?;
        if config.tls != Tls::Disabled && unix.is_none() {
            message(&mut link.output, 0, |out| {
                out.extend_from_slice(&SSL_REQUEST.to_be_bytes());
            });
            link.flush(deadline)?;
            link.need(1, deadline)?;
            let answer = link.bytes()[0];
            link.take(1);
            match answer {
                b'S' => link.secure(config)?,
                _ if config.tls == Tls::Preferred => {}
                _ => {
                    return Err(Error::new(
                        Kind::Connection,
                        "08001",
                        "the server offers no TLS, and ssl wants it",
                    ));
                }
            }
        }
        let mut this = Self {
            link,
            process: 0,
            secret: Vec::new(),
            status: b'I',
            is_busy: true,
            stream: None,
            prepared: HashMap::new(),
            most: config.statements.max(1),
            uses: 0,
        };
        this.log_in(config, deadline).map_err(|mut error| {
            if error.kind == Kind::Statement {
                error.kind = Kind::Connection;
            }
            if &*error.sqlstate == "53300" {
                error.message.push_str(
                    "; each worker has up to pool.max: lower that, or raise the server's max_connections",
                );
            }
            error
        })?;
        Ok(this)
    }

    fn log_in(&mut self, config: &Config, deadline: Option<u64>) -> Result<(), Error> {
        let database = match config.database.is_empty() {
            true => &config.user,
            false => &config.database,
        };
        message(&mut self.link.output, 0, |out| {
            out.extend_from_slice(&VERSION.to_be_bytes());
            for (name, value) in [
                ("user", Some(&config.user)),
                ("database", Some(database)),
                ("client_encoding", Some(&"UTF8".to_owned())),
                ("application_name", config.name.as_ref()),
                ("TimeZone", config.timezone.as_ref()),
                ("search_path", config.schema.as_ref()),
                ("DateStyle", Some(&"ISO".to_owned())),
            ] {
                if let Some(value) = value {
                    text(out, name);
                    text(out, &value.replace('\0', ""));
                }
            }
            out.push(0);
        });
        self.link.flush(deadline)?;
        let mut scram = None;
        loop {
            let (kind, body) = self.read(deadline)?;
            let body = body.to_vec();
            match kind {
                b'R' => self.authenticate(config, &body, &mut scram, deadline)?,
                b'K' => {
                    let mut reader = Reader(&body);
                    self.process = reader.int(4)?;
                    self.secret = reader.0.to_vec();
                }
                b'E' => return Err(of_server(&body)),
                b'Z' => return self.ready(&body),
                b'S' | b'N' => {}
                _ => {
                    return Err(Error::protocol(
                        "the server does not speak PostgreSQL's protocol",
                    ));
                }
            }
        }
    }

    fn authenticate(
        &mut self,
        config: &Config,
        body: &[u8],
        scram: &mut Option<Scram>,
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        let password = &config.password.0;
        let mut reader = Reader(body);
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let out = &mut self.link.output;
        match reader.int(4)? {
            0 => return Ok(()),
            3 => {
                if !self.link.is_secure() && config.socket.is_none() {
                    return Err(refused(
                        "the server wants the password as it is, which is sent over TLS or a local socket only: set ssl to 'require'",
                    ));
                }
                message(&mut self.link.output, b'p', |out| text(out, password));
            }
            5 => {
                let proof = auth::md5(&config.user, password, reader.bytes(4)?);
                message(out, b'p', |out| text(out, &proof));
            }
            10 => {
                let known = reader
                    .0
                    .split(|byte| *byte == 0)
                    .any(|name| name == b"SCRAM-SHA-256");
                if !known {
                    return Err(refused(
                        "the server knows no way to log in by SCRAM-SHA-256",
                    ));
                }
                let begun = Scram::new(password)?;
                let first = begun.first();
                message(out, b'p', |out| {
                    text(out, "SCRAM-SHA-256");
                    out.extend_from_slice(&(first.len() as u32).to_be_bytes());
                    out.extend_from_slice(first.as_bytes());
                });
                *scram = Some(begun);
            }
            11 => {
                let begun = scram
                    .as_mut()
                    .ok_or_else(|| refused("the server goes on with what was not begun"))?;
                let answer = begun.answer(&lossy(reader.0))?;
                message(out, b'p', |out| out.extend_from_slice(answer.as_bytes()));
            }
            12 => {
                let begun = scram
                    .as_ref()
                    .ok_or_else(|| refused("the server ends what was not begun"))?;
                return begun.finish(&lossy(reader.0));
            }
            other => {
                return Err(refused(&format!(
                    "the server wants a way to log in (number {other}) that is not known; passwords by SCRAM-SHA-256 or MD5 are"
                )));
            }
        }
        self.link.flush(deadline)
    }

    /// The next message: its kind and what it holds.
    fn read(&mut self, deadline: Option<u64>) -> Result<(u8, &[u8]), Error> {
        self.link.need(5, deadline)?;
        let head = self.link.bytes();
        let kind = head[0];
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if !(4..=0x7FFF_FFFF).contains(&length) {
            return Err(Error::protocol(
                "the server sent a message of an impossible length",
            ));
        }
        self.link.need(length + 1, deadline)?;
        self.link.take(length + 1);
        Ok((kind, &self.link.taken(length + 1)[5..]))
    }

    fn ready(&mut self, body: &[u8]) -> Result<(), Error> {
        self.status = Reader(body).bytes(1)?[0];
        self.is_busy = false;
        Ok(())
    }

    fn send(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        if self.is_busy {
            self.link.output.clear();
            return Err(
                Error::connection("the connection is not ready for another statement").unsent(),
            );
        }
        self.is_busy = true;
        self.stream = None;
        self.link.flush(deadline)
    }

    /// Reads until the server is ready again; an error is told then.
    fn settle(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        self.settle_with(deadline, |_, _| Ok(()))
    }

    fn settle_with(
        &mut self,
        deadline: Option<u64>,
        mut each: impl FnMut(u8, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut failed = None;
        loop {
            let (kind, body) = self.read(deadline)?;
            match kind {
                b'Z' => {
                    let status = Reader(body).bytes(1)?[0];
                    self.status = status;
                    self.is_busy = false;
                    return failed.map_or(Ok(()), Err);
                }
                b'E' => {
                    let error = of_server(body);
                    if error.kind == Kind::Connection {
                        return Err(error);
                    }
                    failed.get_or_insert(error);
                }
                b'G' => {
                    failed.get_or_insert(no_copy());
                    message(&mut self.link.output, b'f', |out| {
                        text(out, "not supported")
                    });
                    // The one that was sent before was taken for a part of the data.
                    message(&mut self.link.output, b'S', |_| {});
                    self.link.flush(deadline)?;
                }
                b'H' => drop(failed.get_or_insert(no_copy())),
                b'S' | b'N' | b'A' | b'd' | b'c' => {}
                kind => each(kind, body)?,
            }
        }
    }

    /// Prepares a statement, where that was not done yet.
    fn prepare(&mut self, sql: &str, deadline: Option<u64>) -> Result<Prepared, Error> {
        self.uses += 1;
        if let Some(known) = self.prepared.get_mut(sql) {
            known.used = self.uses;
            return Ok(known.clone());
        }
        if self.prepared.len() >= self.most {
            let oldest = self
                .prepared
                .iter()
                .min_by_key(|(_, prepared)| prepared.used);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.forget(&key);
            }
        }
        let number = self.uses;
        let name = format!("h{number}");
        let out = &mut self.link.output;
        message(out, b'P', |out| {
            text(out, &name);
            text(out, &sql.replace('\0', ""));
            out.extend_from_slice(&[0, 0]);
        });
        message(out, b'D', |out| {
            out.push(b'S');
            text(out, &name);
        });
        message(out, b'S', |_| {});
        self.send(deadline)?;
        let (mut params, mut columns, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        self.settle_with(deadline, |kind, body| {
            match kind {
                b't' => {
                    let mut reader = Reader(body);
                    for _ in 0..reader.int(2)? {
                        params.push(reader.int(4)?);
                    }
                }
                b'T' => (columns, fields) = decode::columns(body)?,
                _ => {}
            }
            Ok(())
        })?;
        let prepared = Prepared {
            name: number,
            params: params.into(),
            columns: columns.into(),
            fields: fields.into(),
            used: self.uses,
        };
        self.prepared.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }

    /// Forgets a statement; the server hears of it with the next one.
    fn forget(&mut self, sql: &str) {
        if let Some(prepared) = self.prepared.remove(sql) {
            message(&mut self.link.output, b'C', |out| {
                out.push(b'S');
                text(out, &format!("h{}", prepared.name));
            });
        }
    }

    /// Sends a statement with its values.
    fn start(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Prepared, Error> {
        let prepared = self.prepare(statement.sql(), deadline)?;
        if prepared.params.len() != params.len() {
            return Err(Error::usage(format!(
                "the statement has {} places and {} values were given",
                prepared.params.len(),
                params.len()
            )));
        }
        let out = &mut self.link.output;
        message(out, b'B', |out| {
            out.push(0);
            text(out, &format!("h{}", prepared.name));
            out.extend_from_slice(&(params.len() as u16).to_be_bytes());
            for kind in &*prepared.params {
                let is_binary = u16::from(*kind == BYTEA);
                out.extend_from_slice(&is_binary.to_be_bytes());
            }
            out.extend_from_slice(&(params.len() as u16).to_be_bytes());
            for (param, kind) in params.iter().zip(&*prepared.params) {
                value(out, param, *kind);
            }
            out.extend_from_slice(&[0, 0]);
        });
        message(out, b'E', |out| out.extend_from_slice(&[0; 5]));
        message(out, b'S', |_| {});
        self.send(deadline)?;
        Ok(prepared)
    }

    fn run_once(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        let prepared = self.start(statement, params, deadline)?;
        let mut outcome = Outcome::default();
        if !prepared.fields.is_empty() {
            outcome.rows = Rows::new(prepared.columns.clone());
        }
        self.settle_with(deadline, |kind, body| {
            match kind {
                b'D' => decode::row(body, &prepared.fields, &mut outcome.rows)?,
                b'C' => outcome.affected = affected(body),
                _ => {}
            }
            Ok(())
        })?;
        Ok(outcome)
    }

    /// Is it about the statement as it was prepared, so that preparing it anew helps?
    fn is_stale(&self, error: &Error) -> bool {
        let is_plan = &*error.sqlstate == "0A000" && error.message.contains("cached plan");
        self.status == b'I' && (is_plan || &*error.sqlstate == "26000")
    }
}

fn no_copy() -> Error {
    Error::new(
        Kind::Statement,
        "0A000",
        "COPY from and to the client is not supported; insert several rows at once, or copy a file of the server's",
    )
}

/// `INSERT 0 5`, `UPDATE 3`; what only reads changes nothing.
fn affected(tag: &[u8]) -> u64 {
    let tag = String::from_utf8_lossy(tag);
    let tag = tag.trim_end_matches('\0');
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"];
    match changes.iter().any(|verb| tag.starts_with(verb)) {
        true => tag
            .rsplit(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
        false => 0,
    }
}

/// Writes a value.
fn value(out: &mut Vec<u8>, param: &Param<'_>, kind: u32) {
    let number;
    let bytes: &[u8] = match param {
        Param::Null => {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return;
        }
        Param::Bool(value) if kind == BOOL => match value {
            true => b"t",
            false => b"f",
        },
        Param::Bool(value) => match value {
            true => b"1",
            false => b"0",
        },
        Param::Int(value) => {
            number = value.to_string();
            number.as_bytes()
        }
        Param::Float(value) => {
            number = match value {
                value if value.is_nan() => "NaN".to_owned(),
                value if value.is_infinite() => match *value > 0.0 {
                    true => "Infinity".to_owned(),
                    false => "-Infinity".to_owned(),
                },
                value => value.to_string(),
            };
            number.as_bytes()
        }
        Param::Text(bytes) => bytes,
    };
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

impl Driver for Postgres {
    fn run(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        match self.run_once(statement, params, deadline) {
            Err(error) if self.is_stale(&error) => {
                self.forget(statement.sql());
                self.run_once(statement, params, deadline)
            }
            done => done,
        }
    }

    fn begin(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        // It may have been prepared before the table was changed: rows can't be given twice.
        self.forget(statement.sql());
        self.stream = Some(self.start(statement, params, deadline)?);
        Ok(())
    }

    fn next(&mut self, rows: &mut Rows, deadline: Option<u64>) -> Result<(), Error> {
        rows.clear();
        let Some(prepared) = self.stream.take() else {
            return Ok(());
        };
        rows.columns = Some(prepared.columns.clone());
        while rows.len() < BATCH && rows.data.len() < BATCH_BYTES {
            let (kind, body) = self.read(deadline)?;
            match kind {
                b'D' => decode::row(body, &prepared.fields, rows)?,
                b'C' | b'I' => return self.settle(deadline),
                b'E' => {
                    let error = of_server(body);
                    if error.kind != Kind::Connection {
                        self.settle(deadline)?;
                    }
                    return Err(error);
                }
                _ => {}
            }
        }
        self.stream = Some(prepared);
        Ok(())
    }

    fn command(&mut self, sql: &str, deadline: Option<u64>) -> Result<(), Error> {
        message(&mut self.link.output, b'Q', |out| text(out, sql));
        self.send(deadline)?;
        self.settle(deadline)
    }

    fn ping(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        message(&mut self.link.output, b'S', |_| {});
        self.send(deadline)?;
        self.settle(deadline)
    }

    fn reset(&mut self, deadline: Option<u64>) -> Result<bool, Error> {
        self.link.output.clear();
        self.prepared.clear();
        self.command("DISCARD ALL", deadline)?;
        Ok(true)
    }

    fn is_read_only(&mut self, deadline: Option<u64>) -> Result<bool, Error> {
        let asked = Statement::parse("SELECT pg_is_in_recovery()", Dialect::Postgres)?;
        let found = self.run(&asked, &[], deadline)?;
        Ok(found.rows.cell(0, 0) != Some(Cell::Bool(false)))
    }

    fn is_good(&self) -> bool {
        !self.is_busy
    }

    fn look(&self) -> Look {
        self.link.look()
    }

    fn leave(mut self: Box<Self>) {
        // Its end says goodbye only where nothing is under way.
        self.is_busy = true;
    }

    fn in_transaction(&self) -> bool {
        self.status == b'T'
    }

    fn is_open(&self) -> bool {
        self.status != b'I'
    }

    fn canceller(&self) -> Option<Canceller> {
        self.is_busy
            .then(|| Canceller::Postgres(self.process, self.secret.clone()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !self.is_busy {
            self.link.output.clear();
            message(&mut self.link.output, b'X', |_| {});
            self.link.say();
        }
    }
}

/// Ends the statement that a connection runs, over another one.
pub(crate) fn cancel(
    config: &Config,
    process: u32,
    secret: &[u8],
    deadline: u64,
) -> Result<(), Error> {
    let mut link = Link::connect(config, socket(config).as_deref(), Some(deadline))?;
    message(&mut link.output, 0, |out| {
        out.extend_from_slice(&CANCEL_REQUEST.to_be_bytes());
        out.extend_from_slice(&process.to_be_bytes());
        out.extend_from_slice(secret);
    });
    link.flush(Some(deadline))?;
    // The server closes it when it has passed that on.
    match link.need(1, Some(deadline)) {
        Err(error) if error.kind == Kind::Connection => Ok(()),
        done => done,
    }
}
