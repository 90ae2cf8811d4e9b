//! A server at a local socket that says what it was told to, whatever it is asked, and a client of it.

use highper_db::{Config, Cursor, Outcome, Param, Rows, Source};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Both.
pub struct Talk {
    kind: &'static str,
    socket: PathBuf,
    said: Arc<Mutex<Vec<u8>>>,
}

/// What is there can be read.
fn read(rows: &Rows) {
    let width = rows.columns().len();
    for row in 0..rows.len() {
        for column in 0..width {
            assert!(rows.cell(row, column).is_some());
        }
    }
}

impl Talk {
    /// Starts the server.
    pub fn new(kind: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("highper-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the socket");
        // The name that a client of PostgreSQL takes for the socket itself.
        let socket = folder.join(".s.PGSQL.1");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a local socket");
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&said);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let bytes = told.lock().expect("nobody panics with it").clone();
                std::thread::spawn(move || {
                    // The client may have gone.
                    let _ = stream.write_all(&bytes);
                    let _ = stream.shutdown(Shutdown::Write);
                    let mut rest = [0; 4096];
                    while stream.read(&mut rest).is_ok_and(|count| count > 0) {}
                });
            }
        });
        Self { kind, socket, said }
    }

    /// A client logs in and asks, and hears this.
    pub fn hear(&self, bytes: &[u8]) {
        *self.said.lock().expect("nobody panics with it") = bytes.to_vec();
        let mut config = Config::parse(&format!("{}://user:password@localhost/name", self.kind))
            .expect("an address of a database");
        config
            .set("socket", &self.socket.to_string_lossy())
            .expect("a setting");
        let source = Source::new(config);
        let statement = source.statement("SELECT ?").expect("a statement");
        let plain = source.statement("SELECT 1").expect("a statement");
        let check = |outcome: Outcome| read(&outcome.rows);
        // Each may be an error; what matters is that it ends.
        let _ = source.run(&statement, &[Param::Int(1)]).map(check);
        let _ = source.run(&plain, &[]).map(check);
        if let Ok(mut cursor) = Cursor::begin(&source, &plain, &[], || "fuzz".to_owned()) {
            while let Ok(Some(_)) = cursor.advance() {
                read(cursor.rows());
            }
        }
        assert_eq!(source.account().counts.taken, 0, "a connection was not given back");
    }
}
