//! Settings of the process layer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cgroup;
use crate::error::Error;
use crate::worker::Kind;

/// Most workers that a server may have.
pub const MAX_WORKERS: usize = 1000;

/// When a worker uses too much memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MemoryLimit {
    /// Bytes that one worker may use (resident, without shared memory).
    Bytes(u64),
    /// Part of the control group's limit that all workers may use together,
    /// above 0 and up to 1: beyond it the largest one is replaced.
    Cgroup(f64),
}

/// What SIGHUP does to the manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hangup {
    /// Opens the log file again, in the workers too.
    ReopenLogs,
    /// Replaces all workers.
    Reload,
    /// Ends the server.
    Shutdown,
}

/// The name of the file that a log of this name is written to now.
pub type LogName = fn(&Path) -> PathBuf;

/// Settings of [`run`](crate::run). The defaults are those of
/// [`Options::default`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Workers, 1 to 1000. Default: the control group's CPU quota rounded up,
    /// else the CPUs of the affinity mask.
    pub worker_num: usize,
    /// Task workers, 0 to 1000; their ids follow the workers'. Default 0.
    pub task_worker_num: usize,
    /// User processes, 0 to 1000; their ids follow the task workers'. They are started and started
    /// again as the others are, but end at once with SIGTERM unless they catch it, and no reload
    /// replaces them. Default 0.
    pub user_num: usize,
    /// User processes are the server's as its workers are: told to end they finish what they have, and a reload
    /// replaces each once it has ended, so that there is never a second one. At the end of the server task
    /// workers go on until all others have ended. Default false.
    pub user_loops: bool,
    /// Is there a process in front of the workers that has the connections for them? Its id follows all others'; no reload
    /// replaces it, and it ends last. Default false.
    pub front: bool,
    /// How the user processes are called in the status, in their order. Default: by their numbers.
    pub user_names: Vec<String>,
    /// How long a worker may take to finish what it has before it is killed.
    /// Default 3 s, as Swoole.
    pub max_wait_time: Duration,
    /// What a worker has past `max_wait_time` to cancel what still runs, before
    /// it is killed. Default 1.5 s.
    pub cut_time: Duration,
    /// How long a server that is paused takes new connections while its readiness says no already, so that a balancer hears
    /// of it. Default 0.
    pub pause_delay: Duration,
    /// Workers finish all that runs in them before they end (Swoole's
    /// reload_async); false: only the request at hand. The worker's loop reads
    /// it. Default true.
    pub reload_async: bool,
    /// How long a new worker may take until it is ready. Default 60 s.
    pub start_timeout: Duration,
    /// Goes to the background. Default false.
    pub daemonize: bool,
    /// Where to write the manager's process id. Default: nowhere.
    pub pid_file: Option<PathBuf>,
    /// Where standard output and error go in the background. Default:
    /// /dev/null.
    pub log_file: Option<PathBuf>,
    /// The file that `log_file` means at this moment, where that changes as days go by. Default: itself.
    pub log_name: LogName,
    /// User of the workers, name or number. Default: unchanged.
    pub user: Option<String>,
    /// Group of the workers, name or number. Default: the user's.
    pub group: Option<String>,
    /// Root folder of the workers. Default: unchanged.
    pub chroot: Option<PathBuf>,
    /// Requests after which a worker is replaced; 0: never. Default 0.
    pub max_request: u64,
    /// Up to how many requests more, drawn per worker, so that they do not
    /// all go at once. None: half of `max_request`, as Swoole.
    pub max_request_grace: Option<u64>,
    /// Bytes of messages that may wait in each mailbox. Default: what the kernel allows, up to 8 MiB.
    pub message_room: Option<usize>,
    /// Tasks after which a task worker is replaced; 0: never. Default 0.
    pub task_max_request: u64,
    /// Up to how many tasks more. None: half of `task_max_request`, as Swoole.
    pub task_max_request_grace: Option<u64>,
    /// Age at which a worker is replaced, plus up to a tenth. Default: none.
    pub max_age: Option<Duration>,
    /// Memory at which a worker is replaced. Default: none.
    pub memory_limit: Option<MemoryLimit>,
    /// Dead workers replaced at once before `respawn_rate` holds. Default 20.
    pub respawn_burst: u32,
    /// Dead workers replaced per second in the long run. Default 10.
    pub respawn_rate: u32,
    /// How often the first workers may fail to start, one after the other,
    /// until the server gives up. Default 5.
    pub start_attempts: u32,
    /// A reload may begin while workers of an older generation finish what they have: for development, where
    /// somebody waits for it and a worker may have a connection that never ends. Default false: it waits for them.
    pub eager_reload: bool,
    /// Requests whose lines are remembered per worker, to be logged if it is
    /// killed; 0 turns it off. Default 256.
    pub remembered_requests: usize,
    /// The script that the server runs, for logs.
    pub script: String,
    /// Name of the server in logs and status. Default "highper".
    pub name: String,
    /// What SIGHUP does. Default: opens the logs again.
    pub on_hangup: Hangup,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            worker_num: cgroup::cpus(),
            task_worker_num: 0,
            user_num: 0,
            user_loops: false,
            front: false,
            user_names: Vec::new(),
            max_wait_time: Duration::from_secs(3),
            cut_time: Duration::from_millis(1500),
            pause_delay: Duration::ZERO,
            reload_async: true,
            start_timeout: Duration::from_secs(60),
            daemonize: false,
            pid_file: None,
            log_file: None,
            log_name: Path::to_path_buf,
            user: None,
            group: None,
            chroot: None,
            max_request: 0,
            max_request_grace: None,
            message_room: None,
            task_max_request: 0,
            task_max_request_grace: None,
            max_age: None,
            memory_limit: None,
            respawn_burst: 20,
            respawn_rate: 10,
            start_attempts: 5,
            eager_reload: false,
            remembered_requests: 256,
            script: String::new(),
            name: "highper".to_owned(),
            on_hangup: Hangup::ReopenLogs,
        }
    }
}

impl Options {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first wrong setting: its name, its value and what it may be.
    pub fn validate(&self) -> Result<(), Error> {
        let wrong = |name: &str, value: String, rule: &str| {
            Err(Error::new(format!("setting '{name}' is {value}: {rule}")))
        };
        if !(1..=MAX_WORKERS).contains(&self.worker_num) {
            return wrong(
                "worker_num",
                self.worker_num.to_string(),
                "use a number from 1 to 1000",
            );
        }
        for (name, number) in [
            ("task_worker_num", self.task_worker_num),
            ("user_num", self.user_num),
        ] {
            if number > MAX_WORKERS {
                return wrong(name, number.to_string(), "use a number from 0 to 1000");
            }
        }
        for (name, value, least) in [
            ("max_wait_time", Some(self.max_wait_time), Duration::ZERO),
            ("pause_delay", Some(self.pause_delay), Duration::ZERO),
            (
                "start_timeout",
                Some(self.start_timeout),
                Duration::from_millis(1),
            ),
            ("max_age", self.max_age, Duration::from_secs(1)),
        ] {
            let Some(value) = value else { continue };
            if value < least || value > Duration::from_secs(30 * 86_400) {
                return wrong(
                    name,
                    format!("{} s", value.as_secs_f64()),
                    &format!(
                        "use a number of seconds from {} to 2592000 (30 days)",
                        least.as_secs_f64()
                    ),
                );
            }
        }
        match self.memory_limit {
            Some(MemoryLimit::Bytes(n)) if n < 8 << 20 => {
                return wrong(
                    "memory_limit",
                    format!("{n} bytes"),
                    "a worker needs at least 8 MiB",
                );
            }
            Some(MemoryLimit::Cgroup(f)) if !(f > 0.0 && f <= 1.0) => {
                return wrong(
                    "memory_limit",
                    f.to_string(),
                    "as a part of the control group's limit it must be above 0 and at most 1",
                );
            }
            _ => {}
        }
        for (name, value) in [
            ("respawn_burst", self.respawn_burst),
            ("respawn_rate", self.respawn_rate),
            ("start_attempts", self.start_attempts),
        ] {
            if value == 0 {
                return wrong(name, "0".to_owned(), "use 1 or more");
            }
        }
        if self.remembered_requests > 65_000 {
            return wrong(
                "remembered_requests",
                self.remembered_requests.to_string(),
                "use a number from 0 to 65000",
            );
        }
        for (name, path) in [
            ("pid_file", &self.pid_file),
            ("log_file", &self.log_file),
            ("chroot", &self.chroot),
        ] {
            let Some(path) = path else { continue };
            let text = path.as_os_str().as_encoded_bytes();
            if text.is_empty() || text.contains(&0) {
                return wrong(
                    name,
                    format!("{:?}", path.display().to_string()),
                    "use the path of a file or folder, or leave it out",
                );
            }
        }
        if let Some(folder) = &self.chroot
            && !folder.is_dir()
        {
            return wrong(
                "chroot",
                format!("'{}'", folder.display()),
                "there is no such folder; create it or leave it out",
            );
        }
        if self.chroot.is_some() && crate::sys::geteuid() != 0 {
            return Err(Error::new(
                "setting 'chroot' is set, but only root may change the root folder: start as root or remove it",
            ));
        }
        Ok(())
    }

    /// The file that output goes to at this moment, where it goes to one.
    pub(crate) fn output(&self) -> Option<PathBuf> {
        let log = self.log_file.as_deref().filter(|_| self.daemonize)?;
        Some((self.log_name)(log))
    }

    /// After how many requests a process of this kind is replaced, and how many more it may serve.
    pub(crate) fn requests(&self, kind: Kind) -> (u64, u64) {
        let (most, grace, count) = match kind {
            Kind::Worker => (self.max_request, self.max_request_grace, self.worker_num),
            Kind::Task => (
                self.task_max_request,
                self.task_max_request_grace,
                self.task_worker_num,
            ),
            Kind::User | Kind::Front => (0, None, 0),
        };
        match count {
            0 | 1 => (most, 0),
            _ => (most, grace.unwrap_or(most / 2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(change: impl FnOnce(&mut Options), words: &[&str]) {
        let mut options = Options::default();
        change(&mut options);
        let text = options.validate().unwrap_err().to_string();
        for word in words {
            assert!(text.contains(word), "'{text}' lacks '{word}'");
        }
        assert!(!text.contains('\n'));
    }

    #[test]
    fn defaults_are_valid() {
        Options::default().validate().unwrap();
    }

    #[test]
    fn wrong_settings_are_named_with_value_and_rule() {
        says(|o| o.worker_num = 0, &["worker_num", "0", "1 to 1000"]);
        says(|o| o.worker_num = 5000, &["worker_num", "5000"]);
        says(|o| o.task_worker_num = 1001, &["task_worker_num", "1001"]);
        says(
            |o| o.max_wait_time = Duration::MAX,
            &["max_wait_time", "2592000"],
        );
        says(|o| o.max_age = Some(Duration::ZERO), &["max_age", "0 s"]);
        says(
            |o| o.memory_limit = Some(MemoryLimit::Cgroup(1.5)),
            &["memory_limit", "1.5"],
        );
        says(
            |o| o.memory_limit = Some(MemoryLimit::Cgroup(f64::NAN)),
            &["memory_limit", "NaN"],
        );
        says(
            |o| o.memory_limit = Some(MemoryLimit::Bytes(10)),
            &["memory_limit", "8 MiB"],
        );
        says(|o| o.start_attempts = 0, &["start_attempts", "1 or more"]);
        says(|o| o.pid_file = Some(PathBuf::new()), &["pid_file"]);
        says(
            |o| o.chroot = Some("/no/such/folder".into()),
            &["chroot", "/no/such/folder"],
        );
    }
}
