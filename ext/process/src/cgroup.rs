//! How much CPU and memory the control group allows.
//!
//! Version 2 (`cpu.max`, `memory.max`) and version 1 (`cpu.cfs_quota_us`,
//! `memory.limit_in_bytes`); limits of all enclosing groups count, the
//! smallest wins.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sys;

/// CPUs that this process may use: the group's quota rounded up, but no more
/// than its affinity; the affinity alone when there is no quota. At least 1.
#[must_use]
pub fn cpus() -> usize {
    let affinity = sys::affinity_count();
    match Groups::of_this_process().cpu_quota() {
        Some(quota) => (quota.ceil() as usize).clamp(1, affinity),
        None => affinity,
    }
}

/// The memory limit in bytes: the group's, or else the machine's memory.
#[must_use]
pub fn memory_limit() -> Option<u64> {
    let machine = machine_memory();
    match (Groups::of_this_process().memory_limit(), machine) {
        (Some(group), Some(machine)) => Some(group.min(machine)),
        (group, machine) => group.or(machine),
    }
}

fn machine_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The folders that may hold limits, innermost first.
#[derive(Debug, Default)]
struct Groups {
    unified: Vec<PathBuf>,
    cpu: Vec<PathBuf>,
    memory: Vec<PathBuf>,
}

impl Groups {
    fn of_this_process() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Self::parse(&groups, &mounts, Path::new("/"))
    }

    /// `root` stands before every mount point: for tests.
    fn parse(groups: &str, mounts: &str, root: &Path) -> Self {
        let mut found = Self::default();
        for line in mounts.lines() {
            let Some(mount) = Mount::parse(line) else {
                continue;
            };
            let point = root.join(mount.point.trim_start_matches('/'));
            let folders = |controller: Option<&str>| {
                let path = group_path(groups, controller);
                folders(&point, &relative(&path, mount.root))
            };
            if mount.kind == "cgroup2" {
                found.unified = folders(None);
            } else if mount.kind == "cgroup" {
                for option in mount.options.split(',') {
                    match option {
                        "cpu" => found.cpu = folders(Some("cpu")),
                        "memory" => found.memory = folders(Some("memory")),
                        _ => {}
                    }
                }
            }
        }
        found
    }

    fn cpu_quota(&self) -> Option<f64> {
        let unified = self.unified.iter().filter_map(|folder| {
            let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
            let mut words = text.split_whitespace();
            let quota: f64 = words.next()?.parse().ok()?;
            let period: f64 = words.next().unwrap_or("100000").parse().ok()?;
            (quota > 0.0 && period > 0.0).then(|| quota / period)
        });
        let old = self.cpu.iter().filter_map(|folder| {
            let quota = number(&folder.join("cpu.cfs_quota_us"))?;
            let period = number(&folder.join("cpu.cfs_period_us"))?;
            (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
        });
        unified.chain(old).reduce(f64::min)
    }

    fn memory_limit(&self) -> Option<u64> {
        let unified = self
            .unified
            .iter()
            .filter_map(|folder| number(&folder.join("memory.max")));
        let old = self
            .memory
            .iter()
            .filter_map(|folder| number(&folder.join("memory.limit_in_bytes")))
            // Version 1 says "no limit" as the largest number of pages.
            .filter(|n| *n < 1 << 60);
        unified
            .chain(old)
            .filter_map(|n| u64::try_from(n).ok())
            .filter(|n| *n > 0)
            .min()
    }
}

struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    // "36 35 98:0 /root /point rw,noatime master:1 - type source options"
    fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let mut right = right.split(' ');
        Some(Self {
            root: left.next()?,
            point: left.next()?,
            kind: right.next()?,
            options: right.nth(1)?,
        })
    }
}

/// This process's group as /proc/self/cgroup names it; None: version 2.
fn group_path(groups: &str, controller: Option<&str>) -> String {
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (_, Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let matches = match controller {
            None => names.is_empty(),
            Some(wanted) => names.split(',').any(|n| n == wanted),
        };
        if matches {
            return path.to_owned();
        }
    }
    "/".to_owned()
}

/// The group's path below the mount: a container may mount only its own part.
fn relative(path: &str, root: &str) -> PathBuf {
    let below = Path::new(path).strip_prefix(root).ok();
    let below = below.unwrap_or_else(|| Path::new(""));
    below
        .strip_prefix("/")
        .unwrap_or(below)
        .components()
        .filter(|c| matches!(c, std::path::Component::Normal(_)))
        .collect()
}

fn folders(point: &Path, below: &Path) -> Vec<PathBuf> {
    below.ancestors().map(|part| point.join(part)).collect()
}

fn number(path: &Path) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root =
                std::env::temp_dir().join(format!("highper-cgroup-{}-{name}", std::process::id()));
            for (path, text) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn version_2_takes_the_smallest_of_the_enclosing_groups() {
        let tree = Tree::new(
            "v2",
            &[
                ("sys/fs/cgroup/a/cpu.max", "150000 100000\n"),
                ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
                ("sys/fs/cgroup/a/memory.max", "max\n"),
                ("sys/fs/cgroup/a/b/memory.max", "268435456\n"),
            ],
        );
        let mounts = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let groups = Groups::parse("0::/a/b\n", mounts, &tree.0);
        assert_eq!(groups.cpu_quota(), Some(1.5));
        assert_eq!(groups.memory_limit(), Some(268_435_456));
    }

    #[test]
    fn version_1_reads_quota_and_knows_no_limit() {
        let tree = Tree::new(
            "v1",
            &[
                ("cg/cpu/cpu.cfs_quota_us", "250000\n"),
                ("cg/cpu/cpu.cfs_period_us", "100000\n"),
                ("cg/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ],
        );
        let mounts = "31 25 0:27 /docker/x /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                      32 25 0:28 /docker/x /cg/memory rw - cgroup cgroup rw,memory\n";
        let text = "4:memory:/docker/x\n1:cpu,cpuacct:/docker/x\n0::/\n";
        let groups = Groups::parse(text, mounts, &tree.0);
        assert_eq!(groups.cpu_quota(), Some(2.5));
        assert_eq!(groups.memory_limit(), None);
    }

    #[test]
    fn garbage_means_no_limit() {
        let groups = Groups::parse(
            "x\n::\n0::/../../etc\n",
            "a b - c\n\n",
            Path::new("/nowhere"),
        );
        assert_eq!(groups.cpu_quota(), None);
        assert_eq!(groups.memory_limit(), None);
        assert!(cpus() >= 1);
        assert!(memory_limit().is_some());
    }
}
