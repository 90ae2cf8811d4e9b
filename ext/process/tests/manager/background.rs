//! Daemons, pid files, and what happens without a manager.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use highper_process::listen::{self, Address, TcpOptions};
use highper_process::{Hangup, Options, control};

use crate::server::{Server, await_true, folder, in_launcher, kill, lives, options, serve_here};

pub fn pid_file() {
    let folder = folder("pid-file");
    let path = folder.join("server.pid");
    let with_file = || Options {
        pid_file: Some(path.clone()),
        ..options()
    };
    let text = control::stop(&path, Duration::from_secs(1))
        .unwrap_err()
        .to_string();
    assert!(text.contains("not running: there is no pid file"), "{text}");
    let mut server = Server::launch(&folder, with_file());
    server.await_log("ready: manager");
    assert_eq!(control::pid(&path).unwrap(), server.pid);
    // A second one is refused, and leaves the first alone.
    let (code, text, _) = in_launcher(&folder, || {
        let listener = listen::bind_tcp("127.0.0.1:0".parse().unwrap(), &TcpOptions::default());
        serve_here(&folder, with_file(), listener.unwrap().into_fd())
    });
    assert_eq!(code, 1);
    assert!(
        text.contains(&format!("already running as process {}", server.pid)),
        "{text}"
    );
    server.who();
    let status = control::status(&path).unwrap();
    assert!(
        status.contains(&format!("manager process {}", server.pid)),
        "{status}"
    );
    assert!(status.contains("requests: 1,"), "{status}");
    for pid in server.workers() {
        assert!(status.contains(&pid.to_string()), "{status}");
    }
    assert_eq!(status.matches(" MB").count(), 2, "{status}");
    assert_eq!(control::reload(&path).unwrap(), server.pid);
    server.await_event("after_reload");
    // Left behind by a manager that was killed: known as such, taken over.
    server.signal(libc::SIGKILL);
    assert_eq!(server.wait(), -libc::SIGKILL);
    let text = control::status(&path).unwrap_err().to_string();
    assert!(text.contains("was left behind by process"), "{text}");
    for pid in server.workers() {
        await_true("the workers' end", || !lives(pid));
    }
    fs::remove_file(folder.join("log")).unwrap();
    let mut second = Server::launch(&folder, with_file());
    second.await_log("ready: manager");
    // The commands wait in a process that is not the parent: collect it aside.
    let (code, text, _) = in_launcher(&folder, || {
        kill(second.pid, libc::SIGTERM);
        0
    });
    assert_eq!((code, text.as_str()), (0, ""));
    assert_eq!(second.wait(), 0);
    assert!(!path.exists() && !folder.join("server.pid.sock").exists());
}

pub fn manager_killed() {
    for mode in ["", "stubborn"] {
        let folder = folder("orphans");
        fs::write(folder.join("mode"), mode).unwrap();
        let mut server = Server::launch(
            &folder,
            Options {
                max_wait_time: Duration::from_millis(300),
                ..options()
            },
        );
        server.await_log("ready: manager");
        let workers = server.workers();
        assert_eq!(workers.len(), 2);
        server.signal(libc::SIGKILL);
        let begin = Instant::now();
        server.wait();
        for pid in workers {
            await_true("the workers' end", || !lives(pid));
        }
        // A worker that ignores SIGTERM is ended by its own timer.
        assert!(begin.elapsed() < Duration::from_secs(3));
    }
}

fn daemon(folder: &Path, change: impl FnOnce(&mut Options)) -> (i32, String, Duration, SocketAddr) {
    let listener =
        listen::bind_tcp("127.0.0.1:0".parse().unwrap(), &TcpOptions::default()).unwrap();
    let Address::Tcp(address) = *listener.address() else {
        unreachable!()
    };
    let mut options = Options {
        daemonize: true,
        pid_file: Some(folder.join("server.pid")),
        log_file: Some(folder.join("server.log")),
        start_attempts: 2,
        ..options()
    };
    change(&mut options);
    let (code, text, took) =
        in_launcher(folder, || serve_here(folder, options, listener.into_fd()));
    (code, text, took, address)
}

/// Ends a daemon that a failing test leaves behind.
struct Leftover<'a>(&'a Path);

impl Drop for Leftover<'_> {
    fn drop(&mut self) {
        if let Ok(pid) = control::pid(&self.0.join("server.pid")) {
            kill(pid, libc::SIGQUIT);
        }
    }
}

pub fn daemon_starts() {
    let folder = folder("daemon");
    let _leftover = Leftover(&folder);
    fs::write(folder.join("mode"), "slow 400").unwrap();
    let (code, text, took, address) = daemon(&folder, |_| ());
    assert_eq!((code, text.as_str()), (0, ""));
    assert!(took >= Duration::from_millis(400), "{took:?}");
    let pid = control::pid(&folder.join("server.pid")).unwrap();
    // A session of its own, without this process as parent.
    // SAFETY: both calls touch no memory.
    let (session, own) = unsafe { (libc::getsid(pid), libc::getsid(0)) };
    assert_ne!(session, own);
    assert_ne!(session, pid, "a session leader could get a terminal");
    std::net::TcpStream::connect(address).unwrap();
    assert!(
        control::status(&folder.join("server.pid"))
            .unwrap()
            .contains("ready")
    );
    assert_eq!(
        control::stop(&folder.join("server.pid"), Duration::from_secs(10)).unwrap(),
        pid
    );
    assert!(!lives(pid));
    assert!(!folder.join("server.pid").exists());
    fs::remove_dir_all(&folder).unwrap();
}

pub fn daemon_fails() {
    let folder = folder("daemon-fails");
    fs::write(folder.join("mode"), "fail").unwrap();
    let (code, text, _, _) = daemon(&folder, |_| ());
    assert_eq!(code, 1);
    assert!(text.contains("the server cannot start"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    await_true("the pid file's removal", || {
        !folder.join("server.pid").exists()
    });
    let (code, text, _, _) = daemon(&folder, |o| o.log_file = Some("/no/such/folder/x".into()));
    assert_eq!(code, 1);
    assert!(
        text.contains("setting 'log_file' is '/no/such/folder/x'"),
        "{text}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

pub fn hangup() {
    let folder = folder("hangup");
    let _leftover = Leftover(&folder);
    let (code, ..) = daemon(&folder, |_| ());
    assert_eq!(code, 0);
    let log = folder.join("server.log");
    fs::rename(&log, folder.join("old.log")).unwrap();
    let pid_file = folder.join("server.pid");
    kill(control::pid(&pid_file).unwrap(), libc::SIGHUP);
    await_true("a new log", || log.exists());
    await_true("both workers' hangup", || {
        fs::read_to_string(folder.join("hangups")).is_ok_and(|t| t.lines().count() == 2)
    });
    control::stop(&pid_file, Duration::from_secs(10)).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let mut server = Server::start(
        "hangup-reload",
        Options {
            on_hangup: Hangup::Reload,
            ..options()
        },
    );
    server.signal(libc::SIGHUP);
    server.await_event("after_reload");
    server.stop();
}

pub fn long_path() {
    let top = folder("long");
    let deep = top.join("d".repeat(90)).join("e".repeat(90));
    fs::create_dir_all(&deep).unwrap();
    let path = deep.join("server.pid");
    let mut server = Server::launch(
        &top,
        Options {
            pid_file: Some(path.clone()),
            ..options()
        },
    );
    server.await_log("ready: manager");
    let status = control::status(&path).unwrap();
    assert!(status.contains("highper: running"), "{status}");
    server.stop();
}
