"""The two extensions that are compared: what to load, and with which PHP."""
import glob
import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PHP_DIR = os.path.join(ROOT, "benchmarks", "php")
# Debuggers, coverage and profilers change every figure.
UNWANTED = ("xdebug", "pcov", "excimer", "swoole", "highper")
SERVER_CORE, LOAD_CORE = "0", "1"


class Side:
    """One extension: `ours` (Highper) or `peer` (Swoole)."""

    def __init__(self, role, extension, php="php"):
        self.role = role
        self.extension = os.path.abspath(extension) if extension else None
        self.php = php
        self.env = dict(os.environ, PHP_INI_SCAN_DIR=scan_dir(php), XDEBUG_MODE="off")
        self.name = {"ours": "Highper", "peer": "Swoole"}.get(role, "PHP alone")

    def command(self, *args, ini=()):
        """The command that runs `php args` with the extension loaded."""
        words = [self.php, "-d", "opcache.enable_cli=1", "-d", "memory_limit=-1"]
        for setting in ini:
            words += ["-d", setting]
        if self.extension:
            words += ["-d", f"extension={self.extension}"]
        return words + list(args)

    def version(self):
        """The version as the extension itself says it."""
        code = ('echo extension_loaded("highper") ? phpversion("highper") : phpversion("swoole"), " on PHP ", PHP_VERSION,'
                ' PHP_ZTS ? " ZTS" : " NTS";')
        done = subprocess.run(self.command("-r", code), env=self.env, capture_output=True, text=True, timeout=60)
        if done.returncode or done.stdout.startswith(" on"):
            raise SystemExit(f"benchmarks: {self.extension} does not load: "
                             f"{(done.stdout + done.stderr).strip() or 'no version'}")
        return done.stdout.strip()

    def run(self, *args, timeout=600, core=SERVER_CORE, ini=(), **options):
        """Run a script of benchmarks/php to its end, pinned, and return the finished process."""
        script, *rest = args
        command = ["taskset", "-c", core] + self.command(os.path.join(PHP_DIR, script), *map(str, rest), ini=ini)
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=timeout, **options)


_scan_dirs = {}


def scan_dir(php):
    """A folder with PHP's own ini files, without those of UNWANTED extensions."""
    if php in _scan_dirs:
        return _scan_dirs[php].name
    clean = {k: v for k, v in os.environ.items() if k != "PHP_INI_SCAN_DIR"}
    out = subprocess.run([php, "-d", "display_errors=0", "--ini"], capture_output=True, text=True, env=clean, check=True).stdout
    folder = next((line.split(":", 1)[1].strip() for line in out.splitlines() if line.startswith("Scan for")), "")
    made = tempfile.TemporaryDirectory(prefix="bench-ini-")
    for path in sorted(glob.glob(os.path.join(folder, "*.ini"))):
        if not any(word in os.path.basename(path) for word in UNWANTED):
            os.symlink(path, os.path.join(made.name, os.path.basename(path)))
    _scan_dirs[php] = made
    return made.name
