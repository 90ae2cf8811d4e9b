--TEST--
The child of a fork inside a coroutine blocks, and leaves its parent's loop alone
--EXTENSIONS--
highper
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$parent = getmypid();
run(static function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $got = null;
    go(static function () use ($a, &$got) { $got = fread($a, 10); });
    usleep(1_000);
    $pid = pcntl_fork();
    if ($pid === 0) {
        $start = microtime(true);
        usleep(20_000);
        $blocked = microtime(true) - $start >= 0.019;
        fclose($a);
        fclose($b);
        posix_kill(posix_getpid(), $blocked ? SIGKILL : SIGTERM);
    }
    pcntl_waitpid($pid, $status);
    check('the child slept, then ended', pcntl_wtermsig($status), SIGKILL);
    fwrite($b, 'parent');
    usleep(10_000);
    check('the parent is not disturbed', $got, 'parent');

    // A child that ends by itself: shutdown functions and destructors run, and the parent's loop is left alone.
    $file = getenv('TEST_TMP') . '/child';
    register_shutdown_function(static fn () => getmypid() === $GLOBALS['parent'] ?: file_put_contents($file, ' shutdown', FILE_APPEND));
    $ticks = 0;
    go(static function () use (&$ticks) { while ($ticks >= 0 && $ticks < 1_000_000) { $ticks++; usleep(1_000); } });
    foreach ([7, null] as $code) {
        $pid = pcntl_fork();
        if ($pid === 0) {
            $GLOBALS['object'] = new class($file) {
                function __construct(private string $file) {}
                function __destruct() { file_put_contents($this->file, ' destructor', FILE_APPEND); }
            };
            try { Swoole\Coroutine::sleep(0.01); } catch (Swoole\Error) { file_put_contents($file, 'refused', FILE_APPEND); }
            $code === null ? throw new Exception('the child fails') : exit($code);
        }
        while (pcntl_waitpid($pid, $status, WNOHANG) === 0) {
            usleep(1_000);
        }
        check('the exit code', pcntl_wexitstatus($status), $code ?? 255);
    }
    check('what the children did', file_get_contents($file), 'refused shutdown destructorrefused shutdown destructor');
    $before = $ticks;
    for ($i = 0; $i < 2000 && $ticks <= $before + 5; $i++) { usleep(1_000); }
    check('the loop goes on', $ticks > $before + 5);
    $ticks = -1;
});
?>
--EXPECTF--
ok: the child slept, then ended
ok: the parent is not disturbed
ok: the exit code

Fatal error: Uncaught Exception: the child fails in %s
Stack trace:
%a
ok: the exit code
ok: what the children did
ok: the loop goes on
