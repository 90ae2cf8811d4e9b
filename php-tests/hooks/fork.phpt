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
});
?>
--EXPECT--
ok: the child slept, then ended
ok: the parent is not disturbed
