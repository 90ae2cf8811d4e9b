//! Tasks as packets of a System V message queue: a head and bytes; large ones lie in a file.

use highper_process::post::{Head, Kind};
use std::cell::{Cell, RefCell};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Starts every packet.
const MAGIC: [u8; 8] = *b"HPtask1\n";
const HEAD: usize = 56;
/// Bytes of the largest packet (Linux's default limit of a message is 8192).
const LARGEST: usize = 8000;
/// `SWOOLE_TASK_TMPFILE`
const IN_FILE: u32 = 1;

thread_local! {
    static NUMBER: Cell<i64> = const { Cell::new(0) };
    static FOLDER: RefCell<PathBuf> = RefCell::new(PathBuf::from("/tmp"));
}

/// Where large tasks lie (`task_tmpdir`).
pub(super) fn set_folder(path: &str) {
    FOLDER.set(PathBuf::from(path));
}

/// The number of the next task that is packed by hand: 0, 1, 2 …
pub(super) fn next_number() -> i64 {
    NUMBER.replace(NUMBER.get() + 1)
}

fn wrong(text: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("bad task packet, {text}"),
    )
}

/// Makes a packet.
pub(super) fn pack(head: &Head, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut flags = head.flags;
    let path;
    let content = if body.len() > LARGEST - HEAD {
        flags |= IN_FILE;
        path = store(body)?;
        path.as_os_str().as_encoded_bytes()
    } else {
        body
    };
    let mut packet = Vec::with_capacity(HEAD + content.len());
    packet.extend(MAGIC);
    packet.extend(head.number.to_ne_bytes());
    packet.extend(flags.to_ne_bytes());
    packet.extend(head.from.to_ne_bytes());
    packet.extend(head.place.to_ne_bytes());
    packet.extend(head.pid.to_ne_bytes());
    packet.extend(head.time.to_ne_bytes());
    packet.extend((body.len() as u64).to_ne_bytes());
    packet.extend(u64::from(head.code).to_ne_bytes());
    packet.extend_from_slice(content);
    Ok(packet)
}

/// What a packet says; the file of a large one is removed.
pub(super) fn unpack(packet: &[u8]) -> io::Result<(Head, Vec<u8>)> {
    let (head, content) = packet
        .split_first_chunk::<HEAD>()
        .ok_or_else(|| wrong("it is shorter than its head"))?;
    if head[..8] != MAGIC {
        return Err(wrong("it does not begin as one"));
    }
    let (words, _) = head.as_chunks::<8>();
    let word = |at: usize| u64::from_ne_bytes(words[at]);
    let half = |at: usize, second: bool| {
        let (halves, _) = words[at].as_chunks::<4>();
        u32::from_ne_bytes(halves[usize::from(second)])
    };
    let flags = half(2, false);
    let length = word(5);
    let body = match flags & IN_FILE {
        0 => content.to_vec(),
        _ => take(content, length)?,
    };
    if body.len() as u64 != length {
        return Err(wrong(&format!(
            "the received data-length[{}] is inconsistent with the packet-length[{length}]",
            body.len()
        )));
    }
    let head = Head {
        flags: flags & !IN_FILE,
        code: half(6, false),
        number: word(1) as i64,
        from: half(2, true) as i32,
        place: half(3, false),
        pid: half(3, true) as i32,
        time: f64::from_bits(word(4)),
        ..Head::new(Kind::Task)
    };
    Ok((head, body))
}

/// Files begin so; no others are read.
const PREFIX: &str = "swoole.task.";

fn store(body: &[u8]) -> io::Result<PathBuf> {
    let folder = FOLDER.with_borrow(Clone::clone);
    fs::create_dir_all(&folder)?;
    let base = highper_process::monotonic() ^ u64::from(std::process::id()) << 40;
    for attempt in 0_u64..100 {
        let path = folder.join(format!("{PREFIX}{:x}", base.wrapping_add(attempt)));
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match made {
            Ok(mut file) => {
                if let Err(cause) = file.write_all(body) {
                    fs::remove_file(&path)?;
                    return Err(cause);
                }
                return Ok(path);
            }
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn take(name: &[u8], length: u64) -> io::Result<Vec<u8>> {
    let name = std::str::from_utf8(name).map_err(|_| wrong("its file's name is none"))?;
    let path = Path::new(name);
    let is_task = path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(PREFIX));
    if !is_task {
        return Err(wrong("its file is none of a task"));
    }
    if fs::symlink_metadata(path)?.len() != length {
        return Err(wrong("its file has another length"));
    }
    let body = fs::read(path)?;
    fs::remove_file(path)?;
    Ok(body)
}
