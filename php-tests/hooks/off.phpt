--TEST--
highper.hooks=Off leaves everything as it is in stock PHP
--EXTENSIONS--
highper
--INI--
highper.hooks=Off
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$order = '';
$start = microtime(true);
run(static function () use (&$order) {
    for ($i = 0; $i < 3; $i++) {
        go(static function () use (&$order, $i) { $order .= "<{$i}"; usleep(50_000); $order .= '>'; });
    }
    check('they cannot be switched on', Swoole\Runtime::enableCoroutine(), false);
    usleep(1_000);
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $ran = false;
    go(static function () { });
    Swoole\Timer::after(1, static function () use (&$ran) { $ran = true; });
    stream_set_timeout($a, 0, 50_000);
    fread($a, 1);
    check('nobody ran meanwhile', $ran, false);
});
check('one after the other', $order, '<0><1><2>');
check('it took the sum', microtime(true) - $start >= 0.2);
ob_start();
phpinfo(INFO_MODULES);
check('phpinfo', preg_match('/^Hooks => off$/m', ob_get_clean()), 1);
?>
--EXPECT--
ok: they cannot be switched on
ok: nobody ran meanwhile
ok: one after the other
ok: it took the sum
ok: phpinfo
