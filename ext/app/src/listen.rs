//! Where to listen, and the command line of `run($argv)`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

/// The port unless told otherwise.
pub const DEFAULT_PORT: u16 = 9501;
/// The host unless told otherwise: nobody from outside reaches it.
pub const DEFAULT_HOST: &str = "127.0.0.1";
/// The most workers that can be asked for.
pub const MAX_WORKERS: u32 = 1024;
/// The longest path of a Unix socket on Linux, in bytes (`sun_path` less its zero).
const MAX_UNIX: usize = 107;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Host (an IP address without brackets, or a name to be resolved) and port (0: any free one).
    Tcp(String, u16),
    /// A Unix socket.
    Unix(PathBuf),
}

impl Default for Address {
    fn default() -> Self {
        Self::Tcp(DEFAULT_HOST.into(), DEFAULT_PORT)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A command line or setting that cannot be used: one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Address {
    /// Reads `127.0.0.1:9501`, `localhost:9501`, `[::1]:80`, `unix:/run/app.sock`; `8080` and
    /// `:8080` are that port on 127.0.0.1, `127.0.0.1` alone has port 9501, `*:8080` is every
    /// IPv4 interface.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let bad = |why: &str| {
            UsageError(format!(
                "'{text}' is no address to listen on: {why}; write host:port, :port, [ipv6]:port or unix:/path"
            ))
        };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains('\0') || path.len() > MAX_UNIX {
                return Err(bad(&format!("a socket's path has 1 to {MAX_UNIX} bytes")));
            }
            return Ok(Self::Unix(path.into()));
        }
        let port = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            digits
                .parse()
                .ok()
                .filter(|_| plain)
                .ok_or_else(|| bad("a port is a number from 0 to 65535"))
        };
        if let Some(inner) = text.strip_prefix('[') {
            let (ip, rest) = inner.split_once(']').ok_or_else(|| bad("']' is missing"))?;
            let ip: Ipv6Addr = ip
                .parse()
                .map_err(|_| bad("the brackets hold no IPv6 address"))?;
            return match rest {
                "" => Ok(Self::Tcp(ip.to_string(), DEFAULT_PORT)),
                _ => Ok(Self::Tcp(
                    ip.to_string(),
                    port(
                        rest.strip_prefix(':')
                            .ok_or_else(|| bad("':' is missing after ']'"))?,
                    )?,
                )),
            };
        }
        let (host, number) = match text.rsplit_once(':') {
            Some((host, _)) if host.contains(':') => {
                return Err(bad("an IPv6 address needs brackets"));
            }
            Some((host, digits)) => (host, port(digits)?),
            None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                ("", port(text)?)
            }
            None => (text, DEFAULT_PORT),
        };
        let host = match host {
            "" if text.is_empty() => return Err(bad("it is empty")),
            "" => DEFAULT_HOST,
            "*" => "0.0.0.0",
            h => h,
        };
        let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let name = host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            && host.len() <= 253;
        if !name || host.starts_with('-') || (numeric && host.parse::<IpAddr>().is_err()) {
            return Err(bad("the host is neither an IP address nor a name"));
        }
        Ok(Self::Tcp(host.into(), number))
    }

    /// Where to listen when `--listen` says nothing: `port` is the value of `PORT`.
    ///
    /// # Errors
    /// A `PORT` that is not a number from 0 to 65535.
    pub fn from_port(port: Option<&str>) -> Result<Self, UsageError> {
        match port.map(str::trim).filter(|p| !p.is_empty()) {
            None => Ok(Self::default()),
            Some(p) if p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok() => {
                Self::parse(p)
            }
            Some(p) => Err(UsageError(format!(
                "PORT must be a number from 0 to 65535, '{p}' given"
            ))),
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// In the foreground, or as a daemon (`-d`).
    #[default]
    Start,
    /// Stop the running server; requests under way end.
    Stop,
    /// Stop it, then start.
    Restart,
    /// New workers, one generation after the other.
    Reload,
    /// Another program in the place of the one that runs.
    Upgrade,
    /// Take no new connections; those that there are go on.
    Pause,
    /// Take them again.
    Resume,
    /// Say whether it runs.
    Status,
    /// Say what each coroutine of the workers does.
    Coroutines,
    /// Print [`help`], or that of a command.
    Help,
    /// Print the commands of the application.
    List,
    /// Run a command of the application.
    Run,
    /// Print the routes.
    Routes,
    /// Print the configuration.
    Config,
    /// See whether it would start.
    Check,
    /// Print the processes of the running server.
    Ps,
    /// The same again and again.
    Top,
    /// Print the script by which a shell completes command lines.
    Completion,
    /// Say what may stand next on a command line; such scripts ask it.
    Complete,
}

/// The word by which scripts of shells ask; what follows are the words of the command line.
pub const COMPLETE: &str = "_complete";

impl Action {
    /// May a word follow?
    fn takes_word(self) -> bool {
        matches!(self, Self::Routes | Self::Config | Self::Completion)
    }
}

/// A parsed command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandLine {
    /// `start` when none is named.
    pub action: Action,
    /// `-d`, `--daemon`
    pub daemon: bool,
    /// `--listen`, as often as wanted; empty: `PORT` or the default.
    pub listen: Vec<Address>,
    /// `--workers`; `None`: as many as the CPU quota allows (also `auto`).
    pub workers: Option<u32>,
    /// `--env`, goes over `APP_ENV`.
    pub env: Option<String>,
    /// The command of the application that is to run, or whose help is asked for.
    pub command: Option<String>,
    /// What stands behind its name.
    pub words: Vec<String>,
    /// `--no-interaction`: a command asks nobody.
    pub is_quiet: bool,
    /// `--json`: for programs.
    pub json: bool,
    /// `--watch`, `--no-watch`: reload when files change; `None`: as the settings say, else in development.
    pub watch: Option<bool>,
    /// `--coroutines`: these too.
    pub coroutines: bool,
    /// `--once`: not again and again.
    pub once: bool,
    /// `--interval`: seconds from one look to the next.
    pub interval: Option<f64>,
}

const ACTIONS: [(&str, Action); 18] = [
    ("start", Action::Start),
    ("stop", Action::Stop),
    ("restart", Action::Restart),
    ("reload", Action::Reload),
    ("upgrade", Action::Upgrade),
    ("pause", Action::Pause),
    ("resume", Action::Resume),
    ("status", Action::Status),
    ("coroutines", Action::Coroutines),
    ("help", Action::Help),
    ("list", Action::List),
    ("run", Action::Run),
    ("routes", Action::Routes),
    ("config", Action::Config),
    ("check", Action::Check),
    ("ps", Action::Ps),
    ("top", Action::Top),
    ("completion", Action::Completion),
];

/// The commands of a server itself.
pub fn actions() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|(name, _)| *name)
}
/// Is this a word that the command line of a server knows by itself?
#[must_use]
pub fn is_action(word: &str) -> bool {
    ACTIONS.iter().any(|(name, _)| *name == word)
}

const OPTIONS: [&str; 12] = [
    "--daemon",
    "--listen",
    "--workers",
    "--env",
    "--help",
    "--json",
    "--coroutines",
    "--once",
    "--interval",
    "-d",
    "--watch",
    "--no-watch",
];

impl CommandLine {
    /// Reads the arguments after the script's name (`$argv` without its first). `--name value`
    /// and `--name=value` are the same. `--help` wins over all else that can be read.
    ///
    /// # Errors
    /// An unknown command or option (the nearest one is named), a missing or wrong value.
    pub fn parse<S: AsRef<str>>(arguments: &[S]) -> Result<Self, UsageError> {
        let mut line = Self::default();
        if let Some((COMPLETE, rest)) = arguments.split_first().map(|(f, r)| (f.as_ref(), r)) {
            line.action = Action::Complete;
            line.words = rest.iter().map(|word| word.as_ref().to_owned()).collect();
            return Ok(line);
        }
        let mut action = None;
        let mut help = false;
        let mut rest = arguments.iter().map(AsRef::as_ref);
        while let Some(argument) = rest.next() {
            let (option, inline) = match argument.split_once('=') {
                Some((o, v)) if o.starts_with("--") => (o, Some(v)),
                _ => (argument, None),
            };
            let mut value = |what: &str| {
                let v = inline.or_else(|| rest.next()).filter(|v| !v.is_empty());
                v.ok_or_else(|| UsageError(format!("{option} needs a value: {what}")))
            };
            match option {
                "--listen" => line
                    .listen
                    .push(Address::parse(value("--listen 127.0.0.1:9501")?)?),
                "--workers" => line.workers = workers(value("--workers 4")?)?,
                "--env" => line.env = Some(environment(value("--env dev")?)?),
                "-d" | "--daemon" | "-h" | "--help" | "--json" | "--watch" | "--no-watch"
                | "--coroutines" | "--once"
                    if inline.is_some() =>
                {
                    return Err(UsageError(format!("{option} takes no value")));
                }
                "-d" | "--daemon" => line.daemon = true,
                "-h" | "--help" => help = true,
                "--json" => line.json = true,
                "--watch" => line.watch = Some(true),
                "--no-watch" => line.watch = Some(false),
                "--coroutines" => line.coroutines = true,
                "--once" => line.once = true,
                "--interval" => line.interval = Some(interval(value("--interval 2")?)?),
                o if o.starts_with('-') => {
                    return Err(unknown("option", o, &OPTIONS));
                }
                word if matches!(action, Some(Action::Run | Action::Help)) => {
                    line.command = Some(word.to_owned());
                    line.take(rest.by_ref().map(str::to_owned), &mut help)?;
                }
                word if action.is_some_and(Action::takes_word) && line.words.is_empty() => {
                    line.words.push(word.to_owned());
                }
                word => match (ACTIONS.iter().find(|(name, _)| *name == word), action) {
                    (Some((_, a)), None) => action = Some(*a),
                    (None, None) => {
                        action = Some(Action::Run);
                        line.command = Some(word.to_owned());
                        line.take(rest.by_ref().map(str::to_owned), &mut help)?;
                    }
                    (Some(_), Some(_)) => {
                        return Err(UsageError(format!(
                            "'{word}' is a second command; name one"
                        )));
                    }
                    (None, Some(_)) => {
                        return Err(unknown("command", word, &ACTIONS.map(|(name, _)| name)));
                    }
                },
            }
        }
        line.action = if help {
            Action::Help
        } else {
            action.unwrap_or_default()
        };
        if line.daemon && !matches!(line.action, Action::Start | Action::Restart | Action::Help) {
            return Err(UsageError("-d goes with start and restart only".into()));
        }
        line.fits()?;
        if line.action == Action::Run && line.command.is_none() {
            return Err(UsageError(
                "run needs the name of a command; 'list' shows them all".into(),
            ));
        }
        Ok(line)
    }

    /// Options of one action are none of another.
    fn fits(&self) -> Result<(), UsageError> {
        use Action::{Config, Help, Ps, Routes, Top};
        for (option, is_given, with) in [
            ("--json", self.json, &[Routes, Config, Ps, Top][..]),
            ("--coroutines", self.coroutines, &[Ps]),
            ("--once", self.once, &[Top]),
            ("--interval", self.interval.is_some(), &[Top]),
        ] {
            if is_given && self.action != Help && !with.contains(&self.action) {
                let known = ACTIONS.iter().filter(|(_, action)| with.contains(action));
                let names: Vec<&str> = known.map(|(name, _)| *name).collect();
                let names = names.join(", ");
                return Err(UsageError(format!("{option} goes with {names} only")));
            }
        }
        Ok(())
    }

    /// The words behind a command's name. `--env` and `--help` are the server's wherever they stand before `--`.
    fn take(
        &mut self,
        mut words: impl Iterator<Item = String>,
        help: &mut bool,
    ) -> Result<(), UsageError> {
        while let Some(word) = words.next() {
            match &*word {
                "--" => {
                    self.words.push(word);
                    self.words.extend(words);
                    return Ok(());
                }
                "-h" | "--help" => *help = true,
                "--no-interaction" => self.is_quiet = true,
                "--env" => {
                    let name = words.next().filter(|v| !v.is_empty());
                    let name =
                        name.ok_or_else(|| UsageError("--env needs a value: --env dev".into()))?;
                    self.env = Some(environment(&name)?);
                }
                word if word.starts_with("--env=") => {
                    self.env = Some(environment(&word["--env=".len()..])?);
                }
                _ => self.words.push(word),
            }
        }
        Ok(())
    }
}

fn workers(text: &str) -> Result<Option<u32>, UsageError> {
    if text == "auto" {
        return Ok(None);
    }
    match crate::parameter::int(text).and_then(|n| u32::try_from(n).ok()) {
        Some(n @ 1..=MAX_WORKERS) => Ok(Some(n)),
        _ => Err(UsageError(format!(
            "--workers must be a number from 1 to {MAX_WORKERS} or auto, '{text}' given"
        ))),
    }
}

fn interval(text: &str) -> Result<f64, UsageError> {
    match crate::parameter::float(text) {
        Some(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(UsageError(format!(
            "--interval must be from 0.1 to 3600 seconds, '{text}' given"
        ))),
    }
}

fn environment(text: &str) -> Result<String, UsageError> {
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    {
        Ok(text.into())
    } else {
        Err(UsageError(format!(
            "--env must be a name of letters, digits, '_', '-' and '.', '{text}' given"
        )))
    }
}

/// The one among `known` that somebody may have meant.
#[must_use]
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|k| (distance(word, k), *k)).min();
    near.filter(|(d, _)| *d <= 2).map(|(_, k)| k)
}

/// A word that is none of `known`.
#[must_use]
pub fn unknown(what: &str, word: &str, known: &[&str]) -> UsageError {
    let near = nearest(word, known);
    let hint = near.map_or(String::new(), |k| format!("did you mean '{k}'? "));
    UsageError(format!(
        "unknown {what} '{}'; {hint}--help lists all",
        word.escape_debug()
    ))
}

/// Levenshtein's distance, for words short enough.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > 32 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// The text of `--help`; `script` is `$argv[0]`.
#[must_use]
pub fn help(script: &str) -> String {
    format!(
        "Usage: php {script} [command] [options]

Commands:
  start         run the server in the foreground (the default)
  start -d      run it in the background
  stop          stop it; requests under way end
  restart [-d]  stop it, then start
  reload        new workers with new code; no request is lost
  upgrade       a new PHP, extension and server.php in its place; no request is lost
  pause         take no new connections; those that there are go on
  resume        take them again
  status        say whether it runs, and its workers
  coroutines    say what the coroutines of its workers do, and wait for
  ps            show its processes; with --coroutines what each of them does
  top           the same again and again, with rates; q ends it
  list          show the commands of the application
  run NAME …    run one; without 'run' where the name is none of these
  help NAME     show what it takes
  routes [WORD] show the routes, or those that have the word in them
  config [PATH] show the configuration, or what is below a path; secrets are masked
  check         see whether it would start, without listening or onStart()
  completion [SHELL]
                print what lets bash, fish or zsh complete these command lines

Options:
  --listen ADDRESS  host:port, :port, [ipv6]:port, *:port or unix:/path; may be
                    given several times (default: 127.0.0.1:$PORT, else {DEFAULT_HOST}:{DEFAULT_PORT})
  --workers N       number of workers, or auto (default: the CPU quota)
  --env NAME        environment, over APP_ENV (default: production)
  --watch           new workers when files change (default: in development);
                    --no-watch: not even there
  -d, --daemon      run in the background
  --json            routes, config, ps and top for programs
  --once            top once
  --interval N      top every N seconds (default: 1)
  -h, --help        this text
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, want) in [
            ("127.0.0.1:9501", "127.0.0.1:9501"),
            (":8080", "127.0.0.1:8080"),
            ("8080", "127.0.0.1:8080"),
            ("*:80", "0.0.0.0:80"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:80", "[::1]:80"),
            ("[::]", "[::]:9501"),
            ("localhost", "localhost:9501"),
            ("localhost:0", "localhost:0"),
            ("10.0.0.1", "10.0.0.1:9501"),
            ("unix:/run/a.sock", "unix:/run/a.sock"),
            ("unix:///run/a.sock", "unix:/run/a.sock"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), want, "{text}");
        }
        for (text, part) in [
            ("", "it is empty"),
            ("host:", "a port is"),
            (":65536", "a port is"),
            (":+1", "a port is"),
            ("99999", "a port is"),
            ("::1", "needs brackets"),
            ("[::1", "']' is missing"),
            ("[::g]:1", "no IPv6"),
            ("[::1]80", "':' is missing"),
            ("1.2.3.400:80", "neither an IP"),
            ("a b:80", "neither an IP"),
            ("http://x:80", "needs brackets"),
            ("unix:", "1 to 107"),
        ] {
            let e = Address::parse(text).unwrap_err().to_string();
            assert!(
                e.contains(part) && e.contains("write host:port"),
                "{text}: {e}"
            );
        }
        assert!(Address::parse(&format!("unix:/{}", "x".repeat(107))).is_err());
        assert_eq!(
            Address::from_port(Some("80")).unwrap().to_string(),
            "127.0.0.1:80"
        );
        assert_eq!(Address::from_port(None).unwrap(), Address::default());
        assert_eq!(
            Address::from_port(Some(":80")).unwrap_err().to_string(),
            "PORT must be a number from 0 to 65535, ':80' given"
        );
    }

    #[test]
    fn lines() {
        assert_eq!(
            CommandLine::parse::<&str>(&[]).unwrap(),
            CommandLine::default()
        );
        let line = CommandLine::parse(&[
            "start",
            "-d",
            "--listen=:1",
            "--listen",
            "unix:/a",
            "--workers=3",
            "--env",
            "dev",
            "--no-watch",
        ])
        .unwrap();
        assert_eq!(
            line,
            CommandLine {
                action: Action::Start,
                daemon: true,
                listen: vec![
                    Address::Tcp("127.0.0.1".into(), 1),
                    Address::Unix("/a".into())
                ],
                workers: Some(3),
                env: Some("dev".into()),
                watch: Some(false),
                ..CommandLine::default()
            }
        );
        let line = CommandLine::parse(&[
            "--workers=1",
            "a:b",
            "start",
            "-x",
            "--env",
            "dev",
            "--listen",
            "--",
            "--help",
        ]);
        let words = ["start", "-x", "--listen", "--", "--help"].map(str::to_owned);
        assert_eq!(
            line.unwrap(),
            CommandLine {
                action: Action::Run,
                workers: Some(1),
                env: Some("dev".into()),
                command: Some("a:b".into()),
                words: words.into(),
                ..CommandLine::default()
            }
        );
        assert_eq!(
            CommandLine::parse(&["run", "stop"]).unwrap().command,
            Some("stop".into())
        );
        for line in [
            &["help", "a:b"][..],
            &["a:b", "x", "-h"],
            &["-h", "run", "a:b"],
        ] {
            let line = CommandLine::parse(line).unwrap();
            assert_eq!(
                (line.action, line.command),
                (Action::Help, Some("a:b".into()))
            );
        }
        assert_eq!(
            CommandLine::parse(&["reload"]).unwrap().action,
            Action::Reload
        );
        assert_eq!(
            CommandLine::parse(&["--workers", "auto"]).unwrap().workers,
            None
        );
        assert_eq!(
            CommandLine::parse(&["stop", "--help"]).unwrap().action,
            Action::Help
        );
        for (arguments, want) in [
            (
                &["--lisen", "1"][..],
                "unknown option '--lisen'; did you mean '--listen'? --help lists all",
            ),
            (
                &["-x"],
                "unknown option '-x'; did you mean '-d'? --help lists all",
            ),
            (
                &["--whatever"],
                "unknown option '--whatever'; --help lists all",
            ),
            (
                &["stop", "stat"],
                "unknown command 'stat'; did you mean 'start'? --help lists all",
            ),
            (
                &["stop", "a\nb"],
                "unknown command 'a\\nb'; --help lists all",
            ),
            (
                &["run"],
                "run needs the name of a command; 'list' shows them all",
            ),
            (&["a", "--env"], "--env needs a value: --env dev"),
            (&["start", "stop"], "'stop' is a second command; name one"),
            (
                &["--listen"],
                "--listen needs a value: --listen 127.0.0.1:9501",
            ),
            (&["--env="], "--env needs a value: --env dev"),
            (&["--daemon=1"], "--daemon takes no value"),
            (
                &["--workers", "0"],
                "--workers must be a number from 1 to 1024 or auto, '0' given",
            ),
            (
                &["--env", "../x"],
                "--env must be a name of letters, digits, '_', '-' and '.', '../x' given",
            ),
            (
                &["stop", "--json"],
                "--json goes with routes, config, ps, top only",
            ),
            (&["ps", "--once"], "--once goes with top only"),
            (
                &["top", "--interval", "0"],
                "--interval must be from 0.1 to 3600 seconds, '0' given",
            ),
            (
                &["check", "nonsense"],
                "unknown command 'nonsense'; --help lists all",
            ),
            (&["stop", "-d"], "-d goes with start and restart only"),
        ] {
            assert_eq!(CommandLine::parse(arguments).unwrap_err().to_string(), want);
        }
        assert!(help("server.php").contains("php server.php [command]"));
    }
}
