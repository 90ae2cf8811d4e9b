--TEST--
stream_select() lets others run although something is ready, and counts a stream once
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

/** What is ready of a stream that can be read and written. */
function both($stream): array
{
    $read = $write = [$stream];
    $except = null;
    return [stream_select($read, $write, $except, 5), count($read), count($write)];
}
function pair(): array
{
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($b, 'there');
    return [$a, $b];
}
[$a, $b] = pair();
check('outside it is PHP\'s', both($a), [2, 1, 1]);
run(static function () {
    [$a, $b] = pair();
    $order = [];
    go(static function () use ($a, &$order) { $order[] = both($a); });
    $order[] = 'others';
    usleep(1_000);
    check('others first, counted once', $order, ['others', [1, 1, 1]]);
    Swoole\Runtime::setHookFlags(SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_STREAM_FUNCTION);
    check('switched off it is PHP\'s', both($a), [2, 1, 1]);
    Swoole\Runtime::setHookFlags(SWOOLE_HOOK_ALL);
    // One that is always ready starves nobody.
    $turns = 0;
    $over = false;
    go(static function () use (&$over) { usleep(5_000); $over = true; });
    while (! $over && $turns < 1_000_000) { both($a); $turns++; }
    check('a loop of ready ones', $over && $turns > 0);
    try { $none = null; stream_select($none, $none, $none, 0); } catch (ValueError $error) { check('nothing', $error->getMessage(), 'No stream arrays were passed'); }
});
?>
--EXPECT--
ok: outside it is PHP's
ok: others first, counted once
ok: switched off it is PHP's
ok: a loop of ready ones
ok: nothing
