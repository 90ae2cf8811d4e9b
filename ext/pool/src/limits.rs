//! How many, how long.

use crate::setting::{number, seconds};
use std::time::Duration;

/// The limits of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most so many exist, idle ones and those that are out; at least 1.
    pub max: usize,
    /// So many idle ones are kept, however long nobody wants them.
    pub min_idle: usize,
    /// How many may wait in line at the same time.
    pub queue: usize,
    /// How long one may wait; `None` for as long as it takes.
    pub wait: Option<Duration>,
    /// An idle one that nobody wanted for so long goes; `None` for never.
    pub idle: Option<Duration>,
    /// One that has existed for so long goes, as soon as it is idle; `None` for never.
    pub lifetime: Option<Duration>,
}

impl Default for Limits {
    /// 32 of them, 1,024 waiters of 5 s each; a minute without use, an hour of life.
    fn default() -> Self {
        Self {
            max: 32,
            min_idle: 0,
            queue: 1024,
            wait: Some(Duration::from_secs(5)),
            idle: Some(Duration::from_secs(60)),
            lifetime: Some(Duration::from_secs(3600)),
        }
    }
}

impl Limits {
    /// Sets one by its name in configurations: `pool.max`, `min`, `queue`, `wait`, `idle`, `lifetime`. False for other names.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "pool.max" => self.max = number(key, value)?.max(1),
            "pool.min" => self.min_idle = number(key, value)?,
            "pool.queue" => self.queue = number(key, value)?,
            "pool.wait" => self.wait = seconds(key, value)?,
            "pool.idle" => self.idle = seconds(key, value)?,
            "pool.lifetime" => self.lifetime = seconds(key, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
