--TEST--
Flags say which calls suspend
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Runtime;
use function Swoole\Coroutine\{go, run};

/** Does $body suspend with these flags? */
function suspends(int $flags, callable $body): bool
{
    Runtime::setHookFlags($flags);
    $over = false;
    $before = null;
    go(static function () use ($body, &$over) { $body(); $over = true; });
    $before = ! $over;
    Runtime::setHookFlags(SWOOLE_HOOK_ALL);
    while (! $over) {
        usleep(1_000);
    }
    return $before;
}

check('nothing is set before', Runtime::getHookFlags(), 0);
run(static function () {
    check('all are on in run()', Runtime::getHookFlags(), SWOOLE_HOOK_ALL);
    $sleep = static fn () => usleep(10_000);
    check('sleep: all', suspends(SWOOLE_HOOK_ALL, $sleep));
    check('sleep: none', suspends(0, $sleep), false);
    check('sleep: SLEEP', suspends(SWOOLE_HOOK_SLEEP, $sleep));
    check('sleep: others', suspends(SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_SLEEP, $sleep), false);
    $pipe = static fn () => shell_exec('sleep 0.02');
    check('pipe: PROC', suspends(SWOOLE_HOOK_PROC, $pipe));
    check('pipe: SLEEP', suspends(SWOOLE_HOOK_SLEEP, $pipe), false);
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($a, 0, 20_000);
    $unix = static fn () => fread($a, 1);
    check('unix: UNIX', suspends(SWOOLE_HOOK_UNIX, $unix));
    check('unix: TCP', suspends(SWOOLE_HOOK_TCP, $unix), false);
});
?>
--EXPECT--
ok: nothing is set before
ok: all are on in run()
ok: sleep: all
ok: sleep: none
ok: sleep: SLEEP
ok: sleep: others
ok: pipe: PROC
ok: pipe: SLEEP
ok: unix: UNIX
ok: unix: TCP
