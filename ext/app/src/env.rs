//! The environment: real variables first, then `.env` files, read with types.

use crate::{dotenv, secret};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::time::Duration;

/// A `.env` file larger than this is refused, in bytes.
const LARGEST: u64 = 1 << 20;

/// What `APP_ENV` makes of the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// All other names, and when `APP_ENV` is not set.
    #[default]
    Production,
    /// `dev`, `development`, `local`
    Development,
    /// `test`, `testing`
    Test,
}

impl Mode {
    /// The mode that a value of `APP_ENV` means; upper and lower case are the same.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "dev" | "development" | "local" => Self::Development,
            "test" | "testing" => Self::Test,
            _ => Self::Production,
        }
    }
}

/// Why the environment cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvError {
    /// A mistake in a file.
    Syntax(dotenv::SyntaxError),
    /// A file that is there but cannot be read, and why.
    File(String),
    /// A value of the wrong type: "REDIS_PORT must be an integer, 'abc' given (.env:3)".
    Value(String),
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(e) => e.fmt(f),
            Self::File(e) | Self::Value(e) => f.write_str(e),
        }
    }
}

impl std::error::Error for EnvError {}

#[derive(Debug)]
struct Entry {
    value: String,
    /// File and line; none for the real environment.
    from: Option<(String, usize)>,
}

/// Variables and where they came from.
#[derive(Debug, Default)]
pub struct Env {
    entries: BTreeMap<String, Entry>,
    files: Vec<String>,
}

impl Env {
    /// The real environment alone. Names and values that are not UTF-8 are left out.
    #[must_use]
    pub fn real(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let entries = variables
            .into_iter()
            .map(|(n, value)| (n, Entry { value, from: None }))
            .collect();
        Self {
            entries,
            files: vec![],
        }
    }

    /// `real` and the files in `folder`, in Symfony's order, a later one winning over the ones
    /// before and `real` over all: `.env`, `.env.local` (not when `APP_ENV` means test),
    /// `.env.{APP_ENV}`, `.env.{APP_ENV}.local`. Missing files are no error. Without `APP_ENV`
    /// it is `production`.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than 1 MiB or not UTF-8; a mistake in it; an
    /// `APP_ENV` with other characters than letters, digits, `_`, `-` and `.`.
    pub fn load(
        folder: &Path,
        real: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, EnvError> {
        let mut env = Self::real(real);
        env.file(folder, ".env")?;
        if env.mode() != Mode::Test {
            env.file(folder, ".env.local")?;
        }
        let name = env.name().to_owned();
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        {
            return Err(env.wrong("APP_ENV", "a name of letters, digits, '_', '-' and '.'"));
        }
        env.file(folder, &format!(".env.{name}"))?;
        if name != "local" {
            env.file(folder, &format!(".env.{name}.local"))?;
        }
        Ok(env)
    }

    fn file(&mut self, folder: &Path, name: &str) -> Result<(), EnvError> {
        let path = folder.join(name);
        let shown = path.display().to_string();
        let cannot = |e: std::io::Error| EnvError::File(format!("{shown} cannot be read: {e}"));
        // Asked before it is opened: opening a pipe would wait for its writer.
        match path.metadata() {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Err(EnvError::File(format!("{shown} is not a file"))),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(e) => return Err(cannot(e)),
        }
        let mut bytes = vec![];
        let file = std::fs::File::open(&path).map_err(cannot)?;
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(cannot)?;
        if bytes.len() as u64 > LARGEST {
            return Err(EnvError::File(format!("{shown} is larger than 1 MiB")));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = 1 + before.iter().filter(|b| **b == b'\n').count();
            EnvError::Syntax(dotenv::SyntaxError {
                file: shown.clone(),
                line,
                why: "this is not UTF-8".into(),
            })
        })?;
        let value = |n: &str, real| {
            self.entries
                .get(n)
                .filter(|e| e.from.is_none() == real)
                .map(|e| e.value.clone())
        };
        let variables = dotenv::parse(&shown, &text, &|n| value(n, true), &|n| value(n, false));
        let variables = variables.map_err(EnvError::Syntax)?;
        for v in variables {
            if self.entries.get(&v.name).is_none_or(|e| e.from.is_some()) {
                self.entries.insert(
                    v.name,
                    Entry {
                        value: v.value,
                        from: Some((shown.clone(), v.line)),
                    },
                );
            }
        }
        self.files.push(shown);
        Ok(())
    }

    /// The value, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(|e| e.value.as_str())
    }

    /// Sets a value over all others, as `--env` does with `APP_ENV`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.entries.insert(
            name.into(),
            Entry {
                value: value.into(),
                from: None,
            },
        );
    }

    /// `APP_ENV`, `production` where it is not set or empty.
    #[must_use]
    pub fn name(&self) -> &str {
        self.get("APP_ENV")
            .filter(|v| !v.is_empty())
            .unwrap_or("production")
    }

    /// What [`Env::name`] means.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Mode::of(self.name())
    }

    /// The files that were there, in the order in which they were read.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// What came from files, for the process's environment and PHP's `$_ENV`.
    pub fn from_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .filter(|(_, e)| e.from.is_some())
            .map(|(n, e)| (n.as_str(), e.value.as_str()))
    }

    /// All variables with secrets masked, sorted by name, to be shown.
    pub fn shown(&self) -> impl Iterator<Item = (&str, std::borrow::Cow<'_, str>)> {
        self.entries
            .iter()
            .map(|(n, e)| (n.as_str(), secret::masked(n, &e.value)))
    }

    fn read<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, EnvError> {
        match self.get(name).map(str::trim) {
            None | Some("") => Ok(None),
            Some(v) => read(v).map(Some).ok_or_else(|| self.wrong(name, what)),
        }
    }

    fn wrong(&self, name: &str, what: &str) -> EnvError {
        let Some(entry) = self.entries.get(name) else {
            return EnvError::Value(format!("{name} must be {what}"));
        };
        let from = match &entry.from {
            Some((file, line)) => format!("{file}:{line}"),
            None => "environment".into(),
        };
        EnvError::Value(format!(
            "{name} must be {what}, '{}' given ({from})",
            secret::masked(name, &entry.value)
        ))
    }

    /// `1/0`, `true/false`, `on/off`, `yes/no` in any case. Here and below: `None` where it is
    /// not set or empty.
    ///
    /// # Errors
    /// Any other value; here and below the message names variable, value and place.
    pub fn bool(&self, name: &str) -> Result<Option<bool>, EnvError> {
        self.read(
            name,
            "one of 1, 0, true, false, on, off, yes, no",
            crate::parameter::bool,
        )
    }

    /// A decimal integer.
    ///
    /// # Errors
    /// Anything else, or more than 64 bits.
    pub fn int(&self, name: &str) -> Result<Option<i64>, EnvError> {
        self.read(name, "an integer", crate::parameter::int)
    }

    /// A finite number, as `0.5` or `1e-3`.
    ///
    /// # Errors
    /// Anything else.
    pub fn float(&self, name: &str) -> Result<Option<f64>, EnvError> {
        self.read(name, "a number", crate::parameter::float)
    }

    /// Seconds (`30`, `0.5`), or with a unit: `250ms`, `30s`, `5m`, `2h`, `1d`.
    ///
    /// # Errors
    /// Anything else, or a negative one.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, EnvError> {
        self.read(
            name,
            "a time, such as 30, 0.5, 250ms, 30s, 5m, 2h or 1d",
            duration,
        )
    }

    /// Bytes (`4096`), or with a unit of 1024: `64K`, `8M`, `1G`, `KiB` and `KB` alike.
    ///
    /// # Errors
    /// Anything else, a negative one, or more than 64 bits.
    pub fn size(&self, name: &str) -> Result<Option<u64>, EnvError> {
        self.read(name, "a size, such as 4096, 64K, 8M or 1G", size)
    }
}

/// Reads a time as [`Env::duration`] describes it.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let scale = match unit.to_ascii_lowercase().as_str() {
        "" | "s" | "sec" => 1.0,
        "us" => 1e-6,
        "ms" => 1e-3,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(crate::parameter::float(number)? * scale).ok()
}

/// Reads a size as [`Env::size`] describes it.
#[must_use]
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    number
        .parse::<u64>()
        .ok()
        .filter(|_| digits)?
        .checked_mul(1 << shift)
}

fn split(text: &str) -> (&str, &str) {
    let end = text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .len();
    (text[..end].trim_end(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let path =
                std::env::temp_dir().join(format!("highper-env-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            for (file, text) in files {
                std::fs::write(path.join(file), text).unwrap();
            }
            Self(path)
        }

        fn load(&self, real: &[(&str, &str)]) -> Result<Env, EnvError> {
            Env::load(
                &self.0,
                real.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
            )
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn order() {
        let all = [
            (".env", "A=env\nB=env\nC=env\nD=env\nE=env"),
            (".env.local", "B=local\nC=local\nD=local"),
            (".env.staging", "C=staging\nD=staging"),
            (".env.staging.local", "D=sl"),
            (".env.test", "C=test"),
            (".env.production", "C=prod"),
        ];
        let f = Folder::new("order", &all);
        let values = |real: &[(&str, &str)]| {
            let env = f.load(real).unwrap();
            ["A", "B", "C", "D", "E"]
                .map(|n| env.get(n).unwrap().to_owned())
                .join(" ")
        };
        assert_eq!(
            values(&[("APP_ENV", "staging"), ("E", "real")]),
            "env local staging sl real"
        );
        assert_eq!(values(&[("APP_ENV", "test")]), "env env test env env");
        assert_eq!(values(&[]), "env local prod local env");
        let env = f.load(&[]).unwrap();
        assert_eq!(
            (env.name(), env.mode(), env.files().len()),
            ("production", Mode::Production, 3)
        );
        std::fs::write(f.0.join(".env.local"), "APP_ENV=dev\nX=${A}-${B}\nB=l").unwrap();
        let env = f.load(&[]).unwrap();
        assert_eq!(
            (env.mode(), env.get("X")),
            (Mode::Development, Some("env-env"))
        );
    }

    #[test]
    fn types() {
        let f = Folder::new(
            "types",
            &[(
                ".env",
                "N=5\nW=abc\nS_KEY=x\nT=250ms\nM=8M\nF=0.5\nO=On\nE=",
            )],
        );
        let env = f.load(&[("R", "z")]).unwrap();
        assert_eq!(env.int("N"), Ok(Some(5)));
        assert_eq!(env.int("E"), Ok(None));
        assert_eq!(env.int("NONE"), Ok(None));
        assert_eq!(env.duration("T"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(env.size("M"), Ok(Some(8 << 20)));
        assert_eq!(env.float("F"), Ok(Some(0.5)));
        assert_eq!(env.bool("O"), Ok(Some(true)));
        let said = |r: Result<Option<i64>, EnvError>| r.unwrap_err().to_string();
        assert!(
            said(env.int("W")).ends_with("/.env:2)"),
            "{}",
            said(env.int("W"))
        );
        assert!(said(env.int("W")).starts_with("W must be an integer, 'abc' given ("));
        assert!(said(env.int("S_KEY")).starts_with("S_KEY must be an integer, '******' given"));
        assert_eq!(
            said(env.int("R")),
            "R must be an integer, 'z' given (environment)"
        );
        for bad in ["", "x", "-1", "1x", "1e400", "ms"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        for bad in [
            "",
            "-1",
            "+1",
            "1.5M",
            "99999999999999999999",
            "20000000T",
            "K",
        ] {
            assert_eq!(size(bad), None, "{bad}");
        }
        assert_eq!(
            (size("64KiB"), duration("1.5h")),
            (Some(65_536), Some(Duration::from_secs(5_400)))
        );
    }

    #[test]
    fn bad_files() {
        let f = Folder::new("bad", &[(".env", "A=1\nB")]);
        assert!(
            f.load(&[])
                .unwrap_err()
                .to_string()
                .ends_with("/.env:2: B has no '=' after it; for an empty value write B=")
        );
        std::fs::write(f.0.join(".env"), b"A=1\nB=\xff").unwrap();
        assert!(
            f.load(&[])
                .unwrap_err()
                .to_string()
                .ends_with("/.env:2: this is not UTF-8")
        );
        std::fs::write(f.0.join(".env"), vec![b'#'; (1 << 20) + 1]).unwrap();
        assert!(
            f.load(&[])
                .unwrap_err()
                .to_string()
                .ends_with("is larger than 1 MiB")
        );
        std::fs::remove_file(f.0.join(".env")).unwrap();
        std::fs::create_dir(f.0.join(".env")).unwrap();
        assert!(
            f.load(&[])
                .unwrap_err()
                .to_string()
                .ends_with("is not a file")
        );
        std::fs::remove_dir(f.0.join(".env")).unwrap();
        assert!(
            f.load(&[("APP_ENV", "../x")])
                .unwrap_err()
                .to_string()
                .starts_with("APP_ENV must be a name of")
        );
    }
}
