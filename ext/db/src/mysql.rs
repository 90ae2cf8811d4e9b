//! MySQL and MariaDB: the client/server protocol, on the engine's sockets.
//!
//! Written after "MySQL Client/Server Protocol" of the MySQL Source Code Documentation and "Client/Server Protocol"
//! of MariaDB's knowledge base.

mod auth;
mod command;
mod decode;
mod rsa;
mod wire;

use crate::config::Tls;
use crate::driver::{Canceller, Driver, Look};
use crate::error::Kind;
use crate::link::Link;
use crate::{Cell, Column, Columns, Config, Error, Outcome, Param, Rows, Statement, shape};
use auth::refused;
use command::{execution, put_packet};
use decode::Field;
use std::collections::HashMap;
use std::rc::Rc;
use wire::{Reader, put_text};

/// The largest payload of one packet; what is longer goes on in the next.
const LARGEST: usize = 0xFF_FFFF;
/// What the server may send us: as much as it can.
const MAX_PACKET: u32 = 1 << 30;
/// `utf8mb4_general_ci`, which all versions have.
const CHARSET: u8 = 45;

const CONNECT_WITH_DB: u64 = 8;
const SSL: u64 = 0x800;
const PLUGIN_AUTH: u64 = 0x8_0000;
const DEPRECATE_EOF: u64 = 0x100_0000;
/// Long passwords and flags, protocol 4.1, transactions, secure connections, several results, log-in plugins.
const WANTED: u64 = 0x1
    | 0x4
    | 0x200
    | 0x2000
    | 0x8000
    | 0x2_0000
    | 0x4_0000
    | PLUGIN_AUTH
    | 0x20_0000
    | DEPRECATE_EOF;

const IN_TRANSACTION: u64 = 1;
const MORE_RESULTS: u64 = 8;

const COM_QUIT: u8 = 0x01;
const COM_QUERY: u8 = 0x03;
const COM_PING: u8 = 0x0E;
const COM_PREPARE: u8 = 0x16;
const COM_CLOSE: u8 = 0x19;
const COM_RESET: u8 = 0x1F;

/// `This command is not supported in the prepared statement protocol yet`
const UNPREPARABLE: i64 = 1295;
/// `Prepared statement needs to be re-prepared`, `Unknown prepared statement handler`
const STALE: [i64; 2] = [1615, 1243];

/// Rows that are given at a time.
const BATCH: usize = 256;
/// Bytes of rows that are given at a time.
const BATCH_BYTES: usize = 256 * 1024;

/// What the columns of a result are.
#[derive(Clone)]
struct Shape {
    /// As they were sent: the same again need not be read again.
    raw: Rc<[u8]>,
    columns: Columns,
    fields: Rc<[Field]>,
}

struct Prepared {
    id: u32,
    params: usize,
    used: u64,
    shape: Option<Shape>,
}

/// Rows under way.
struct Stream {
    shape: Shape,
    is_binary: bool,
}

/// A connection.
pub(crate) struct MySql {
    link: Link,
    id: u32,
    sequence: u8,
    capabilities: u64,
    status: u64,
    /// A command was sent whose answer has not been read to its end.
    is_busy: bool,
    stream: Option<Stream>,
    prepared: HashMap<Box<str>, Prepared>,
    most: usize,
    uses: u64,
    /// What was set when it was made, and has to be set again when it is made as new.
    session: Vec<String>,
}

/// What a command's answer began with.
enum Answer {
    Done { affected: u64, last_id: u64 },
    Rows(usize),
}

fn of_server(payload: &[u8]) -> Error {
    let mut reader = Reader(payload);
    let code = reader.int(2).unwrap_or(0);
    let rest = reader.0;
    let (state, message) = match rest.strip_prefix(b"#") {
        Some(rest) => rest.split_at_checked(5).unwrap_or((b"HY000", rest)),
        None => (&b"HY000"[..], rest),
    };
    let kind = match code {
        1053 | 1927 | 2006 | 2013 | 4031 => Kind::Connection,
        _ => Kind::Statement,
    };
    let message = shape::without_values(&String::from_utf8_lossy(message));
    Error {
        code: code as i64,
        ..Error::new(kind, &String::from_utf8_lossy(state), message)
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

impl MySql {
    /// Connects and logs in.
    pub(crate) fn connect(config: &Config, deadline: Option<u64>) -> Result<Self, Error> {
        let link = Link::connect(config, config.socket.as_deref(), deadline)?;
        let mut this = Self {
            link,
            id: 0,
            sequence: 0,
            capabilities: WANTED,
            status: 0,
            is_busy: true,
            stream: None,
            prepared: HashMap::new(),
            most: config.statements.max(1),
            uses: 0,
            session: Vec::new(),
        };
        this.log_in(config, deadline).map_err(|mut error| {
            if error.kind == Kind::Statement {
                error.kind = Kind::Connection;
            }
            if matches!(error.code, 1040 | 1203) {
                error.message.push_str(
                    "; each worker has up to pool.max: lower that, or raise the server's max_connections",
                );
            }
            error
        })?;
        if let Some(zone) = &config.timezone {
            this.session
                .push(format!("SET time_zone = {}", quoted(zone)));
        }
        if let Some(collation) = &config.collation {
            this.session
                .push(format!("SET NAMES utf8mb4 COLLATE {}", quoted(collation)));
        }
        this.set_up(deadline)?;
        Ok(this)
    }

    fn set_up(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        for text in self.session.clone() {
            self.query(&text, deadline)?;
        }
        Ok(())
    }

    fn log_in(&mut self, config: &Config, deadline: Option<u64>) -> Result<(), Error> {
        let greeting = self.packet(deadline)?.to_vec();
        let mut reader = Reader(&greeting);
        match reader.byte()? {
            10 => {}
            0xFF => return Err(of_server(reader.0)),
            _ => {
                return Err(Error::protocol(
                    "the server does not speak MySQL's protocol, version 10",
                ));
            }
        }
        reader.until_zero();
        self.id = reader.int(4)? as u32;
        let mut scramble = reader.bytes(8)?.to_vec();
        reader.byte()?;
        let mut offered = reader.int(2)?;
        let mut plugin = b"mysql_native_password".to_vec();
        if !reader.0.is_empty() {
            reader.bytes(3)?;
            offered |= reader.int(2)? << 16;
            let length = usize::from(reader.byte()?);
            reader.bytes(10)?;
            let more = length.saturating_sub(8).max(13).min(reader.0.len());
            scramble.extend_from_slice(reader.bytes(more)?);
            if offered & PLUGIN_AUTH != 0 {
                plugin = reader.until_zero().to_vec();
            }
        }
        self.capabilities = WANTED & offered;
        if !config.database.is_empty() {
            self.capabilities |= CONNECT_WITH_DB;
        }
        if config.tls != Tls::Disabled && config.socket.is_none() {
            if offered & SSL != 0 {
                self.capabilities |= SSL;
                let request = self.head();
                self.write(&request, deadline)?;
                self.link.secure(config)?;
            } else if config.tls != Tls::Preferred {
                return Err(Error::new(
                    Kind::Connection,
                    "08001",
                    "the server offers no TLS, and ssl wants it",
                ));
            }
        }
        let is_private = self.link.is_secure() || config.socket.is_some();
        let password = config.password.0.as_bytes();
        // Another plugin than the known ones is asked for once more.
        let proof = auth::proof(&plugin, password, &scramble, is_private).unwrap_or_default();
        let mut answer = self.head();
        answer.extend_from_slice(config.user.as_bytes());
        answer.push(0);
        put_text(&mut answer, &proof);
        if !config.database.is_empty() {
            answer.extend_from_slice(config.database.as_bytes());
            answer.push(0);
        }
        answer.extend_from_slice(&plugin);
        answer.push(0);
        self.write(&answer, deadline)?;
        loop {
            let packet = self.packet(deadline)?.to_vec();
            let mut reader = Reader(&packet);
            match reader.byte()? {
                0x00 => {
                    self.done(reader.0)?;
                    self.is_busy = false;
                    return Ok(());
                }
                0xFF => return Err(of_server(reader.0)),
                0xFE => {
                    plugin = reader.until_zero().to_vec();
                    scramble = reader.0.to_vec();
                    let proof = auth::proof(&plugin, password, &scramble, is_private)?;
                    self.write(&proof, deadline)?;
                }
                // The server knows the password's hash.
                0x01 if reader.0 == [3] => {}
                0x01 if reader.0 == [4] && is_private => {
                    self.write(&[password, b"\0"].concat(), deadline)?;
                }
                // It wants the password once, and others may hear it: it gives a key to hide it with.
                0x01 if reader.0 == [4] => self.write(&[2], deadline)?,
                0x01 if plugin == b"caching_sha2_password" => {
                    let Some(key) = rsa::PublicKey::parse(reader.0) else {
                        return Err(refused(
                            "the server wants the password once, and gives no RSA key to hide it with: set ssl to 'require'",
                        ));
                    };
                    let sealed = key.encrypt(&auth::hidden(password, &scramble))?;
                    self.write(&sealed, deadline)?;
                }
                0x01 => {
                    return Err(refused(
                        "the server wants the password as it is, which is sent over TLS or a local socket only: set ssl to 'require'",
                    ));
                }
                _ => {
                    return Err(Error::protocol(
                        "the server sent something else than a log-in",
                    ));
                }
            }
        }
    }

    fn head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&(self.capabilities as u32).to_le_bytes());
        out.extend_from_slice(&MAX_PACKET.to_le_bytes());
        out.push(CHARSET);
        out.extend_from_slice(&[0; 23]);
        out
    }

    /// The next packet's payload.
    fn packet(&mut self, deadline: Option<u64>) -> Result<&[u8], Error> {
        self.link.need(4, deadline)?;
        let mut length = self.head_of_packet(0);
        self.link.take(4);
        self.link.need(length, deadline)?;
        let mut size = length;
        while length == LARGEST {
            self.link.need(size + 4, deadline)?;
            length = self.head_of_packet(size);
            self.link.need(size + 4 + length, deadline)?;
            // What follows comes next to what was there.
            self.link.cut(size, 4);
            size += length;
        }
        self.link.take(size);
        Ok(self.link.taken(size))
    }

    /// The length of the payload whose head is so far behind what was taken.
    fn head_of_packet(&mut self, at: usize) -> usize {
        let head = &self.link.bytes()[at..];
        self.sequence = head[3].wrapping_add(1);
        usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16
    }

    /// Sends a payload that answers the server.
    fn write(&mut self, payload: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        let mut sequence = self.sequence;
        put_packet(&mut self.link.output, &mut sequence, payload);
        self.sequence = sequence;
        self.link.flush(deadline)
    }

    /// Sends a command.
    fn send(&mut self, payload: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        if self.is_busy {
            return Err(
                Error::connection("the connection is not ready for another statement").unsent(),
            );
        }
        let mut sequence = 0;
        put_packet(&mut self.link.output, &mut sequence, payload);
        self.sequence = sequence;
        self.is_busy = true;
        self.stream = None;
        self.link.flush(deadline)
    }

    /// Reads what is behind an OK packet's first byte.
    fn done(&mut self, payload: &[u8]) -> Result<(u64, u64), Error> {
        let mut reader = Reader(payload);
        let affected = reader.length()?.unwrap_or(0);
        let last_id = reader.length()?.unwrap_or(0);
        self.status = reader.int(2)?;
        Ok((affected, last_id))
    }

    fn failed(&mut self, payload: &[u8]) -> Error {
        let error = of_server(payload);
        // After an error the server waits for the next command, unless it goes away.
        self.is_busy = error.kind == Kind::Connection;
        if matches!(error.code, 1205 | 1213) {
            // A deadlock ends the transaction; a time-out may.
            self.status &= if error.code == 1213 {
                !IN_TRANSACTION
            } else {
                !0
            };
        }
        error
    }

    /// Reads how an answer begins.
    fn answer(&mut self, deadline: Option<u64>) -> Result<Answer, Error> {
        let payload = self.packet(deadline)?;
        match payload.first().copied() {
            Some(0x00) => {
                let payload = payload[1..].to_vec();
                let (affected, last_id) = self.done(&payload)?;
                self.is_busy = self.status & MORE_RESULTS != 0;
                Ok(Answer::Done { affected, last_id })
            }
            Some(0xFF) => {
                let payload = payload[1..].to_vec();
                Err(self.failed(&payload))
            }
            Some(0xFB) => {
                // A file of ours: never. The server says that it got none.
                self.write(&[], deadline)?;
                let _refusal = self.packet(deadline)?;
                self.is_busy = false;
                Err(Error::new(
                    Kind::Statement,
                    "42000",
                    "LOAD DATA LOCAL is not supported: the server could ask for any file; load the file at the server, or insert rows",
                ))
            }
            Some(_) => {
                let count = Reader(payload).length()?.unwrap_or(0);
                let count = usize::try_from(count).ok().filter(|count| *count <= 0xFFFF);
                count.map(Answer::Rows).ok_or_else(|| {
                    Error::protocol("the server sent a number of columns that is none")
                })
            }
            None => Err(Error::protocol("the server sent an empty packet")),
        }
    }

    /// Reads the definitions of columns.
    fn columns(
        &mut self,
        count: usize,
        known: Option<&Shape>,
        deadline: Option<u64>,
    ) -> Result<Shape, Error> {
        let mut raw: Vec<u8> = Vec::new();
        let mut ends = Vec::with_capacity(count);
        for _ in 0..count {
            let payload = self.packet(deadline)?;
            raw.extend_from_slice(payload);
            ends.push(raw.len());
        }
        self.eof(deadline)?;
        if let Some(known) = known
            && *known.raw == *raw
        {
            return Ok(known.clone());
        }
        let (mut columns, mut fields) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut from = 0;
        for end in ends {
            let (name, kind, field) = decode::definition(&raw[from..end])?;
            columns.push(Column { name, kind });
            fields.push(field);
            from = end;
        }
        Ok(Shape {
            raw: raw.into(),
            columns: columns.into(),
            fields: fields.into(),
        })
    }

    /// Old servers end definitions by a packet of its own.
    fn eof(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        if self.capabilities & DEPRECATE_EOF == 0 {
            self.packet(deadline)?;
        }
        Ok(())
    }

    /// Reads one row. False at the end of the result.
    fn row(
        &mut self,
        stream: &Stream,
        rows: &mut Rows,
        deadline: Option<u64>,
    ) -> Result<bool, Error> {
        let is_old = self.capabilities & DEPRECATE_EOF == 0;
        let payload = self.packet(deadline)?;
        let most = if is_old { 9 } else { LARGEST };
        match payload.first().copied() {
            Some(0xFF) => {
                let payload = payload[1..].to_vec();
                Err(self.failed(&payload))
            }
            Some(0xFE) if payload.len() < most => {
                let payload = payload[1..].to_vec();
                if is_old {
                    let mut reader = Reader(&payload);
                    reader.int(2)?;
                    self.status = reader.int(2)?;
                } else {
                    self.done(&payload)?;
                }
                self.is_busy = self.status & MORE_RESULTS != 0;
                Ok(false)
            }
            Some(_) => {
                let fields = &stream.shape.fields;
                match stream.is_binary {
                    true => decode::binary_row(&payload[1..], fields, rows)?,
                    false => decode::text_row(payload, fields, rows)?,
                }
                Ok(true)
            }
            None => Err(Error::protocol("the server sent an empty row")),
        }
    }

    /// Reads results that nobody wants, up to the last one.
    fn skip(&mut self, is_binary: bool, deadline: Option<u64>) -> Result<(), Error> {
        while self.is_busy {
            if let Answer::Rows(count) = self.answer(deadline)? {
                let shape = self.columns(count, None, deadline)?;
                let stream = Stream { shape, is_binary };
                let mut rows = Rows::default();
                while self.row(&stream, &mut rows, deadline)? {
                    rows.clear();
                }
            }
        }
        Ok(())
    }

    /// Reads all that a command has sent back.
    fn outcome(
        &mut self,
        is_binary: bool,
        key: Option<&str>,
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        match self.answer(deadline)? {
            Answer::Done { affected, last_id } => {
                self.skip(is_binary, deadline)?;
                Ok(Outcome {
                    rows: Rows::default(),
                    affected,
                    last_id: i64::try_from(last_id).ok().filter(|id| *id != 0),
                })
            }
            Answer::Rows(count) => {
                let stream = self.stream_of(count, is_binary, key, deadline)?;
                let mut rows = Rows::new(stream.shape.columns.clone());
                while self.row(&stream, &mut rows, deadline)? {}
                self.skip(is_binary, deadline)?;
                Ok(Outcome {
                    rows,
                    ..Outcome::default()
                })
            }
        }
    }

    fn stream_of(
        &mut self,
        count: usize,
        is_binary: bool,
        key: Option<&str>,
        deadline: Option<u64>,
    ) -> Result<Stream, Error> {
        let known = key.and_then(|key| self.prepared.get(key)?.shape.clone());
        let shape = self.columns(count, known.as_ref(), deadline)?;
        if let Some(prepared) = key.and_then(|key| self.prepared.get_mut(key))
            && known.is_none_or(|known| !Rc::ptr_eq(&known.raw, &shape.raw))
        {
            prepared.shape = Some(shape.clone());
        }
        Ok(Stream { shape, is_binary })
    }

    fn query(&mut self, sql: &str, deadline: Option<u64>) -> Result<Outcome, Error> {
        self.start_query(sql, deadline)?;
        self.outcome(false, None, deadline)
    }

    fn start_query(&mut self, sql: &str, deadline: Option<u64>) -> Result<(), Error> {
        let mut command = Vec::with_capacity(sql.len() + 1);
        command.push(COM_QUERY);
        command.extend_from_slice(sql.as_bytes());
        self.send(&command, deadline)
    }

    /// Prepares a statement, where that was not done yet.
    fn prepare(&mut self, sql: &str, deadline: Option<u64>) -> Result<(u32, usize), Error> {
        self.uses += 1;
        if let Some(known) = self.prepared.get_mut(sql) {
            known.used = self.uses;
            return Ok((known.id, known.params));
        }
        if self.prepared.len() >= self.most {
            let oldest = self
                .prepared
                .iter()
                .min_by_key(|(_, prepared)| prepared.used);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.close(&key);
            }
        }
        let mut command = Vec::with_capacity(sql.len() + 1);
        command.push(COM_PREPARE);
        command.extend_from_slice(sql.as_bytes());
        self.send(&command, deadline)?;
        let payload = self.packet(deadline)?.to_vec();
        let mut reader = Reader(&payload);
        match reader.byte()? {
            0x00 => {}
            0xFF => return Err(self.failed(reader.0)),
            _ => {
                return Err(Error::protocol(
                    "the server answered to a statement with something else",
                ));
            }
        }
        let id = reader.int(4)? as u32;
        let (columns, params) = (reader.int(2)?, reader.int(2)?);
        for count in [params, columns] {
            for _ in 0..count {
                self.packet(deadline)?;
            }
            if count > 0 {
                self.eof(deadline)?;
            }
        }
        self.is_busy = false;
        let prepared = Prepared {
            id,
            params: params as usize,
            used: self.uses,
            shape: None,
        };
        self.prepared.insert(sql.into(), prepared);
        Ok((id, params as usize))
    }

    /// Forgets a statement; the server hears of it with the next command.
    fn close(&mut self, sql: &str) {
        if let Some(prepared) = self.prepared.remove(sql) {
            let mut command = vec![COM_CLOSE];
            command.extend_from_slice(&prepared.id.to_le_bytes());
            put_packet(&mut self.link.output, &mut 0, &command);
        }
    }

    fn start_prepared(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        let (id, wanted) = self.prepare(sql, deadline)?;
        if wanted != params.len() {
            return Err(Error::usage(format!(
                "the statement has {wanted} places and {} values were given",
                params.len()
            )));
        }
        self.send(&execution(id, params), deadline)
    }

    /// Runs a statement up to its answer. True for the binary protocol.
    fn start(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<bool, Error> {
        if params.is_empty() {
            self.start_query(statement.sql(), deadline)?;
            return Ok(false);
        }
        match self.start_prepared(statement.sql(), params, deadline) {
            Err(error) if error.code == UNPREPARABLE => Err(Error {
                message: format!("{}: write its values into the statement", error.message),
                ..error
            }),
            done => done.map(|()| true),
        }
    }
}

impl Driver for MySql {
    fn run(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        let mut again = true;
        loop {
            let is_binary = self.start(statement, params, deadline)?;
            let key = is_binary.then_some(statement.sql());
            match self.outcome(is_binary, key, deadline) {
                Err(error) if again && is_binary && STALE.contains(&error.code) => {
                    again = false;
                    self.close(statement.sql());
                }
                done => return done,
            }
        }
    }

    fn begin(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        let is_binary = self.start(statement, params, deadline)?;
        match self.answer(deadline)? {
            Answer::Done { .. } => self.skip(is_binary, deadline),
            Answer::Rows(count) => {
                let key = is_binary.then_some(statement.sql());
                self.stream = Some(self.stream_of(count, is_binary, key, deadline)?);
                Ok(())
            }
        }
    }

    fn next(&mut self, rows: &mut Rows, deadline: Option<u64>) -> Result<(), Error> {
        rows.clear();
        let Some(stream) = self.stream.take() else {
            return Ok(());
        };
        rows.columns = Some(stream.shape.columns.clone());
        while rows.len() < BATCH && rows.data.len() < BATCH_BYTES {
            if !self.row(&stream, rows, deadline)? {
                return self.skip(stream.is_binary, deadline);
            }
        }
        self.stream = Some(stream);
        Ok(())
    }

    fn command(&mut self, sql: &str, deadline: Option<u64>) -> Result<(), Error> {
        self.query(sql, deadline).map(drop)
    }

    fn ping(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        self.send(&[COM_PING], deadline)?;
        self.outcome(false, None, deadline).map(drop)
    }

    fn reset(&mut self, deadline: Option<u64>) -> Result<bool, Error> {
        self.link.output.clear();
        self.prepared.clear();
        self.send(&[COM_RESET], deadline)?;
        self.outcome(false, None, deadline)?;
        // It forgets the character set that was agreed on at the log-in, in some versions.
        self.query("SET NAMES utf8mb4", deadline)?;
        self.set_up(deadline)?;
        Ok(true)
    }

    fn is_read_only(&mut self, deadline: Option<u64>) -> Result<bool, Error> {
        let found = self.query("SELECT @@global.read_only", deadline)?;
        Ok(!matches!(
            found.rows.cell(0, 0),
            Some(Cell::Int(0) | Cell::Text(b"0"))
        ))
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
        self.status & IN_TRANSACTION != 0
    }

    fn canceller(&self) -> Option<Canceller> {
        self.is_busy.then_some(Canceller::MySql(self.id))
    }
}

impl Drop for MySql {
    fn drop(&mut self) {
        if !self.is_busy {
            self.link.output.clear();
            put_packet(&mut self.link.output, &mut 0, &[COM_QUIT]);
            self.link.say();
        }
    }
}

/// Ends the statement that a connection runs, over another one.
pub(crate) fn kill(config: &Config, id: u32, deadline: u64) -> Result<(), Error> {
    let mut other = MySql::connect(config, Some(deadline))?;
    other
        .query(&format!("KILL QUERY {id}"), Some(deadline))
        .map(drop)
}
