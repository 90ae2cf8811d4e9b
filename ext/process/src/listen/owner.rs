//! Who listens on a port: for the message when it is taken.

use std::collections::HashSet;
use std::fs;

/// A process and its name.
#[derive(Debug)]
pub(super) struct Owner {
    pid: u32,
    name: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} ({})", self.pid, self.name)
    }
}

/// The first process that listens on the port, if this user may see it.
pub(super) fn of_tcp_port(port: u16) -> Option<Owner> {
    let mut sockets = HashSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        sockets.extend(text.lines().skip(1).filter_map(|l| listening(l, port)));
    }
    if sockets.is_empty() {
        return None;
    }
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // A manager is older than its workers.
    pids.sort_unstable();
    pids.into_iter().find_map(|pid| {
        let holds = fs::read_dir(format!("/proc/{pid}/fd"))
            .ok()?
            .filter_map(|e| fs::read_link(e.ok()?.path()).ok())
            .any(|link| link.to_str().is_some_and(|l| sockets.contains(l)));
        holds.then(|| Owner {
            pid,
            name: fs::read_to_string(format!("/proc/{pid}/comm"))
                .map_or_else(|_| "unknown".to_owned(), |n| n.trim().to_owned()),
        })
    })
}

/// "socket:[inode]" if the line of /proc/net/tcp is a listener on the port.
fn listening(line: &str, port: u16) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let local = words.get(1)?;
    let found = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
    (found == port && *words.get(3)? == "0A")
        .then(|| words.get(9).map(|inode| format!("socket:[{inode}]")))?
}
