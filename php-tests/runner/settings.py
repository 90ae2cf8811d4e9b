"""Which PHP is tested, and what every process of a test inherits from it."""

import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

# What every test may rely on, whatever the machine's php.ini says.
BASE_INI = """
output_handler=
open_basedir=
disable_functions=
output_buffering=0
error_reporting=E_ALL
fatal_error_backtraces=0
display_errors=1
display_startup_errors=1
log_errors=0
html_errors=0
ignore_repeated_errors=0
auto_prepend_file=
auto_append_file=
precision=14
serialize_precision=-1
memory_limit=256M
max_execution_time=0
zend.assertions=1
assert.exception=1
zend.exception_ignore_args=0
zend.exception_string_param_max_len=15
short_open_tag=0
date.timezone=UTC
opcache.file_update_protection=0
opcache.revalidate_freq=0
"""
JIT_INI = {
    "none": "opcache.enable_cli=0\n",
    "off": "opcache.enable_cli=1\nopcache.jit=off\nopcache.jit_buffer_size=0\n",
    "function": "opcache.enable_cli=1\nopcache.jit=function\nopcache.jit_buffer_size=64M\n",
    # Low thresholds: a test is short, and code that is never hot is never compiled.
    "tracing": "opcache.enable_cli=1\nopcache.jit=tracing\nopcache.jit_buffer_size=64M\n"
               "opcache.jit_hot_loop=4\nopcache.jit_hot_func=4\nopcache.jit_hot_return=4\nopcache.jit_hot_side_exit=4\n",
}
# Extensions that change how code runs, or that most tests have no use for; a test that is about one of them loads it in its INI section.
UNWANTED = ("xdebug", "pcov", "excimer", "swoole", "openswoole", "highper", "blackfire", "ddtrace", "amqp", "apcu", "imagick", "imap", "ldap",
            "memcached", "mongodb", "odbc", "soap", "ssh2")
# What a test may see of the environment that the runner was started in.
PASSED_ON = ("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "DATABASE_TEST_URL", "SWOOLE_SO",
             "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "CHROMIUM")


class Settings:
    """The PHP to test: its binary and the folder of ini files that every process of a test inherits."""

    def __init__(self, php, ext, folder, jit="off", ini=()):
        self.php, self.ext, self.folder = php, ext, folder
        self.timeout, self.wrap, self.valgrind = 20.0, [], False
        self.scan = os.path.join(folder, "ini")
        os.mkdir(self.scan)
        self._ini_files()
        with open(os.path.join(self.scan, "zz-tests.ini"), "w") as file:
            file.write(BASE_INI + JIT_INI[jit])
            if jit != "none" and not self._has_opcache():
                file.write("zend_extension=opcache.so\n")
            if ext != "none":
                file.write("extension=%s\n" % os.path.realpath(ext))
            file.writelines(line + "\n" for line in ini)
        self.env = {
            name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("HIGHPER_")
        }
        self.env.update(
            LC_ALL="C", TZ="UTC", PHP_INI_SCAN_DIR=self.scan, TEST_PHP_EXECUTABLE=self.php, HIGHPER_ROOT=ROOT,
            HIGHPER_EXT="" if ext == "none" else os.path.realpath(ext),
        )

    def use_malloc(self):
        """Have PHP allocate with malloc, so that tools see each allocation."""
        self.env.update(USE_ZEND_ALLOC="0", ZEND_DONT_UNLOAD_MODULES="1")

    def use_valgrind(self, suppressions):
        """Run every PHP under Valgrind, and give it the time that this takes."""
        self.use_malloc()
        self.valgrind = True
        self.timeout *= 15
        self.env["HIGHPER_TEST_PATIENCE"] = "15"
        # What PCRE compiles reads a subject in words, past its end: every match would be a report.
        with open(os.path.join(self.scan, "zz-valgrind.ini"), "w") as file:
            file.write("pcre.jit=0\n")
        log = os.path.join(self.folder, "valgrind.%p.log")
        self.wrap = ["valgrind", "--quiet", "--error-exitcode=99", "--trace-children=yes",
                     "--trace-children-skip=*/mariadb*,*/mysql*,*/redis*,*/setpriv,*/initdb,*/postgres,*/sh,*/dash,*/bash,*/cat,*/sleep", "--log-file=" + log]
        if os.path.exists(suppressions):
            self.wrap.append("--suppressions=" + suppressions)

    def _ini_files(self):
        listed = subprocess.run([self.php, "--ini"], capture_output=True, text=True, timeout=20, check=True).stdout
        parsed = listed.partition("Additional .ini files parsed:")[2]
        for path in (part.strip() for part in parsed.split(",")):
            name = os.path.basename(path)
            if path.endswith(".ini") and not any(word in name.lower() for word in UNWANTED):
                shutil.copy(path, os.path.join(self.scan, name))

    def _has_opcache(self):
        modules = subprocess.run(
            [self.php, "-m"], capture_output=True, text=True, timeout=20,
            env=dict(os.environ, PHP_INI_SCAN_DIR=self.scan),
        )
        return "Zend OPcache" in modules.stdout

    def version(self):
        """One line that names PHP and the extension as the tests see them; RuntimeError where PHP does not start well."""
        code = ("echo PHP_VERSION, PHP_ZTS ? ' ZTS' : ' NTS', ', highper ', phpversion('highper') ?: 'not loaded', ', JIT ',"
                "function_exists('opcache_get_status') && (opcache_get_status(false)['jit']['on'] ?? false) ? 'on' : 'off';")
        done = subprocess.run([self.php, "-r", code], capture_output=True, text=True, timeout=30, env=self.env)
        said = done.stdout + done.stderr
        if done.returncode != 0 or "Warning" in said or (self.ext != "none" and "not loaded" in said):
            raise RuntimeError("PHP does not start with the extension (exit code %d):\n%s" % (done.returncode, said))
        return done.stdout.strip()

    def valgrind_reports(self):
        """What Valgrind wrote since the last call."""
        found = []
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("valgrind."):
                path = os.path.join(self.folder, name)
                with open(path, errors="replace") as file:
                    text = file.read()
                # Its own remarks (a system call that it does not know) begin with dashes.
                text = "".join(line for line in text.splitlines(True) if line.startswith("=="))
                if text:
                    found.append(text)
                os.unlink(path)
        return "\n".join(found)
